//! The scenarios, a file each.

pub(crate) mod commits;
pub(crate) mod fanout;
pub(crate) mod hybrid;
pub(crate) mod idle;
pub(crate) mod presence;
pub(crate) mod raw;
pub(crate) mod rooms;

use crate::connection::{Demand, WINDOW_MAX};
use crate::options::Options;

/// What to try: what was asked for, or a series in which the best is looked for. `series` counts messages in flight
/// over all `senders`.
fn demands(options: &Options, senders: usize, series: &[usize]) -> Vec<Demand> {
    if let Some(rate) = options.rate {
        return vec![Demand {
            senders,
            window: WINDOW_MAX,
            rate: Some(rate),
        }];
    }
    let asked = options.in_flight.map(|in_flight| vec![in_flight]);
    let totals = asked.unwrap_or_else(|| series.to_vec());
    let demand = |total: usize| Demand {
        senders: senders.min(total).max(1),
        window: total.div_ceil(senders).clamp(1, WINDOW_MAX),
        rate: None,
    };
    totals.into_iter().map(demand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn totals_are_spread_over_senders() {
        let options = |arguments: &[&str]| Options::parse_from([&["klatch-bench"], arguments].concat());
        let of = |senders, window| Demand {
            senders,
            window,
            rate: None,
        };
        assert_eq!(
            demands(&options(&[]), 100, &[50, 100, 400]),
            [of(50, 1), of(100, 1), of(100, 4)]
        );
        assert_eq!(demands(&options(&["--in-flight", "7"]), 1, &[1, 2]), [of(1, 7)]);
        let paced = Demand {
            senders: 3,
            window: WINDOW_MAX,
            rate: Some(2.5),
        };
        assert_eq!(demands(&options(&["--rate", "2.5"]), 3, &[1]), [paced]);
    }
}
