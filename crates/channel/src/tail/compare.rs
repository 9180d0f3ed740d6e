//! Comparing with the log and the directory: what the bus lost without a trace is found here.

use super::flight;
use super::follow::Follower;
use klatch_log::{Head, LogError};
use klatch_types::{ChannelId, UserId};
use std::time::Duration;
use tokio::time::Instant;

/// Channels in one question.
const CHANNELS_AT_ONCE: usize = 1_000;
/// Users asked about at each look: more if there are so many that a round would take longer than it may.
const USERS_AT_ONCE_MIN: usize = 50;
/// In so many looks a round comes to its end: well within the time between two of them.
const LOOKS_OF_A_ROUND: usize = 200;
/// How long after a tail began its head is compared once more: a bus of several servers may have heard of the new interest
/// a little late.
const SOON: Duration = Duration::from_millis(300);
/// How long a head that is ahead of delivery may stay so before it counts as a hole: its events may be under way.
const UNDER_WAY: Duration = Duration::from_millis(75);

/// What is to be compared when.
pub(super) struct Comparisons {
    all_at: Instant,
    /// Whether an answer about all is still out.
    all_under_way: usize,
    soon: Vec<(Instant, ChannelId)>,
    suspects: Vec<(Instant, ChannelId, klatch_types::Seq)>,
    starts: Vec<ChannelId>,
    users_at: Instant,
    users: Vec<UserId>,
    users_at_once: usize,
    users_soon: Vec<(Instant, UserId)>,
}

impl Comparisons {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            all_at: now,
            all_under_way: 0,
            soon: Vec::new(),
            suspects: Vec::new(),
            starts: Vec::new(),
            users_at: now,
            users: Vec::new(),
            users_at_once: USERS_AT_ONCE_MIN,
            users_soon: Vec::new(),
        }
    }

    /// Everything may have been missed.
    pub(super) fn compare_now(&mut self) {
        self.all_at = Instant::now();
        self.users_at = Instant::now();
    }

    /// This channel is compared once more soon.
    pub(super) fn compare_soon(&mut self, channel: ChannelId) {
        self.soon.push((Instant::now() + SOON, channel));
    }

    /// This user's channels are compared once more soon.
    pub(super) fn compare_user_soon(&mut self, user: UserId) {
        if !self.users_soon.iter().any(|(_, other)| *other == user) {
            self.users_soon.push((Instant::now() + SOON, user));
        }
    }

    /// These tails could not begin.
    pub(super) fn start_again(&mut self, mut channels: Vec<ChannelId>) {
        self.starts.append(&mut channels);
    }

    pub(super) fn take_starts(&mut self) -> Vec<ChannelId> {
        std::mem::take(&mut self.starts)
    }
}

impl Follower {
    /// Asks where channels stand, and which channels users are in, when that is due.
    pub(super) fn compare_what_is_due(&mut self, now: Instant) {
        self.confirm_suspects(now);
        if !self.options.rules.compare {
            return;
        }
        let due: Vec<ChannelId> = self
            .comparisons
            .soon
            .extract_if(.., |(at, _)| *at <= now)
            .map(|(_, channel)| channel)
            .collect();
        self.ask(&due, false);
        let (calm, alone) = self.options.compared_every;
        let every = if self.bus_is_up() { calm } else { alone };
        if now >= self.comparisons.all_at && self.comparisons.all_under_way == 0 {
            self.comparisons.all_at = now + every;
            let all: Vec<ChannelId> = self.tails.keys().copied().collect();
            self.comparisons.all_under_way = all.len().div_ceil(CHANNELS_AT_ONCE);
            self.ask(&all, true);
        }
        self.compare_memberships(now);
    }

    /// Every connected user in turn, a few at each look.
    fn compare_memberships(&mut self, now: Instant) {
        if self.comparisons.users.is_empty() && now >= self.comparisons.users_at {
            let (calm, alone) = self.options.memberships_compared_every;
            self.comparisons.users_at = now + if self.bus_is_up() { calm } else { alone };
            self.comparisons.users = self.channels.hub().users();
            let share = self.comparisons.users.len().div_ceil(LOOKS_OF_A_ROUND);
            self.comparisons.users_at_once = share.max(USERS_AT_ONCE_MIN);
        }
        let left = self.comparisons.users.len();
        let slice = self
            .comparisons
            .users
            .split_off(left.saturating_sub(self.comparisons.users_at_once));
        let soon = self.comparisons.users_soon.extract_if(.., |(at, _)| *at <= now);
        let slice: Vec<UserId> = slice.into_iter().chain(soon.map(|(_, user)| user)).collect();
        if !slice.is_empty() {
            self.flights.push(flight::memberships(&self.channels, slice));
        }
    }

    fn ask(&mut self, channels: &[ChannelId], all: bool) {
        for some in channels.chunks(CHANNELS_AT_ONCE) {
            self.flights
                .push(flight::compare(&self.channels, some.to_vec(), all));
        }
    }

    pub(super) fn compared(
        &mut self,
        ids: Vec<ChannelId>,
        heads: Result<Vec<Option<Head>>, LogError>,
        all: bool,
    ) {
        if all {
            self.comparisons.all_under_way -= 1;
        }
        let heads = match heads {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(%error, "heads could not be compared");
                return;
            }
        };
        metrics::counter!("klatch_tail_heads_compared_total").increment(ids.len() as u64);
        let now = Instant::now();
        for (channel, head) in ids.into_iter().zip(heads) {
            let Some((last, head)) = self
                .tails
                .get(&channel)
                .and_then(|tail| tail.order.last())
                .zip(head)
            else {
                continue;
            };
            if head.seq > last {
                self.comparisons
                    .suspects
                    .push((now + UNDER_WAY, channel, head.seq));
            }
        }
    }

    /// What was still ahead a moment later is a hole.
    fn confirm_suspects(&mut self, now: Instant) {
        let due: Vec<_> = self
            .comparisons
            .suspects
            .extract_if(.., |(at, _, _)| *at <= now)
            .collect();
        for (_, channel, head) in due {
            if let Some(tail) = self.tails.get_mut(&channel) {
                tail.order.known_to(head);
                self.note_hole(channel);
            }
        }
    }
}
