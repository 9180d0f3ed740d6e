//! The one task that delivers on a node of a cluster.

use super::compare::Comparisons;
use super::flight::{Flight, Landed};
use super::order::Order as ChannelOrder;
use super::wire::{self, UserNote};
use super::{Order, Shared, TailOptions};
use crate::Channels;
use crate::delivery::{self, BATCHES_MAX};
use crate::fact::Fact;
use crate::piece::{Piece, Pieces};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use klatch_fanout::{Bus, Inbox, Incoming, Interest, Topic};
use klatch_log::{CommitReceiver, Committed, EventRow, LogError};
use klatch_types::{ChannelId, Seq};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How often the follower looks at what is due, at rest and while something waits.
const LOOK: Duration = Duration::from_millis(100);
const LOOK_CLOSELY: Duration = Duration::from_millis(5);
/// How often tails without listeners are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// Messages of other nodes taken at once.
const INCOMING_MAX: usize = 256;

/// One followed channel.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) order: ChannelOrder,
    /// Users who came at a position that may be before where the tail begins: it begins early enough for them.
    pub(super) joined: Vec<Seq>,
    /// Since when something is missing; in the future after a failed read.
    pub(super) missing_since: Option<Instant>,
    pub(super) filling: bool,
    /// Since when nobody here listens.
    pub(super) idle_since: Option<Instant>,
}

/// Someone who waits until tails have begun.
pub(super) struct Waiter {
    pub(super) channels: Vec<ChannelId>,
    pub(super) done: oneshot::Sender<Result<(), LogError>>,
}

pub(super) struct Follower {
    pub(super) channels: Arc<Channels>,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) shared: Arc<Shared>,
    pub(super) options: TailOptions,
    pub(super) tails: HashMap<ChannelId, Tail>,
    /// Tails that are about to begin; asked together.
    pub(super) starting: Vec<ChannelId>,
    pub(super) start_under_way: bool,
    /// Whether someone waits for the bus to settle, though no tail begins.
    pub(super) settling: bool,
    /// Those who came since the last question was asked, and those who wait for its answer.
    pub(super) arrived: Vec<Waiter>,
    pub(super) waiters: Vec<Waiter>,
    /// Channels with a hole.
    pub(super) holes: Vec<ChannelId>,
    pub(super) fills: usize,
    pub(super) flights: FuturesUnordered<Flight>,
    pub(super) comparisons: Comparisons,
    pub(super) next_look: Instant,
    next_sweep: Instant,
}

impl Follower {
    pub(super) fn new(
        channels: Arc<Channels>,
        bus: Arc<dyn Bus>,
        shared: Arc<Shared>,
        options: TailOptions,
    ) -> Self {
        shared.bus_up.store(bus.is_up(), Ordering::Release);
        Self {
            channels,
            bus,
            shared,
            options,
            tails: HashMap::new(),
            starting: Vec::new(),
            start_under_way: false,
            settling: false,
            arrived: Vec::new(),
            waiters: Vec::new(),
            holes: Vec::new(),
            fills: 0,
            flights: FuturesUnordered::new(),
            comparisons: Comparisons::new(Instant::now()),
            next_look: Instant::now(),
            next_sweep: Instant::now(),
        }
    }

    pub(super) async fn run(
        mut self,
        mut feed: CommitReceiver,
        mut inbox: Inbox,
        mut orders: mpsc::UnboundedReceiver<Order>,
    ) {
        let mut batches = Vec::with_capacity(BATCHES_MAX);
        let mut incoming = Vec::with_capacity(INCOMING_MAX);
        let mut bus_open = true;
        self.bus.listen(Topic::Node(self.channels.presence_node()));
        loop {
            tokio::select! {
                taken = feed.recv_many(&mut batches, BATCHES_MAX) => {
                    if taken == 0 {
                        return;
                    }
                    self.committed(batches.drain(..).flatten().collect());
                }
                taken = inbox.recv_many(&mut incoming, INCOMING_MAX), if bus_open => {
                    bus_open = taken > 0;
                    incoming.drain(..).for_each(|one| self.incoming(one));
                }
                Some(order) = orders.recv() => self.order(order),
                Some(landed) = self.flights.next(), if !self.flights.is_empty() => self.landed(landed),
                () = tokio::time::sleep_until(self.next_look) => self.look(),
            }
            self.start_tails();
            self.fill_holes();
            tokio::task::yield_now().await;
        }
    }

    /// What this node committed: told to other nodes, delivered here in its turn, and answered.
    fn committed(&mut self, committed: Vec<Committed>) {
        let version = (self.options.protocol)();
        for (channel, pieces) in delivery::pieces_of(&committed, |_| true) {
            let pieces = pieces.finish();
            let rows: Vec<&EventRow> = match version {
                1 => committed
                    .iter()
                    .map(|one| &one.event)
                    .filter(|row| row.channel == channel)
                    .collect(),
                _ => Vec::new(),
            };
            if self.bus.is_up() {
                for payload in wire::write_events(version, &pieces, &rows) {
                    self.bus.say(Topic::Events(channel), payload);
                }
            }
            for piece in pieces {
                self.tell_who_came(&piece);
                self.accept(channel, piece);
            }
        }
        delivery::answer(&self.channels, committed);
    }

