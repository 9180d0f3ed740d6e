//! How long to wait before connecting again: full jitter, 0.5 to 30 seconds (contract, overload).

use klatch_types::Entropy;
use std::time::Duration;

/// The bounds of the wait, and how often it was in vain.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(30))
    }
}

impl Backoff {
    /// The wait is random, at most `first` after one failure, twice that after each further one, never over `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// The longest that the next wait may be.
    pub fn bound(&self) -> Duration {
        self.first
            .saturating_mul(1 << self.failures.min(20))
            .min(self.longest)
    }

    /// The next wait; each call counts as a failure.
    pub fn next(&mut self, entropy: &dyn Entropy) -> Duration {
        let wait = part_of(self.bound(), entropy);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// It worked: the next wait is short again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A random part of a time, so that many who wait do not end together.
pub(crate) fn part_of(time: Duration, entropy: &dyn Entropy) -> Duration {
    let mut random = [0u8; 4];
    entropy.fill(&mut random);
    time.mul_f64(f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::SeededEntropy;

    #[test]
    fn the_bound_doubles_up_to_the_longest_and_the_wait_stays_below() {
        let entropy = SeededEntropy::new(1);
        let mut backoff = Backoff::default();
        let mut waits = Vec::new();
        for expected_ms in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            assert_eq!(backoff.bound(), Duration::from_millis(expected_ms));
            let wait = backoff.next(&entropy);
            assert!(wait <= Duration::from_millis(expected_ms));
            waits.push(wait);
        }
        waits.dedup();
        assert_eq!(waits.len(), 8, "jitter makes them differ");
        backoff.reset();
        assert_eq!(backoff.bound(), Duration::from_millis(500));
    }

    #[test]
    fn very_many_failures_do_not_overflow() {
        let mut backoff = Backoff::default();
        for _ in 0..100 {
            backoff.next(&SeededEntropy::new(7));
        }
        assert_eq!(backoff.bound(), Duration::from_secs(30));
    }
}
