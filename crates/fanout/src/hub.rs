//! Which connections of this node listen to which channel.

use crate::pulling::Pulling;
use crate::{Frame, Outbox, PullRules};
use klatch_protocol::frame::ChannelHead;
use klatch_protocol::{ServerFrame, codec};
use klatch_types::{ChannelId, Seq, UserId, limits};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tokio::time::Instant;

/// Shards of the channel table, so that channels far apart do not share a lock.
const SHARDS: usize = 64;

type Outboxes = Vec<Arc<Outbox>>;

/// Who listens to a channel, apart from each other: in a large and active channel, those who pull are passed over.
#[derive(Default)]
struct Listeners {
    pushed: Outboxes,
    pulling: Outboxes,
}

impl Listeners {
    fn len(&self) -> usize {
        self.pushed.len() + self.pulling.len()
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Outbox>> {
        self.pushed.iter().chain(&self.pulling)
    }

    fn of_kind(&mut self, outbox: &Outbox) -> &mut Outboxes {
        if outbox.pulls() {
            &mut self.pulling
        } else {
            &mut self.pushed
        }
    }
}

/// A channel or a user that has got its first listener on this node, or lost its last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Someone listens to this channel, or nobody any more.
    Channel(ChannelId, bool),
    /// A user has a connection, or none any more.
    User(UserId, bool),
}

/// Told of each [`Interest`], in order for each channel and user. It is called under a lock: it must only take note.
type Watch = Box<dyn Fn(Interest) + Send + Sync>;

/// Channel → outboxes and user → outboxes of this node. Locks are held only while a table is read or changed,
/// never across I/O; pushing to an outbox does not block.
pub struct Hub {
    channels: Vec<RwLock<HashMap<ChannelId, Listeners>>>,
    users: RwLock<HashMap<UserId, Outboxes>>,
    pulling: Pulling,
    hasher: RandomState,
    watch: Watch,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::watched(|_| {})
    }
}

impl Hub {
    /// An empty hub that pushes everything, and tells `watch` what someone here listens to. It is called under a lock: it must only take note.
    pub fn watched(watch: impl Fn(Interest) + Send + Sync + 'static) -> Self {
        Self {
            channels: (0..SHARDS).map(|_| RwLock::default()).collect(),
            users: RwLock::default(),
            pulling: Pulling::new(PullRules::NEVER),
            hasher: RandomState::new(),
            watch: Box::new(watch),
        }
    }

    /// The same hub with rules of when channels are pulled; [`Self::tell_heads`] must run beside it.
    #[must_use]
    pub fn pulled_by(self, rules: PullRules) -> Self {
        Self {
            pulling: Pulling::new(rules),
            ..self
        }
    }

    /// A connection is there: from now on changes of its user's memberships subscribe and unsubscribe it.
    pub fn connect(&self, outbox: &Arc<Outbox>) {
        let mut users = self.users.write();
        let outboxes = users.entry(outbox.user()).or_default();
        outboxes.push(Arc::clone(outbox));
        if outboxes.len() == 1 {
            (self.watch)(Interest::User(outbox.user(), true));
        }
    }

    /// A connection is gone.
    pub fn disconnect(&self, outbox: &Outbox) {
        let user = outbox.user();
        let mut users = self.users.write();
        if let Some(outboxes) = users.get_mut(&user) {
            take_out(outboxes, outbox);
            if outboxes.is_empty() {
                users.remove(&user);
                (self.watch)(Interest::User(user, false));
            }
        }
        drop(users);
        for channel in outbox.forget_all() {
            self.take_out_of(channel, outbox);
        }
    }

    /// A connection listens to a channel. The caller has checked that its user may.
    pub fn subscribe(&self, channel: ChannelId, outbox: &Arc<Outbox>) {
        let mut shard = self.shard(channel).write();
        if outbox.remember(channel) {
            let listeners = shard.entry(channel).or_default();
            listeners.of_kind(outbox).push(Arc::clone(outbox));
            if listeners.len() == 1 {
                (self.watch)(Interest::Channel(channel, true));
            }
        }
    }

