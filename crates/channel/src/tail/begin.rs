//! Where tails begin and end: when someone here listens to a channel, and when nobody has for a while.

use super::flight;
use super::follow::{Follower, Tail, Waiter, pieces_of};
use crate::piece::Piece;
use klatch_fanout::{Outbox, Topic};
use klatch_log::{EventRow, Head, LogError};
use klatch_types::{ChannelId, Seq, UserId, limits};
use std::sync::Arc;
use tokio::time::Instant;

impl Follower {
    /// A user became a member somewhere. Their connections here follow from that event on.
    pub(super) fn joined(&mut self, user: UserId, channel: ChannelId, at: Seq) {
        if self.channels.hub().outboxes_of(user).is_empty() {
            return;
        }
        let tail = match self.tails.get_mut(&channel) {
            // It comes in its turn.
            Some(tail) if tail.order.last().is_some_and(|last| last < at) => return,
            // It came, or the tail began after it: then they are not subscribed.
            Some(tail) if tail.order.last().is_some() => {
                self.flights.push(flight::memberships(&self.channels, vec![user]));
                return;
            }
            Some(tail) => tail,
            None => {
                let tail = self.begin_tail(channel);
                tail.idle_since = Some(Instant::now());
                tail
            }
        };
        tail.joined.push(at);
    }

    pub(super) fn begin_tail(&mut self, channel: ChannelId) -> &mut Tail {
        self.bus.listen(Topic::Events(channel));
        self.bus.listen(Topic::Signals(channel));
        self.starting.push(channel);
        let tail = self.tails.entry(channel).or_default();
        metrics::gauge!("klatch_tails").increment(1);
        tail
    }

    /// Asks where the channels stand whose tails are to begin, all in one question.
    pub(super) fn start_tails(&mut self) {
        if !self.start_under_way && (!self.starting.is_empty() || self.settling) {
            self.start_under_way = true;
            self.settling = false;
            self.waiters.append(&mut self.arrived);
            let ids = std::mem::take(&mut self.starting);
            self.flights.push(flight::start(&self.channels, &self.bus, ids));
        }
    }

    pub(super) fn started(&mut self, ids: &[ChannelId], heads: &[Option<Head>]) {
        self.start_under_way = false;
        for (channel, head) in ids.iter().zip(heads) {
            let Some(tail) = self.tails.get_mut(channel) else {
                continue;
            };
            let head = head.map_or(Seq::ZERO, |head| head.seq);
            tail.order.known_to(head);
            let first = tail.joined.drain(..).map(Seq::prev).min().unwrap_or(head);
            let ready = tail.order.begin(first.min(head));
            // A state that was loaded while nobody followed may have missed something.
            self.channels.states.remove(channel);
            self.channels.ranges.erased(*channel);
            self.shared.heard.write().insert(*channel);
            for piece in ready {
                piece.deliver(&self.channels, *channel, true);
            }
            self.note_hole(*channel);
            self.comparisons.compare_soon(*channel);
        }
        // Those who came while this was asked wait for the next answer: the bus may not hear what they need yet.
        let tails = &self.tails;
        let is_to_begin =
            |channel: &ChannelId| tails.get(channel).is_some_and(|tail| tail.order.last().is_none());
        let (waiting, served): (Vec<Waiter>, Vec<Waiter>) = std::mem::take(&mut self.waiters)
            .into_iter()
            .partition(|waiter| waiter.channels.iter().any(is_to_begin));
        self.waiters = waiting;
        for waiter in served {
            waiter.done.send(Ok(())).ok(); // one who is gone needs no answer
        }
    }

    pub(super) fn start_failed(&mut self, ids: Vec<ChannelId>, error: &LogError) {
        self.start_under_way = false;
        tracing::warn!(%error, channels = ids.len(), "the log does not tell where channels stand");
        for waiter in std::mem::take(&mut self.waiters) {
            waiter.done.send(Err(error.clone())).ok();
        }
        // Asked again at the next look, not at once.
        self.comparisons.start_again(ids);
    }

    /// Lets go of tails that nobody listens to any more.
    pub(super) fn sweep(&mut self, now: Instant) {
        let hub = self.channels.hub();
        let gone: Vec<ChannelId> = self
            .tails
            .iter()
            .filter(|(channel, tail)| {
                tail.idle_since
                    .is_some_and(|since| now >= since + limits::INTEREST_LINGERS)
                    && !hub.has_listeners(**channel)
            })
            .map(|(channel, _)| *channel)
            .collect();
        for channel in gone {
            self.forget(channel);
        }
    }

    pub(super) fn forget(&mut self, channel: ChannelId) {
        self.tails.remove(&channel);
        self.shared.heard.write().remove(&channel);
        self.holes.retain(|other| *other != channel);
        self.starting.retain(|other| *other != channel);
        self.bus.ignore(Topic::Events(channel));
        self.bus.ignore(Topic::Signals(channel));
        metrics::gauge!("klatch_tails").decrement(1);
    }

    /// Gives one connection what it missed: only what was delivered here, and only if it still listens, for the log may
    /// have gone on to events that are no longer its user's to see.
    pub(super) fn replayed(&mut self, outbox: &Outbox, channel: ChannelId, mut rows: Vec<EventRow>) {
        let last = self.tails.get(&channel).and_then(|tail| tail.order.last());
        let Some(last) = last.filter(|_| outbox.subscriptions().contains(&channel)) else {
            return;
        };
        rows.retain(|row| row.seq <= last);
        for frame in pieces_of(&rows).iter().filter_map(Piece::frame) {
            outbox.push(frame);
        }
    }

    /// The directory knows of a membership that a connection does not. If delivery has come to where its user stands, it
    /// listens from now on and is given what it missed. Otherwise it must not listen yet: what comes first may not be
    /// theirs to see. Then the event by which they came is still to be delivered, or they are asked about again.
    pub(super) fn missed_membership(&mut self, one: &flight::Unknown) {
        let (outbox, channel) = (&one.outbox, one.channel);
        if outbox.membership_changes() != one.changes {
            return; // no longer so, perhaps: the next comparison tells
        }
        match self.tails.get_mut(&channel) {
            Some(tail) if tail.order.last().is_some_and(|last| last >= one.since) => {
                self.channels.hub().subscribe(channel, outbox);
                let after = one.since.prev();
                self.flights
                    .push(flight::replay(&self.channels, Arc::clone(outbox), channel, after));
                return;
            }
            Some(tail) if tail.order.last().is_some() => {}
            Some(tail) => tail.joined.push(one.since),
            None => {
                let tail = self.begin_tail(channel);
                tail.joined.push(one.since);
                tail.idle_since = Some(Instant::now());
            }
        }
        self.comparisons.compare_user_soon(outbox.user());
    }
}
