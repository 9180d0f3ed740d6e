//! From one node to the others.
//!
//! A bus is best effort and soft: it keeps nothing, and what is said while it is down is lost. Nothing that matters rests
//! on it alone. Committed events are in the log, and nodes find what they did not hear there.

use async_trait::async_trait;
use bytes::Bytes;
use klatch_types::{ChannelId, NodeId, UserId};
use tokio::sync::mpsc;

/// What is said, as far as it concerns who should hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Committed events of a channel, for nodes where someone listens to it.
    Events(ChannelId),
    /// Signals in a channel that never touch the log (typing), for the same nodes.
    Signals(ChannelId),
    /// Notes for all connections of a user, for nodes where they have one.
    User(UserId),
    /// For every node: heartbeats, revocations.
    Everyone,
    /// For one node: orders and answers.
    Node(NodeId),
}

/// What comes in from a bus, in the order of each sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Another node said this; never one's own words.
    Said {
        /// About what.
        topic: Topic,
        /// What.
        payload: Bytes,
    },
    /// The bus is there, for the first time or again, and all topics listened to are heard. What was said before was
    /// missed.
    Up,
    /// The bus is gone; it tries to come back by itself.
    Down,
    /// Something was missed although the bus is up: this node was too slow to take it.
    Lagged,
}

/// This node's end of what comes in. One reader. The bound is [`klatch_types::limits::BUS_INBOX_MAX`].
pub type Inbox = mpsc::Receiver<Incoming>;

/// What went over a bus since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusFigures {
    /// Messages of the bus sent; each may carry several payloads.
    pub sent_messages: u64,
    /// Bytes of payload sent.
    pub sent_bytes: u64,
    /// Messages received.
    pub received_messages: u64,
    /// Bytes of payload received.
    pub received_bytes: u64,
    /// Payloads that were not sent, because the bus was down or too much waited.
    pub dropped: u64,
}

/// Carries payloads between nodes. All implementations pass `klatch_fanout::conformance`.
///
/// Payloads of one topic arrive at a node in the order one sender said them; several that wait while an earlier
/// publication is under way travel as one message (S3.2).
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Says something to all other nodes that listen to the topic. Never blocks, never fails: it is lost if the bus is
    /// down or [`klatch_types::limits::BUS_OUTBOX_BYTES_MAX`] wait already.
    fn say(&self, topic: Topic, payload: Bytes);

    /// From now on this node hears the topic. Twice is once.
    fn listen(&self, topic: Topic);

    /// This node no longer hears the topic.
    fn ignore(&self, topic: Topic);

    /// Waits until what was listened to before this call is heard from the bus's nearest server on; returns at once
    /// while the bus is down.
    async fn settled(&self);

    /// Whether the bus is there.
    fn is_up(&self) -> bool;

    /// What went over it.
    fn figures(&self) -> BusFigures;
}

/// No bus: for nodes over a shared database that learn of each other's events by asking it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBus;

#[async_trait]
impl Bus for NoBus {
    fn say(&self, _topic: Topic, _payload: Bytes) {}
    fn listen(&self, _topic: Topic) {}
    fn ignore(&self, _topic: Topic) {}
    async fn settled(&self) {}
    fn is_up(&self) -> bool {
        false
    }
    fn figures(&self) -> BusFigures {
        BusFigures::default()
    }
}
