//! Delivery on a node of a cluster: this node's listeners get what any node commits, in the order of the log.
//!
//! For every channel that someone here listens to there is a *tail*: where delivery stands ([`order`]). What this node
//! commits, what others tell over the bus, and what is read from the log all come to one task ([`follow`]), which hands
//! them on only in order. A hole is waited for a moment and then read from the log; a bus that lost something without a
//! trace is found out by comparing heads with the log, soon after a tail begins, after the bus was away, and every few
//! seconds.

mod begin;
mod compare;
mod flight;
mod follow;
mod hole;
mod order;
mod wire;

pub use wire::{PROTOCOL_MAX, PROTOCOL_MIN};

use crate::{ChannelError, Channels, Peers};
use async_trait::async_trait;
use bytes::Bytes;
use follow::Follower;
use klatch_engine::EngineError;
use klatch_fanout::{Bus, Inbox, Incoming, Interest, Topic};
use klatch_log::{CommitReceiver, LogError};
use klatch_types::{ChannelId, NodeId, UserId, limits};
use parking_lot::RwLock;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How tails behave.
#[derive(Clone)]
pub struct TailOptions {
    /// Which version of the protocol between nodes to write: what all of them can read just now.
    pub protocol: Arc<dyn Fn() -> u8 + Send + Sync>,
    /// Is given what the bus brings that is not about channels, and told when the bus comes and goes.
    pub elsewhere: Arc<dyn Fn(&Incoming) + Send + Sync>,
    /// How long a hole is waited for.
    pub hole_grace: Duration,
    /// How often heads are compared while the bus is up, and while it is down.
    pub compared_every: (Duration, Duration),
    /// How often the channels of connected users are compared with the directory while the bus is up, and while it is
    /// down.
    pub memberships_compared_every: (Duration, Duration),
    /// What may be left out, to show that the tests notice.
    pub rules: Rules,
}

/// The rules that make delivery right. All hold; each can be broken by the tests that prove the history checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Nothing is delivered before what comes before it.
    pub order: bool,
    /// Holes are read from the log.
    pub fill: bool,
    /// Heads are compared with the log.
    pub compare: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            order: true,
            fill: true,
            compare: true,
        }
    }
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            protocol: Arc::new(|| PROTOCOL_MAX),
            elsewhere: Arc::new(|_| {}),
            hole_grace: limits::HOLE_GRACE,
            compared_every: (limits::HEADS_COMPARED_EVERY, limits::HEADS_COMPARED_EVERY_ALONE),
            memberships_compared_every: (
                limits::MEMBERSHIPS_COMPARED_EVERY,
                limits::MEMBERSHIPS_COMPARED_EVERY_ALONE,
            ),
            rules: Rules::default(),
        }
    }
}

/// What the hub and the sessions ask of the follower, in the order they ask.
enum Order {
    Interest(Interest),
    Hear(Vec<ChannelId>, oneshot::Sender<Result<(), LogError>>),
}

/// What everyone may look at.
#[derive(Default)]
struct Shared {
    /// Channels whose events come by themselves and have no hole.
    heard: RwLock<HashSet<ChannelId>>,
    bus_up: AtomicBool,
}

/// The cluster, as channels see it. Make it first, then the hub with [`Tails::watch`], then the channels, then run
/// [`Tails::follow`].
pub struct Tails {
    orders: mpsc::UnboundedSender<Order>,
    waiting: parking_lot::Mutex<Option<mpsc::UnboundedReceiver<Order>>>,
    shared: Arc<Shared>,
    bus: Arc<dyn Bus>,
}

impl Tails {
    /// Tails over a bus.
    pub fn new(bus: Arc<dyn Bus>) -> Arc<Self> {
        let (orders, waiting) = mpsc::unbounded_channel();
        Arc::new(Self {
            orders,
            waiting: parking_lot::Mutex::new(Some(waiting)),
            shared: Arc::default(),
            bus,
        })
    }

    /// What the hub must be watched by ([`klatch_fanout::Hub::watched`]).
    pub fn watch(&self) -> impl Fn(Interest) + Send + Sync + 'static {
        let orders = self.orders.clone();
        move |interest| {
            orders.send(Order::Interest(interest)).ok(); // nobody is there at the very end
        }
    }

    /// Delivers what this node commits and what others tell, until the log is closed. Run exactly one of these, in place
    /// of [`crate::delivery::deliver`].
    ///
    /// # Panics
    /// If it is run a second time.
    pub async fn follow(
        &self,
        channels: Arc<Channels>,
        feed: CommitReceiver,
        inbox: Inbox,
        options: TailOptions,
    ) {
        let orders = self.waiting.lock().take().expect("tails are followed once");
        let follower = Follower::new(channels, Arc::clone(&self.bus), Arc::clone(&self.shared), options);
        follower.run(feed, inbox, orders).await;
    }
}

#[async_trait]
impl Peers for Tails {
    async fn hear(&self, channels: &[ChannelId]) -> Result<(), ChannelError> {
        let closed = || LogError::Engine(EngineError::Closed);
        let (done, answer) = oneshot::channel();
        self.orders
            .send(Order::Hear(channels.to_vec(), done))
            .map_err(|_| closed())?;
        Ok(answer.await.unwrap_or_else(|_| Err(closed()))?)
    }

    fn hears(&self, channel: ChannelId) -> bool {
        self.shared.bus_up.load(Ordering::Acquire) && self.shared.heard.read().contains(&channel)
    }

    fn may_lag(&self) -> bool {
        true
    }

    fn signal(&self, channel: ChannelId, author: UserId, frame: Bytes) {
        self.bus
            .say(Topic::Signals(channel), wire::write_signal(author, &frame));
    }

    fn signal_except(&self, channel: ChannelId, except: &[UserId], frame: Bytes) {
        self.bus
            .say(Topic::Signals(channel), wire::write_signal_except(except, &frame));
    }

    fn user(&self, user: UserId, frame: Bytes) {
        self.bus.say(Topic::User(user), wire::write_user_frame(&frame));
    }

    fn everyone(&self, payload: Bytes) {
        self.bus.say(Topic::Everyone, payload);
    }

    fn node(&self, node: NodeId, payload: Bytes) {
        self.bus.say(Topic::Node(node), payload);
    }

    fn can_tell(&self) -> bool {
        self.bus.is_up()
    }
}