    /// Tells the nodes of those who became members, which may not follow the channel yet.
    fn tell_who_came(&self, piece: &Piece) {
        let Piece::Access(row) = piece else { return };
        for user in Fact::of(row).map(|fact| fact.comes()).unwrap_or_default() {
            self.bus
                .say(Topic::User(user), wire::write_joined(row.channel, row.seq));
        }
    }

    fn incoming(&mut self, incoming: Incoming) {
        if !matches!(incoming, Incoming::Said { .. }) {
            (self.options.elsewhere)(&incoming);
        }
        match incoming {
            Incoming::Said { topic, payload } => self.said(topic, payload),
            Incoming::Up => {
                self.shared.bus_up.store(true, Ordering::Release);
                self.channels.doubt_presence();
                self.comparisons.compare_now();
            }
            Incoming::Down => {
                self.shared.bus_up.store(false, Ordering::Release);
                self.comparisons.compare_now();
            }
            Incoming::Lagged => {
                self.channels.doubt_presence();
                self.comparisons.compare_now();
            }
        }
    }

    fn said(&mut self, topic: Topic, payload: Bytes) {
        match topic {
            Topic::Events(channel) => self.heard_events(channel, payload),
            Topic::Signals(channel) => {
                if let Ok((except, frame)) = wire::read_signal(payload) {
                    self.channels.hub().publish_lossy_except(channel, &frame, &except);
                }
            }
            // What begins with a brace is JSON, and the registry's.
            Topic::User(user) if payload.first() != Some(&b'{') => match wire::read_user_note(payload) {
                Ok(UserNote::Frame(frame)) => self.channels.hub().publish_user(user, &frame),
                Ok(UserNote::Joined(channel, at)) => self.joined(user, channel, at),
                Err(wire::Unreadable) => {}
            },
            Topic::Everyone | Topic::Node(_) if payload.first() == Some(&crate::presence::MARK) => {
                self.channels.hear_presence(payload);
            }
            topic => (self.options.elsewhere)(&Incoming::Said { topic, payload }),
        }
    }

    fn heard_events(&mut self, channel: ChannelId, payload: Bytes) {
        if !self.tails.contains_key(&channel) {
            return;
        }
        match wire::read_events(channel, payload) {
            Ok(pieces) => pieces.into_iter().for_each(|piece| self.accept(channel, piece)),
            Err(wire::Unreadable) => self.comparisons.compare_soon(channel),
        }
    }

    /// Takes a piece of a channel's log from wherever it came.
    pub(super) fn accept(&mut self, channel: ChannelId, piece: Piece) {
        let Some(tail) = self.tails.get_mut(&channel) else {
            // Nobody listens here, and what others committed before it is not known.
            piece.deliver(&self.channels, channel, false);
            if matches!(piece, Piece::Access(_)) && self.channels.hub().has_listeners(channel) {
                // Someone came by it, and hears what comes after it.
                self.begin_tail(channel).joined.push(piece.last().next());
            }
            return;
        };
        if !self.options.rules.order {
            tail.order.known_to(piece.last());
            piece.deliver(&self.channels, channel, false);
            return;
        }
        for ready in tail.order.accept(piece) {
            ready.deliver(&self.channels, channel, true);
        }
        self.note_hole(channel);
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Interest(Interest::Channel(channel, true)) => match self.tails.get_mut(&channel) {
                Some(tail) => tail.idle_since = None,
                None => drop(self.begin_tail(channel)),
            },
            Order::Interest(Interest::Channel(channel, false)) => {
                if let Some(tail) = self.tails.get_mut(&channel) {
                    tail.idle_since = Some(Instant::now());
                }
            }
            Order::Interest(Interest::User(user, true)) => self.bus.listen(Topic::User(user)),
            Order::Interest(Interest::User(user, false)) => self.bus.ignore(Topic::User(user)),
            Order::Hear(channels, done) => {
                self.arrived.push(Waiter { channels, done });
                self.settling = true;
            }
        }
    }

    fn landed(&mut self, landed: Landed) {
        match landed {
            Landed::Started(ids, Ok(heads)) => self.started(&ids, &heads),
            Landed::Started(ids, Err(error)) => self.start_failed(ids, &error),
            Landed::Compared(ids, heads, all) => self.compared(ids, heads, all),
            Landed::Filled(channel, rows) => self.filled(channel, rows),
            Landed::Memberships(unknown) => {
                unknown.iter().for_each(|one| self.missed_membership(one));
            }
            Landed::Replayed(outbox, channel, rows) => self.replayed(&outbox, channel, rows),
        }
    }

    /// What is due by time.
    fn look(&mut self) {
        let now = Instant::now();
        if now >= self.next_sweep {
            self.next_sweep = now + SWEEP;
            self.sweep(now);
        }
        self.starting.append(&mut self.comparisons.take_starts());
        self.compare_what_is_due(now);
        let pause = if self.holes.is_empty() { LOOK } else { LOOK_CLOSELY };
        self.next_look = now + pause;
    }

    pub(super) fn bus_is_up(&self) -> bool {
        self.shared.bus_up.load(Ordering::Acquire)
    }
}

/// Rows of a channel as pieces.
pub(super) fn pieces_of(rows: &[EventRow]) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    rows.iter().for_each(|row| pieces.add(row, true));
    pieces.finish()
}
