//! How long to wait: between looks at the queue, and before a piece is tried again.

use crate::WorkerOptions;
use klatch_types::Entropy;
use std::time::Duration;

/// The pause between looks: short while there is work, longer the longer there is none.
pub(crate) struct Pace {
    min: Duration,
    max: Duration,
    pause: Duration,
    is_down: bool,
}

impl Pace {
    pub(crate) fn new(options: &WorkerOptions) -> Self {
        Self {
            min: options.look_min,
            max: options.look_max,
            pause: options.look_min,
            is_down: false,
        }
    }

    /// There is work, or soon will be.
    pub(crate) fn quicken(&mut self) {
        self.pause = self.min;
    }

    /// The queue answered.
    pub(crate) fn answered(&mut self) {
        self.is_down = false;
    }

    /// The queue cannot be read: no use asking often. Whether that is new.
    pub(crate) fn slow(&mut self) -> bool {
        self.pause = self.max;
        !std::mem::replace(&mut self.is_down, true)
    }

    /// The pause from now on; the next one is longer. Up to half of it is left to chance, so that nodes do not ask in step.
    pub(crate) fn next(&mut self, entropy: &dyn Entropy) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(self.max);
        spread(pause, entropy)
    }
}

/// How long after a failed attempt, counted from one, the next may be made.
pub(crate) fn back_off(options: &WorkerOptions, attempts: u32, entropy: &dyn Entropy) -> Duration {
    let doublings = attempts.saturating_sub(1).min(30);
    let wait = options.retry_first.saturating_mul(1 << doublings);
    spread(wait.min(options.retry_max), entropy)
}

/// Something from half of a wait to all of it.
fn spread(wait: Duration, entropy: &dyn Entropy) -> Duration {
    let mut random = [0; 2];
    entropy.fill(&mut random);
    let half = wait / 2;
    half + half.mul_f64(f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::SeededEntropy;

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        let (options, entropy) = (WorkerOptions::default(), SeededEntropy::new(4));
        for (attempts, seconds) in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (u32::MAX, 300)] {
            let longest = Duration::from_secs(seconds);
            let waits: Vec<Duration> = (0..9).map(|_| back_off(&options, attempts, &entropy)).collect();
            assert!(waits.iter().all(|wait| (longest / 2..=longest).contains(wait)));
            assert!(waits.iter().any(|wait| *wait != waits[0]));
        }
    }

    #[test]
    fn looks_get_rarer_until_there_is_work() {
        let (options, entropy) = (WorkerOptions::default(), SeededEntropy::new(4));
        let mut pace = Pace::new(&options);
        let first = pace.next(&entropy);
        assert!(first <= options.look_min);
        let rare: Vec<Duration> = (0..10).map(|_| pace.next(&entropy)).collect();
        assert!(rare[9] >= options.look_max / 2 && rare[9] <= options.look_max);
        pace.quicken();
        assert!(pace.next(&entropy) <= options.look_min);
        assert!(pace.slow());
        assert!(!pace.slow(), "told of once");
        pace.answered();
        assert!(pace.slow());
        assert!(pace.next(&entropy) >= options.look_max / 2);
    }
}
