//! Which connections of this node listen to which channel.

use crate::{Frame, Outbox};
use klatch_types::{ChannelId, UserId};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

/// Shards of the channel table, so that channels far apart do not share a lock.
const SHARDS: usize = 64;

type Table<K> = RwLock<HashMap<K, Vec<Arc<Outbox>>>>;

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
    channels: Vec<Table<ChannelId>>,
    users: Table<UserId>,
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
    /// An empty hub that tells `watch` what someone here listens to. It is called under a lock: it must only take note.
    pub fn watched(watch: impl Fn(Interest) + Send + Sync + 'static) -> Self {
        Self {
            channels: (0..SHARDS).map(|_| Table::default()).collect(),
            users: Table::default(),
            hasher: RandomState::new(),
            watch: Box::new(watch),
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
        take_out(&self.users, &user, outbox, || {
            (self.watch)(Interest::User(user, false))
        });
        for channel in outbox.forget_all() {
            self.take_out_of(channel, outbox);
        }
    }

    /// A connection listens to a channel. The caller has checked that its user may.
    pub fn subscribe(&self, channel: ChannelId, outbox: &Arc<Outbox>) {
        let mut shard = self.shard(channel).write();
        if outbox.remember(channel) {
            let outboxes = shard.entry(channel).or_default();
            outboxes.push(Arc::clone(outbox));
            if outboxes.len() == 1 {
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

    /// Hands a frame to everyone who listens to the channel; how many that is.
    pub fn publish(&self, channel: ChannelId, frame: &Frame) -> usize {
        let shard = self.shard(channel).read();
        let Some(outboxes) = shard.get(&channel) else {
            return 0;
        };
        for outbox in outboxes {
            outbox.push(frame.clone());
        }
        outboxes.len()
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
            .flatten()
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
        let emptied = || (self.watch)(Interest::Channel(channel, false));
        take_out(self.shard(channel), &channel, outbox, emptied);
    }

    fn shard(&self, channel: ChannelId) -> &Table<ChannelId> {
        &self.channels[self.hasher.hash_one(channel) as usize % SHARDS]
    }
}

fn take_out<K: Hash + Eq>(table: &Table<K>, key: &K, outbox: &Outbox, emptied: impl FnOnce()) {
    let mut table = table.write();
    let Some(outboxes) = table.get_mut(key) else {
        return;
    };
    outboxes.retain(|other| other.id() != outbox.id());
    if outboxes.is_empty() {
        table.remove(key);
        emptied();
    } else if outboxes.capacity() > 2 * outboxes.len() + 8 {
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
        assert_eq!(hub.publish(channel, &Frame::text(b"x")), 2);
        assert_eq!(
            boxes.iter().map(|outbox| waiting(outbox)).collect::<Vec<_>>(),
            [1, 1, 0]
        );

        hub.unsubscribe_user(channel, ana);
        assert_eq!(hub.publish(channel, &Frame::text(b"y")), 0);
        assert!(!hub.has_listeners(channel));
        assert_eq!(boxes[0].membership_changes(), 2);

        hub.subscribe(channel, &boxes[2]);
        hub.disconnect(&boxes[2]);
        assert_eq!(hub.publish(channel, &Frame::text(b"z")), 0);
        assert_eq!(hub.counts(), (1, 2));
    }
}
