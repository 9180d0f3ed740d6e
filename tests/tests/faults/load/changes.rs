//! What is done beside sending: messages are changed, guests come and go.

use super::Load;
use super::call::{Call, again, is_worth_another, over_rest};
use super::cast::Talker;
use crate::town::{Person, Place, below, new_key};
use klatch_client::Method;
use klatch_testkit::history::{Kind, Operation, Outcome};
use klatch_types::{ChannelId, Seq};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Wait between two changes of a guest's membership.
const GUEST_MS: (u64, u64) = (300, 900);

impl Load {
    /// Edits, deletes or reacts to one's own message.
    pub(super) async fn change(&self, talker: &Talker, channel: ChannelId, seq: Seq) {
        let path = format!("/v1/channels/{channel}/messages/{seq}");
        let (kind, method, path, body) = match below(3) {
            0 => (
                Kind::Other,
                Method::PATCH,
                path,
                Some(json!({ "text": "said better" })),
            ),
            1 => (Kind::Delete, Method::DELETE, path, None),
            _ => (
                Kind::Other,
                Method::PUT,
                format!("{path}/reactions/%F0%9F%91%8D"),
                None,
            ),
        };
        let call = (method, path, new_key(), body);
        self.settle(&talker.seat.person, kind, channel, Some(seq), &call)
            .await;
    }

    /// Tries a command with its key until its answer is definite, at one node after the other.
    async fn settle(
        &self,
        person: &Arc<Person>,
        kind: Kind,
        channel: ChannelId,
        target: Option<Seq>,
        call: &Call,
    ) {
        let mut node = usize::try_from(below(self.town.nodes() as u64)).unwrap();
        loop {
            let pending = self.town.recorder.begin(Operation {
                client: format!("{}-changes", person.name),
                user: person.id,
                node: self.town.node(node),
                invoke_ns: 0,
                complete_ns: 0,
                kind,
                channel,
                key: Some(call.2),
                body: None,
                outcome: Outcome::Unknown,
                seq: None,
                prev: None,
                target,
                epoch: None,
            });
            let answer = over_rest(person, node, call).await;
            pending.settle(&answer);
            match answer {
                Ok(ack) => {
                    let mut acked = self.acked.lock().unwrap();
                    let head = acked.entry(channel).or_default();
                    *head = ack.seq.max(*head);
                    return;
                }
                Err(error) if is_worth_another(&error) => {
                    node = (node + 1) % self.town.nodes();
                    again().await;
                }
                Err(error) => {
                    let name = self.town.node(node);
                    let what = format!("{name} refused {} {}: {error}", call.0, call.1);
                    return self.town.trouble(what);
                }
            }
        }
    }

    /// A guest is removed and added again and again, each time through some node; in the end they are in.
    pub(super) async fn come_and_go(self: Arc<Self>, guest: Arc<Person>, place: Place) {
        let mut stop = self.stop_sending.subscribe();
        let path = format!("/v1/channels/{}/members", place.channel);
        loop {
            let wait = Duration::from_millis(GUEST_MS.0 + below(GUEST_MS.1 - GUEST_MS.0));
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(wait) => {}
            }
            let remove = (Method::DELETE, format!("{path}/{}", guest.id), new_key(), None);
            let add = (
                Method::POST,
                path.clone(),
                new_key(),
                Some(json!({ "user": guest.id })),
            );
            for call in [remove, add] {
                self.settle(&place.owner, Kind::Other, place.channel, None, &call)
                    .await;
            }
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