    /// A connection no longer listens to a channel.
    pub fn unsubscribe(&self, channel: ChannelId, outbox: &Outbox) {
        if outbox.forget(channel) {
            self.take_out_of(channel, outbox);
        }
    }

    /// A user became a member: all their connections here listen from the next event on.
    pub fn subscribe_user(&self, channel: ChannelId, user: UserId) {
        for outbox in self.outboxes_of(user) {
            outbox.note_membership_change();
            self.subscribe(channel, &outbox);
        }
    }

    /// A user is no longer a member: none of their connections here listens.
    pub fn unsubscribe_user(&self, channel: ChannelId, user: UserId) {
        for outbox in self.outboxes_of(user) {
            outbox.note_membership_change();
            self.unsubscribe(channel, &outbox);
        }
    }

    /// Hands the events of a channel from `first` to `last` to everyone who listens to it; to how many. While the channel
    /// is large and active, those who understand hints are told later how far the log is ([`Self::tell_heads`]), but for
    /// `concerned`, whose rights the events change.
    pub fn publish(
        &self,
        channel: ChannelId,
        frame: &Frame,
        (first, last): (Seq, Seq),
        concerned: &[UserId],
    ) -> usize {
        let mut heard = {
            let shard = self.shard(channel).read();
            let Some(listeners) = shard.get(&channel) else {
                return 0;
            };
            let events = (last.0 + 1).saturating_sub(first.0);
            let held = self.pulling.hold(channel, listeners.len(), events, last);
            push_all(&listeners.pushed, frame);
            if !held {
                push_all(&listeners.pulling, frame);
                return listeners.len();
            }
            listeners.pushed.len()
        };
        for outbox in concerned.iter().flat_map(|user| self.outboxes_of(*user)) {
            if outbox.pulls() && outbox.listens(channel) {
                outbox.push(frame.clone());
                heard += 1;
            }
        }
        heard
    }

    /// Tells those who pull how far the logs of their channels are, for ever.
    pub async fn tell_heads(&self) {
        loop {
            self.pulling.some().await;
            self.tell_heads_due(Instant::now());
            tokio::time::sleep(limits::HINTS_LOOKED_FOR_EVERY).await;
        }
    }

    /// The same, once: what is due.
    fn tell_heads_due(&self, now: Instant) {
        let listeners = |channel| self.shard(channel).read().get(&channel).map_or(0, Listeners::len);
        for (channel, head, spread) in self.pulling.due(listeners, now) {
            let frame = Frame::text(&codec::write(&ServerFrame::Head(ChannelHead {
                channel,
                head,
                spread_ms: u64::try_from(spread.as_millis()).unwrap_or(u64::MAX),
            })));
            let shard = self.shard(channel).read();
            let Some(listeners) = shard.get(&channel) else {
                continue;
            };
            push_all(&listeners.pulling, &frame);
            metrics::counter!("klatch_hints_total").increment(listeners.pulling.len() as u64);
        }
    }

    /// Hands a frame that may be lost to everyone who listens to the channel, but not to its author.
    pub fn publish_lossy(&self, channel: ChannelId, frame: &Frame, author: UserId) {
        self.publish_lossy_except(channel, frame, &[author]);
    }

    /// Hands a frame that may be lost to everyone who listens to the channel, but not to these, who must be few.
    pub fn publish_lossy_except(&self, channel: ChannelId, frame: &Frame, except: &[UserId]) {
        let shard = self.shard(channel).read();
        for outbox in shard
            .get(&channel)
            .into_iter()
            .flat_map(Listeners::all)
            .filter(|outbox| !except.contains(&outbox.user()))
        {
            outbox.push_lossy(frame.clone());
        }
    }

    /// Hands a frame to every connection of a user.
    pub fn publish_user(&self, user: UserId, frame: &Frame) {
        for outbox in self.outboxes_of(user) {
            outbox.push(frame.clone());
        }
    }

