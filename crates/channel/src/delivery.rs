//! From the log's commits to the listeners: states follow, frames are encoded once, then senders are answered.

use crate::fact::Fact;
use crate::{Channels, to_wire};
use klatch_fanout::Frame;
use klatch_log::{CommitReceiver, Committed};
use klatch_protocol::codec;
use klatch_types::{ChannelId, limits};
use std::collections::HashMap;

/// Batches taken from the feed at once.
const BATCHES_MAX: usize = 16;
/// What surrounds the events of one frame.
const OPEN: &[u8] = br#"{"events":["#;
const CLOSE: &[u8] = b"]}";

/// Delivers what the log commits, in commit order, until the log is closed. Run exactly one of these.
pub async fn deliver(channels: &Channels, mut feed: CommitReceiver) {
    let mut batches = Vec::with_capacity(BATCHES_MAX);
    while feed.recv_many(&mut batches, BATCHES_MAX).await > 0 {
        let committed: Vec<Committed> = batches.drain(..).flatten().collect();
        deliver_batch(channels, &committed);
        for one in committed {
            one.done.send(Ok(one.receipt)).ok(); // a sender that is gone needs no answer
        }
        tokio::task::yield_now().await;
    }
}

/// Hands each channel's events to its listeners, several to a frame, order kept within each channel.
fn deliver_batch(channels: &Channels, committed: &[Committed]) {
    let mut bursts: HashMap<ChannelId, Burst> = HashMap::new();
    for one in committed {
        let burst = bursts.entry(one.event.channel).or_default();
        let Some(event) = to_wire::event(&one.event) else {
            continue;
        };
        if one.access {
            follow(channels, burst, one, &codec::write(&event));
        } else if channels.parts.hub.has_listeners(one.event.channel) {
            burst.add(channels, one.event.channel, &codec::write(&event));
        }
    }
    for (channel, mut burst) in bursts {
        burst.flush(channels, channel);
    }
    metrics::counter!("klatch_events_committed_total").increment(committed.len() as u64);
}

/// An event that changes who may do what: the state follows, and so do subscriptions, exactly at this event. Who
/// comes hears it as the first, who goes hears it as the last.
fn follow(channels: &Channels, burst: &mut Burst, one: &Committed, json: &[u8]) {
    let channel = one.event.channel;
    let Some(fact) = Fact::of(&one.event) else { return };
    if let Some(state) = channels.states.get(&channel) {
        state.write().apply(&one.event, &fact);
    }
    let hub = &channels.parts.hub;
    burst.flush(channels, channel);
    match &fact {
        Fact::ChannelCreated { members, .. } => {
            for (user, _) in members {
                hub.subscribe_user(channel, *user);
            }
        }
        Fact::MemberJoined { user, .. } => hub.subscribe_user(channel, *user),
        _ => {}
    }
    burst.add(channels, channel, json);
    if let Fact::MemberLeft { user } | Fact::MemberRemoved { user, .. } | Fact::MemberBanned { user, .. } =
        &fact
    {
        burst.flush(channels, channel);
        hub.unsubscribe_user(channel, *user);
    }
}

/// Events of one channel that will share a frame.
#[derive(Default)]
struct Burst {
    json: Vec<u8>,
}

impl Burst {
    fn add(&mut self, channels: &Channels, channel: ChannelId, event: &[u8]) {
        if self.json.len() + event.len() + CLOSE.len() + 1 > limits::EVENTS_FRAME_BYTES_MAX {
            self.flush(channels, channel);
        }
        self.json
            .extend_from_slice(if self.json.is_empty() { OPEN } else { b"," });
        self.json.extend_from_slice(event);
    }

    fn flush(&mut self, channels: &Channels, channel: ChannelId) {
        if self.json.is_empty() {
            return;
        }
        self.json.extend_from_slice(CLOSE);
        let frame = Frame::text(&self.json);
        self.json.clear();
        let heard = channels.parts.hub.publish(channel, &frame);
        metrics::counter!("klatch_frames_fanned_out_total").increment(heard as u64);
    }
}
