//! The bus over core NATS: a subject for each channel, user and node, so that the servers carry a message only to nodes
//! that asked for it.
//!
//! Five tasks and the client's own: the *publisher* sends what gathered in [`outgoing`], the *keeper* makes
//! subscriptions of what is [`wanted`], the *reader* takes what they receive ([`subscriptions`]), the *settler* asks the
//! server whether it has come so far ([`settle`]), and the *supervisor* says when the bus is up ([`supervisor`]).

mod counters;
mod options;
mod outgoing;
mod route;
mod settle;
mod subscriptions;
mod supervisor;
mod wanted;

pub use options::{BusError, NatsCredentials, NatsOptions};

use crate::bus::{Bus, BusFigures, Inbox, Topic};
use crate::door::Door;
use async_trait::async_trait;
use bytes::Bytes;
use counters::Counters;
use outgoing::Outgoing;
use parking_lot::Mutex;
use route::Routes;
use settle::Settler;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use subscriptions::Subscriptions;
use supervisor::{Link, Reach};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wanted::Wanted;

/// What the tasks of one bus share.
struct Shared {
    routes: Routes,
    outgoing: Outgoing,
    wanted: Wanted,
    subscriptions: Subscriptions,
    settler: Settler,
    door: Mutex<Door>,
    counters: Counters,
    reach: watch::Sender<Reach>,
}

/// A [`Bus`] over NATS servers. Dropping it ends its tasks and closes the connection.
pub struct NatsBus {
    shared: Arc<Shared>,
    /// Told to the client's reconnecting, which knows no other end.
    ended: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

impl std::fmt::Debug for NatsBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let figures = self.figures();
        f.debug_struct("NatsBus")
            .field("figures", &figures)
            .finish_non_exhaustive()
    }
}

impl NatsBus {
    /// Starts a bus. It returns at once when the servers are away, and reports `Up` when one is there.
    ///
    /// # Errors
    /// [`BusError`] for options that cannot work: a malformed name or server, files that cannot be read.
    pub async fn start(options: NatsOptions) -> Result<(Self, Inbox), BusError> {
        let routes = Routes::new(&options.name, options.node)?;
        let ended = Arc::new(AtomicBool::new(false));
        let link = Arc::new(Link::default());
        let client = options::connect(&options, &routes, &link, &ended).await?;
        let (door, inbox) = Door::new();
        let shared = Arc::new(Shared {
            routes,
            outgoing: Outgoing::default(),
            wanted: Wanted::default(),
            subscriptions: Subscriptions::default(),
            settler: Settler::default(),
            door: Mutex::new(door),
            counters: Counters::default(),
            reach: watch::Sender::new(Reach::Away),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(outgoing::publish(Arc::clone(&shared), client.clone()));
        tasks.spawn(wanted::keep(Arc::clone(&shared), client.clone()));
        tasks.spawn(subscriptions::read(Arc::clone(&shared)));
        tasks.spawn(settle::answer(Arc::clone(&shared), client.clone()));
        tasks.spawn(supervisor::supervise(Arc::clone(&shared), client, link));
        let bus = Self {
            shared,
            ended,
            _tasks: tasks,
        };
        Ok((bus, inbox))
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        self.shared.counters.is_up(false);
        // Each subscription holds a sender to the client's task; the last one gone ends it.
        self.shared.subscriptions.clear();
    }
}

#[async_trait]
impl Bus for NatsBus {
    fn say(&self, topic: Topic, payload: Bytes) {
        self.shared.outgoing.say(topic, payload, &self.shared.counters);
    }

    fn listen(&self, topic: Topic) {
        self.shared.wanted.listen(topic);
    }

    fn ignore(&self, topic: Topic) {
        self.shared.wanted.ignore(topic);
    }

    async fn settled(&self) {
        let mut reach = self.shared.reach.subscribe();
        tokio::select! {
            biased;
            _ = reach.wait_for(|reach| *reach == Reach::Away) => {}
            () = settle::settled(&self.shared) => {}
        }
    }

    fn is_up(&self) -> bool {
        *self.shared.reach.borrow() == Reach::There
    }

    fn figures(&self) -> BusFigures {
        self.shared.counters.figures()
    }
}