    /// Hands a frame that may be lost to every connection of a user.
    pub fn publish_user_lossy(&self, user: UserId, frame: &Frame) {
        for outbox in self.outboxes_of(user) {
            outbox.push_lossy(frame.clone());
        }
    }

    /// The connections that listen to a channel.
    pub fn listeners(&self, channel: ChannelId) -> Vec<Arc<Outbox>> {
        self.shard(channel)
            .read()
            .get(&channel)
            .map(|listeners| listeners.all().cloned().collect())
            .unwrap_or_default()
    }

    /// Every channel that someone here listens to.
    pub fn listened(&self) -> Vec<ChannelId> {
        let all = self.channels.iter();
        all.flat_map(|shard| shard.read().keys().copied().collect::<Vec<_>>())
            .collect()
    }

    /// Whether anyone here listens to the channel.
    pub fn has_listeners(&self, channel: ChannelId) -> bool {
        self.shard(channel).read().contains_key(&channel)
    }

    /// Everyone who is connected.
    pub fn users(&self) -> Vec<UserId> {
        self.users.read().keys().copied().collect()
    }

    /// The connections of a user.
    pub fn outboxes_of(&self, user: UserId) -> Vec<Arc<Outbox>> {
        self.users.read().get(&user).cloned().unwrap_or_default()
    }

    /// How many users are connected, and how many connections they have.
    pub fn counts(&self) -> (usize, usize) {
        let users = self.users.read();
        (users.len(), users.values().map(Vec::len).sum())
    }

    fn take_out_of(&self, channel: ChannelId, outbox: &Outbox) {
        let mut shard = self.shard(channel).write();
        let Some(listeners) = shard.get_mut(&channel) else {
            return;
        };
        take_out(listeners.of_kind(outbox), outbox);
        if listeners.len() == 0 {
            shard.remove(&channel);
            (self.watch)(Interest::Channel(channel, false));
        }
    }

    fn shard(&self, channel: ChannelId) -> &RwLock<HashMap<ChannelId, Listeners>> {
        &self.channels[self.hasher.hash_one(channel) as usize % SHARDS]
    }
}

fn push_all(outboxes: &[Arc<Outbox>], frame: &Frame) {
    for outbox in outboxes {
        outbox.push(frame.clone());
    }
}

