//! `uptime`: how long a server was up and down, how often it failed, and how fast it came back (MTBF, MTRS).

use super::bounds::{Bounds, Function};
use super::report::Row;
use super::span::shown;
use std::time::Duration;
use tokio::time::Instant;

/// The account of a row of probes. A server is down from the first probe that failed to the first that did not.
#[derive(Clone, Debug, Default)]
pub(super) struct Uptime {
    up: Duration,
    down: Duration,
    failures: u32,
    probes: u64,
    failed_probes: u64,
    last: Option<(Instant, bool)>,
}

impl Uptime {
    /// A probe ended.
    pub(super) fn observe(&mut self, at: Instant, good: bool) {
        let was_good = match self.last {
            Some((before, was_good)) => {
                let passed = at.saturating_duration_since(before);
                *if was_good { &mut self.up } else { &mut self.down } += passed;
                was_good
            }
            None => true,
        };
        self.probes += 1;
        if !good {
            self.failed_probes += 1;
            self.failures += u32::from(was_good);
        }
        self.last = Some((at, good));
    }

    /// The same account with the time since the last probe, during which the server was what it was then.
    pub(super) fn until(&self, now: Instant) -> Self {
        let mut account = self.clone();
        if let Some((before, was_good)) = account.last {
            let passed = now.saturating_duration_since(before);
            *if was_good {
                &mut account.up
            } else {
                &mut account.down
            } += passed;
            account.last = Some((now, was_good));
        }
        account
    }

    /// Whether the last probe was good.
    pub(super) fn is_up(&self) -> bool {
        self.last.is_some_and(|(_, good)| good)
    }

    /// Probes, and how many of them failed.
    pub(super) fn probes(&self) -> (u64, u64) {
        (self.probes, self.failed_probes)
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// The part of the time that it was up; of a single moment, whether it was.
    pub(super) fn availability(&self) -> f64 {
        let all = (self.up + self.down).as_secs_f64();
        if all > 0.0 {
            return self.up.as_secs_f64() / all;
        }
        if self.is_up() { 1.0 } else { 0.0 }
    }

    /// Mean time between failures, if there were some.
    pub(super) fn mtbf(&self) -> Option<Duration> {
        self.up.checked_div(self.failures)
    }

    /// Mean time to restore service, if there were failures.
    pub(super) fn mtrs(&self) -> Option<Duration> {
        self.down.checked_div(self.failures)
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        let times = match (self.mtbf(), self.mtrs()) {
            (Some(mtbf), Some(mtrs)) => {
                let failures = self.failures;
                format!("{failures} failures, MTBF {}, MTRS {}", shown(mtbf), shown(mtrs))
            }
            _ => format!("no failure in {}", shown(self.up)),
        };
        format!("{} of {} probes failed; {times}", self.failed_probes, self.probes)
    }

    pub(super) fn row(&self, bounds: &Bounds) -> Row {
        if self.probes == 0 {
            return Row::unknown(Function::Uptime, bounds, "it was never probed".to_owned());
        }
        let percent = self.availability() * 100.0;
        Row::measured(Function::Uptime, bounds, percent, format!("%; {}", self.words()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S0.11: MTBF and MTRS of a server that failed twice.
    #[test]
    fn failures_are_runs_of_failed_probes() {
        let start = Instant::now();
        let mut uptime = Uptime::default();
        let good = |second| !(20..24).contains(&second) && second != 50;
        for second in 0..=100 {
            uptime.observe(start + Duration::from_secs(second), good(second));
        }
        assert_eq!(uptime.failures(), 2);
        assert_eq!(uptime.probes(), (101, 5));
        assert_eq!(uptime.mtbf(), Some(Duration::from_millis(47_500)));
        assert_eq!(uptime.mtrs(), Some(Duration::from_millis(2_500)));
        assert!((uptime.availability() - 0.95).abs() < 1e-9);
        assert!(uptime.is_up());
    }

    #[test]
    fn a_server_that_never_failed_has_no_mean_time() {
        let mut uptime = Uptime::default();
        assert!(!uptime.is_up());
        uptime.observe(Instant::now(), true);
        assert!((uptime.availability() - 1.0).abs() < 1e-9);
        assert_eq!((uptime.mtbf(), uptime.mtrs()), (None, None));
    }

    #[test]
    fn a_server_that_was_never_up_is_down_from_the_start() {
        let start = Instant::now();
        let mut uptime = Uptime::default();
        uptime.observe(start, false);
        assert!(uptime.availability() < 1e-9);
        let later = uptime.until(start + Duration::from_secs(3));
        assert_eq!(later.mtrs(), Some(Duration::from_secs(3)));
        assert_eq!(later.probes(), (1, 1));
        uptime.observe(start + Duration::from_secs(1), false);
        assert_eq!(uptime.failures(), 1);
        assert!(uptime.availability() < 1e-9);
    }
}
