//! How appends gather into commits: a lane commits what waits, and meanwhile the next batch gathers.

/// Events in a commit, on average, when `arrivals_per_s` come by chance to a lane and a commit takes
/// `commit_s`.
///
/// While a commit of `s` seconds runs, a number of arrivals with mean λs and a Poisson distribution gathers. They are the
/// next batch; if there are none, the next batch is the first that comes. So a batch has max(1, arrivals) events, which
/// is λs + e^(−λs) on average.
pub(super) fn batch(arrivals_per_s: f64, commit_s: f64) -> f64 {
    let gathered = arrivals_per_s * commit_s;
    gathered + (-gathered).exp()
}

/// How many of `channels` are in a batch of `events` that go to them by chance.
pub(super) fn channels_in(events: f64, channels: f64) -> f64 {
    let channels = channels.max(1.0);
    (channels * (1.0 - (1.0 - 1.0 / channels).powf(events)))
        .max(1.0)
        .min(events.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform numbers below one, the same each time (xorshift64*).
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
        }

        fn exponential(&mut self, rate: f64) -> f64 {
            -(1.0 - self.next()).ln() / rate
        }
    }

    /// A lane, event by event.
    fn simulated(arrivals_per_s: f64, commit_s: f64) -> f64 {
        let (mut chance, mut free_at) = (Chance(42), 0.0);
        let (mut next, mut events, mut commits) = (0.0, 0u64, 0u64);
        while events < 400_000 {
            // The commit begins when the lane is free and something waits, and takes all that waits.
            let begins = f64::max(free_at, next);
            let mut size = 0;
            while next <= begins {
                size += 1u64;
                next += chance.exponential(arrivals_per_s);
            }
            free_at = begins + commit_s;
            events += size;
            commits += 1;
        }
        events as f64 / commits as f64
    }

    #[test]
    fn the_formula_is_what_a_simulated_lane_does() {
        for arrivals in [10.0, 250.0, 1_000.0, 5_000.0, 20_000.0] {
            let (told, seen) = (batch(arrivals, 0.002), simulated(arrivals, 0.002));
            assert!(
                (told / seen - 1.0).abs() < 0.03,
                "{arrivals}: {told} is not {seen}"
            );
        }
    }

    #[test]
    fn channels_in_a_batch_are_no_more_than_its_events_and_no_more_than_there_are() {
        assert_eq!(channels_in(1.0, 100.0), 1.0);
        assert_eq!(channels_in(50.0, 1.0), 1.0);
        assert!((channels_in(100.0, 1e9) - 100.0).abs() < 0.1);
        assert!((channels_in(1e6, 25.0) - 25.0).abs() < 1e-6);
    }
}