fn take_out(outboxes: &mut Outboxes, outbox: &Outbox) {
    outboxes.retain(|other| other.id() != outbox.id());
    if outboxes.capacity() > 2 * outboxes.len() + 8 {
        outboxes.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectionId, OutboxLimits, Taken};
    use klatch_types::{Entropy, Millis, SeededEntropy};
    use std::collections::VecDeque;
    use std::task::{Context, Poll, Waker};

    fn waiting(outbox: &Outbox) -> usize {
        let mut into = VecDeque::new();
        let mut context = Context::from_waker(Waker::noop());
        match outbox.poll_take(&mut context, &mut 0, &mut 0, &mut into) {
            Poll::Ready(Taken::Frames) => into.len(),
            _ => 0,
        }
    }

    fn publish(hub: &Hub, channel: ChannelId, text: &[u8]) -> usize {
        hub.publish(channel, &Frame::text(text), (Seq(1), Seq(1)), &[])
    }

    #[test]
    fn first_and_last_listeners_are_told_of() {
        let entropy: &dyn Entropy = &SeededEntropy::new(2);
        let user = UserId::new(Millis(1), entropy);
        let channel = ChannelId::new(Millis(1), entropy);
        let told = Arc::new(RwLock::new(Vec::new()));
        let record = Arc::clone(&told);
        let hub = Hub::watched(move |interest| record.write().push(interest));
        let boxes = [1, 2].map(|n| Arc::new(Outbox::new(ConnectionId(n), user, OutboxLimits::default())));
        boxes.iter().for_each(|outbox| hub.connect(outbox));
        boxes.iter().for_each(|outbox| hub.subscribe(channel, outbox));
        hub.unsubscribe(channel, &boxes[0]);
        boxes.iter().for_each(|outbox| hub.disconnect(outbox));
        assert_eq!(
            *told.read(),
            [
                Interest::User(user, true),
                Interest::Channel(channel, true),
                Interest::User(user, false),
                Interest::Channel(channel, false)
            ]
        );
    }

    /// S3.3: in a pulled channel those who understand hints get them in place of events, but for whom an event concerns; the
    /// others get every event.
    #[test]
    fn those_who_pull_get_hints() {
        let entropy: &dyn Entropy = &SeededEntropy::new(2);
        let channel = ChannelId::new(Millis(1), entropy);
        let users = [1, 2, 3].map(|_| UserId::new(Millis(1), entropy));
        let hub = Hub::default().pulled_by(PullRules {
            listeners: 3,
            events_per_second: 1.0,
            ..PullRules::default()
        });
        let boxes = [0, 1, 2].map(|n: usize| {
            let outbox = Outbox::new(ConnectionId(n as u64), users[n], OutboxLimits::default());
            Arc::new(outbox.pulling(n > 0))
        });
        for outbox in &boxes {
            hub.connect(outbox);
            hub.subscribe(channel, outbox);
        }
        let frame = Frame::text(b"x");
        let waiting = || [0, 1, 2].map(|n: usize| waiting(&boxes[n]));
        assert_eq!(hub.publish(channel, &frame, (Seq(1), Seq(1)), &[]), 3);
        assert_eq!(waiting(), [1, 1, 1], "one event is not many");
        assert_eq!(hub.publish(channel, &frame, (Seq(2), Seq(9)), &[]), 1);
        assert_eq!(waiting(), [1, 0, 0]);
        assert_eq!(hub.publish(channel, &frame, (Seq(10), Seq(10)), &[users[2]]), 2);
        assert_eq!(waiting(), [1, 0, 1]);
        hub.unsubscribe_user(channel, users[2]);
        assert_eq!(hub.publish(channel, &frame, (Seq(11), Seq(11)), &[users[2]]), 1);
        assert_eq!(waiting(), [1, 0, 0], "one who does not listen is not concerned");
        hub.tell_heads_due(Instant::now());
        assert_eq!(waiting(), [0, 0, 0], "it is not time yet");
        hub.tell_heads_due(Instant::now() + limits::HINT_EVERY);
        assert_eq!(waiting(), [0, 1, 0]);
        hub.tell_heads_due(Instant::now() + 3 * limits::HINT_EVERY);
        assert_eq!(waiting(), [0, 0, 0], "nothing new");
    }

    #[test]
    fn only_listeners_hear_and_removal_is_immediate() {
        let entropy: &dyn Entropy = &SeededEntropy::new(2);
        let (ana, rui) = (UserId::new(Millis(1), entropy), UserId::new(Millis(1), entropy));
        let channel = ChannelId::new(Millis(1), entropy);
        let hub = Hub::default();
        let boxes: Vec<_> = [ana, ana, rui]
            .iter()
            .enumerate()
            .map(|(n, user)| {
                Arc::new(Outbox::new(
                    ConnectionId(n as u64),
                    *user,
                    OutboxLimits::default(),
                ))
            })
            .collect();
        boxes.iter().for_each(|outbox| hub.connect(outbox));
        hub.subscribe_user(channel, ana);
        hub.subscribe(channel, &boxes[0]); // twice is once
        assert_eq!(publish(&hub, channel, b"x"), 2);
        assert_eq!(
            boxes.iter().map(|outbox| waiting(outbox)).collect::<Vec<_>>(),
            [1, 1, 0]
        );

        hub.unsubscribe_user(channel, ana);
        assert_eq!(publish(&hub, channel, b"y"), 0);
        assert!(!hub.has_listeners(channel));
        assert_eq!(boxes[0].membership_changes(), 2);

        hub.subscribe(channel, &boxes[2]);
        hub.disconnect(&boxes[2]);
        assert_eq!(publish(&hub, channel, b"z"), 0);
        assert_eq!(hub.counts(), (1, 2));
    }
}
