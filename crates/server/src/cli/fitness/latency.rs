//! `send_latency`: a message to oneself, again and again (S0.11: "send to self every X s").

use super::bounds::{Bounds, Function};
use super::echo::{Echo, PATIENCE};
use super::report::Row;
use super::span::shown;
use super::subject::Subject;
use std::time::Duration;
use tokio::time::Instant;

/// How often.
const EVERY: Duration = Duration::from_millis(200);

/// How long times were.
#[derive(Clone, Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time that so many of a hundred do not exceed; nothing if there are none.
    pub(super) fn percentile(&mut self, percent: f64) -> Option<Duration> {
        self.0.sort_unstable();
        let rank = (self.0.len() as f64 * percent / 100.0).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied()
    }
}

/// Measures it for a while.
pub(super) async fn measure(subject: &Subject, bounds: &Bounds, lasting: Duration) -> Row {
    let mut echo = match Echo::open(subject, "latency").await {
        Ok(echo) => echo,
        Err(error) => return Row::unknown(Function::SendLatency, bounds, format!("{error:#}")),
    };
    let mut times = Times::default();
    let until = Instant::now() + lasting;
    let mut ticks = tokio::time::interval(EVERY);
    while times.len() == 0 || Instant::now() < until {
        ticks.tick().await;
        match echo.once().await {
            Ok(took) => times.add(took),
            Err(error) => {
                let seconds = PATIENCE.as_secs_f64();
                let after = format!("after {} messages: {error:#}", times.len());
                return Row::failed(Function::SendLatency, bounds, seconds, after);
            }
        }
    }
    let [half, most, all] = [50.0, 99.0, 100.0].map(|of| times.percentile(of).unwrap_or_default());
    let detail = format!(
        "s, p99 of {} messages to oneself; p50 {}, p99 {}, slowest {}",
        times.len(),
        shown(half),
        shown(most),
        shown(all)
    );
    Row::measured(Function::SendLatency, bounds, most.as_secs_f64(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut times = Times::default();
        assert_eq!(times.percentile(99.0), None);
        (1..=200)
            .rev()
            .for_each(|ms| times.add(Duration::from_millis(ms)));
        let at = |percent| times.clone().percentile(percent).unwrap().as_millis();
        assert_eq!([at(0.0), at(50.0), at(99.0), at(100.0)], [1, 100, 198, 200]);
    }
}
