//! End-to-end latency: from the moment a message was written to the sender's buffer to the moment a receiver's read
//! returned with it. Both ends are this process, so one monotonic clock serves.

use hdrhistogram::Histogram;
use std::time::Instant;

/// Longest latency that is told apart, nanoseconds.
const LONGEST_NS: u64 = 120_000_000_000;

/// A clock that starts with the scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(crate) fn now_ns(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Which positions are timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampling(pub(crate) u64);

impl Sampling {
    /// Whether the message at this position is timed. The position is hashed, so that it says nothing about the place
    /// of the message in a batch.
    pub(crate) fn picks(self, seq: u64) -> bool {
        self.0 <= 1 || (seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).is_multiple_of(self.0)
    }
}

/// Latencies of one measurement.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1_000, LONGEST_NS, 3).expect("the bounds and the precision are in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_one_in_so_many_is_picked() {
        let picked = (1..=80_000).filter(|seq| Sampling(8).picks(*seq)).count();
        assert!((9_000..11_000).contains(&picked), "{picked}");
        assert!((1..100).all(|seq| Sampling(1).picks(seq)));
    }
}
