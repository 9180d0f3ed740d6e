//! One channel's pace: whether its listeners are pushed to or told to pull, and when they are told. Time is passed in.

use klatch_types::{Seq, limits};
use std::time::Duration;
use tokio::time::Instant;

/// When the listeners of a channel on this node pull, and how often they are told to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PullRules {
    /// Listeners from which on a channel may be pulled; 0 for never.
    pub listeners: u32,
    /// Events per second from which on such a channel is pulled.
    pub events_per_second: f64,
    /// Shortest time between two hints.
    pub hint_every: Duration,
    /// Longest time between two hints.
    pub hint_every_max: Duration,
    /// Pulls per second and channel that hints may lead to, as far as their longest time allows.
    pub pulls_per_second: u32,
    /// How long a channel must be quieter or smaller than half of what made it pulled, until it is pushed again.
    pub leave_after: Duration,
}

impl Default for PullRules {
    fn default() -> Self {
        Self {
            listeners: limits::PULL_LISTENERS,
            events_per_second: f64::from(limits::PULL_EVENTS_PER_SECOND),
            hint_every: limits::HINT_EVERY,
            hint_every_max: limits::HINT_EVERY_MAX,
            pulls_per_second: limits::PULLS_PER_SECOND,
            leave_after: limits::PULL_LEFT_AFTER,
        }
    }
}

impl PullRules {
    /// Everything is pushed, always.
    pub const NEVER: Self = Self {
        listeners: 0,
        events_per_second: 0.0,
        hint_every: Duration::ZERO,
        hint_every_max: Duration::ZERO,
        pulls_per_second: 0,
        leave_after: Duration::ZERO,
    };

    /// Whether a channel of so many listeners can be pulled at all, or be about to be pushed again.
    pub(crate) fn concern(&self, listeners: usize) -> bool {
        self.listeners > 0 && listeners.saturating_mul(2) >= self.listeners as usize
    }

    fn are_many(&self, listeners: usize) -> bool {
        listeners >= self.listeners as usize
    }

    /// Time between two hints to so many listeners.
    fn interval(&self, listeners: usize) -> Duration {
        let listeners = u32::try_from(listeners).unwrap_or(u32::MAX);
        let wanted = Duration::from_secs(1) * listeners / self.pulls_per_second.max(1);
        wanted.max(self.hint_every).min(self.hint_every_max)
    }
}

/// What a look at a channel found due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing.
    Nothing,
    /// Listeners must hear that the log has come this far, and pull within the time.
    Hint(Seq, Duration),
    /// There is nothing to remember about the channel.
    Forget,
}

/// How much of the time between two hints pulls are spread over.
const SPREAD_PART: u32 = 4;
/// Seconds over which the rate is averaged.
const RATE_SECONDS: f64 = 2.0;
/// A channel this much quieter than one that is pulled is forgotten.
const FORGOTTEN_PART: f64 = 10.0;

/// The pace of one channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Events per second as of `counted_at`; it fades with time.
    rate: f64,
    counted_at: Instant,
    pulling: bool,
    quiet_since: Option<Instant>,
    /// Last event that was held back, and how far listeners were told.
    head: Seq,
    hinted: Seq,
    hinted_at: Instant,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            rate: 0.0,
            counted_at: now,
            pulling: false,
            quiet_since: None,
            head: Seq::ZERO,
            hinted: Seq::ZERO,
            hinted_at: now,
        }
    }

    /// Whether events are held back and told of by hints.
    pub(crate) fn is_pulling(&self) -> bool {
        self.pulling
    }

    /// Events up to `last` were committed: whether they are held back. What is held back is told of by a later
    /// [`Self::look`].
    pub(crate) fn committed(
        &mut self,
        rules: &PullRules,
        listeners: usize,
        events: u64,
        last: Seq,
        now: Instant,
    ) -> bool {
        self.count(events, now);
        if !self.pulling && rules.are_many(listeners) && self.rate >= rules.events_per_second {
            self.pulling = true;
            self.quiet_since = None;
            self.hinted_at = now;
        }
        if self.pulling {
            self.head = self.head.max(last);
        }
        self.pulling
    }

    /// Time has passed.
    pub(crate) fn look(&mut self, rules: &PullRules, listeners: usize, now: Instant) -> Due {
        self.count(0, now);
        if !self.pulling {
            let forgotten = self.rate * FORGOTTEN_PART < rules.events_per_second || listeners == 0;
            return if forgotten { Due::Forget } else { Due::Nothing };
        }
        let quiet = !rules.concern(listeners) || self.rate * 2.0 < rules.events_per_second;
        let since = if quiet {
            Some(*self.quiet_since.get_or_insert(now))
        } else {
            self.quiet_since = None;
            None
        };
        if since.is_some_and(|since| now.duration_since(since) >= rules.leave_after) {
            // What is committed from now on is pushed; this tells of the last that was not.
            self.pulling = false;
            return self.hint(Duration::ZERO, now);
        }
        let interval = rules.interval(listeners);
        if now.duration_since(self.hinted_at) >= interval {
            return self.hint(interval / SPREAD_PART, now);
        }
        Due::Nothing
    }

    fn hint(&mut self, spread: Duration, now: Instant) -> Due {
        if self.head <= self.hinted {
            return Due::Nothing;
        }
        self.hinted = self.head;
        self.hinted_at = now;
        Due::Hint(self.head, spread)
    }

    fn count(&mut self, events: u64, now: Instant) {
        let passed = now.saturating_duration_since(self.counted_at).as_secs_f64();
        self.rate = self.rate * (-passed / RATE_SECONDS).exp() + events as f64 / RATE_SECONDS;
        self.counted_at = now;
    }
}
