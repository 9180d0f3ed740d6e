//! What changed, told once a tick: to the other nodes, and to those who share a small channel, each connection's together.

use super::{status_view, wire};
use crate::channels::SharedState;
use crate::{ChannelError, Channels};
use klatch_fanout::{Change, ConnectionId, Frame, Outbox, Status};
use klatch_protocol::{ServerFrame, codec, view};
use klatch_types::{ChannelId, limits};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::time::{Instant, MissedTickBehavior};

/// Which changes a connection hears.
type Hearers = HashMap<ConnectionId, (Arc<Outbox>, BTreeSet<usize>)>;

impl Channels {
    /// Tells what changed, for as long as the node runs. What cannot be told for a fault of the directory is told later, or
    /// seen when it is asked for.
    pub async fn tell_presence(&self) {
        let mut ticks = tokio::time::interval(limits::PRESENCE_TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_beat = Instant::now();
        loop {
            ticks.tick().await;
            if let Err(error) = self.ask_who_hides().await {
                tracing::debug!(%error, "it is not known who hides their presence");
            }
            self.tell_nodes();
            if Instant::now() >= next_beat {
                next_beat = Instant::now() + limits::PRESENCE_BEAT;
                self.beat();
            }
            let changes = self.take_changes();
            if !changes.is_empty() {
                self.tell_changes(&changes).await;
            }
            self.tell_watchers(&changes).await;
        }
    }

    async fn ask_who_hides(&self) -> Result<(), ChannelError> {
        let unknown = self.present.state.lock().unknown();
        if unknown.is_empty() {
            return Ok(());
        }
        let hidden = self.hide_presence(&unknown).await?;
        let mut state = self.present.state.lock();
        for user in unknown {
            state.learn_hidden(user, hidden.contains(&user));
        }
        Ok(())
    }

    fn tell_nodes(&self) {
        let hub = &self.parts.hub;
        let channels = |user| {
            // One of them may have come just now and listen to nothing yet.
            let outboxes = hub.outboxes_of(user);
            let channels = outboxes.iter().map(|outbox| outbox.subscriptions());
            channels.max_by_key(Vec::len).unwrap_or_default()
        };
        let batches = self.present.state.lock().tick(self.now(), channels);
        for batch in batches {
            let payload = wire::write_batch(self.present.node, &batch);
            self.parts.peers.everyone(payload);
        }
    }

    fn beat(&self) {
        let (version, (online, away)) = {
            let mut state = self.present.state.lock();
            if self.parts.peers.can_tell() {
                state.forget_silent(self.now());
            } else {
                state.forgive(self.now());
            }
            (state.version(), state.counts())
        };
        metrics::gauge!("klatch_presence_online").set(online as f64);
        metrics::gauge!("klatch_presence_away").set(away as f64);
        let payload = wire::write_beat(self.present.node, version);
        self.parts.peers.everyone(payload);
    }

    fn take_changes(&self) -> Vec<Change> {
        let changes = self
            .present
            .state
            .lock()
            .take_changes(limits::PRESENCE_CHANGES_MAX);
        for change in &changes {
            if let (Status::Offline, Some(at)) = (change.status, change.active_at) {
                self.present.last.insert(change.user, at);
            }
        }
        metrics::counter!("klatch_presence_changes_total").increment(changes.len() as u64);
        changes
    }

    async fn tell_changes(&self, changes: &[Change]) {
        let mut hearers = Hearers::new();
        for (channel, changed) in self.channels_of(changes).await {
            let Some(state) = self.small_with_presence(channel).await else {
                continue;
            };
            let changed: Vec<usize> = {
                let state = state.read();
                let is_member = |at: &usize| state.members.contains_key(&changes[*at].user);
                changed.into_iter().filter(is_member).collect()
            };
            if changed.is_empty() {
                continue;
            }
            let mut listeners = self.parts.hub.listeners(channel);
            {
                let state = self.present.state.lock();
                listeners.retain(|outbox| state.shows(outbox.user()));
            }
            for outbox in listeners {
                let others = changed.iter().filter(|at| changes[**at].user != outbox.user());
                let (_, heard) = hearers
                    .entry(outbox.id())
                    .or_insert_with(|| (Arc::clone(&outbox), BTreeSet::new()));
                heard.extend(others);
            }
        }
        hand_out(hearers, changes);
    }

    /// Channels that someone here listens to, and which of the changes may concern each.
    async fn channels_of(&self, changes: &[Change]) -> HashMap<ChannelId, Vec<usize>> {
        let hub = &self.parts.hub;
        let mut concerned: HashMap<ChannelId, Vec<usize>> = HashMap::new();
        let mut anywhere = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let Some(channels) = &change.channels else {
                anywhere.push(at);
                continue;
            };
            for channel in channels.iter().filter(|channel| hub.has_listeners(**channel)) {
                concerned.entry(*channel).or_default().push(at);
            }
        }
        if !anywhere.is_empty() {
            for channel in hub.listened() {
                concerned.entry(channel).or_default().extend(&anywhere);
            }
        }
        concerned
    }

    /// The state of a channel whose members hear of each other.
    async fn small_with_presence(&self, channel: ChannelId) -> Option<SharedState> {
        let state = self.state(channel).await.ok()?;
        let (space, members) = {
            let state = state.read();
            (state.space, state.members.len())
        };
        if members > limits::PRESENCE_MEMBERS_MAX {
            return None;
        }
        let shown = self.space(space).await.ok()?.policy.presence;
        shown.then_some(state)
    }
}

/// Hands each connection its changes in one frame; those who hear the same share it.
fn hand_out(hearers: Hearers, changes: &[Change]) {
    let mut frames: HashMap<BTreeSet<usize>, Frame> = HashMap::new();
    let (mut count, mut bytes) = (0, 0);
    for (outbox, heard) in hearers.into_values().filter(|(_, heard)| !heard.is_empty()) {
        let frame = match frames.get(&heard) {
            Some(frame) => frame.clone(),
            None => {
                let users = heard
                    .iter()
                    .map(|at| &changes[*at])
                    .map(|change| view::UserPresence {
                        user: change.user,
                        status: status_view(change.status),
                        last_active: change.active_at.map(|at| at.0),
                    });
                let frame = Frame::text(&codec::write(&ServerFrame::Presence(users.collect())));
                frames.insert(heard, frame.clone());
                frame
            }
        };
        count += 1;
        bytes += frame.wire().len() as u64;
        outbox.push_lossy(frame);
    }
    counted(count, bytes);
}

/// Counts frames that were handed to connections.
pub(super) fn counted(frames: u64, bytes: u64) {
    metrics::counter!("klatch_presence_frames_total").increment(frames);
    metrics::counter!("klatch_presence_bytes_total").increment(bytes);
}
