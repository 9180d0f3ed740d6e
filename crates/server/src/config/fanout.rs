//! `[fanout]`: when large and active channels are pulled instead of pushed.

use super::section::section;
use super::{Problem, problem};
use klatch_types::limits;

section! {
    /// Large and active channels: clients that understand it are told now and then how far a channel is, and pull its
    /// events, instead of being pushed each of them.
    pub struct Fanout = "fanout" {
        /// Listeners on one server from which on a channel may be pulled; 0 pushes everything, always.
        pub pull_listeners: u32 = limits::PULL_LISTENERS,
        /// Events per second from which on such a channel is pulled.
        pub pull_events_per_second: u32 = limits::PULL_EVENTS_PER_SECOND,
        /// How long a channel must have less than half of either until it is pushed again, milliseconds.
        pub pull_left_after_ms: u64 = millis(limits::PULL_LEFT_AFTER),
        /// Shortest time between two hints of how far a pulled channel is, milliseconds.
        pub hint_every_ms: u64 = millis(limits::HINT_EVERY),
        /// Longest time between two hints, milliseconds.
        pub hint_every_ms_max: u64 = millis(limits::HINT_EVERY_MAX),
        /// Pulls per second and channel that hints may lead to: the more listeners, the longer between two hints.
        pub pulls_per_second: u32 = limits::PULLS_PER_SECOND,
    }
}

/// Longest time that may be asked for.
const MILLIS_MAX: u64 = 60_000;

const fn millis(time: std::time::Duration) -> u64 {
    time.as_secs() * 1_000 + time.subsec_millis() as u64
}

impl Fanout {
    /// Refuses values out of range.
    pub fn check(&self) -> Result<(), Problem> {
        for (key, value) in [
            (
                "fanout.pull_events_per_second",
                u64::from(self.pull_events_per_second),
            ),
            ("fanout.pulls_per_second", u64::from(self.pulls_per_second)),
        ] {
            if value == 0 {
                return problem(
                    key,
                    "must be at least 1; fanout.pull_listeners = 0 is what pushes everything",
                );
            }
        }
        for (key, value) in [
            ("fanout.pull_left_after_ms", self.pull_left_after_ms),
            ("fanout.hint_every_ms", self.hint_every_ms),
            ("fanout.hint_every_ms_max", self.hint_every_ms_max),
        ] {
            if !(1..=MILLIS_MAX).contains(&value) {
                return problem(key, format!("must be from 1 to {MILLIS_MAX}"));
            }
        }
        if self.hint_every_ms > self.hint_every_ms_max {
            return problem(
                "fanout.hint_every_ms",
                "must not be longer than fanout.hint_every_ms_max",
            );
        }
        Ok(())
    }
}
