//! Lengths of time on the command line: `250ms`, `5s`, `2m`, `1h`.

use std::str::FromStr;
use std::time::Duration;

/// Longest time that is taken.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// A length of time, more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time such as 250ms, 5s, 2m or 1h");
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
        let millis = match &text[digits..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let span = Duration::from_millis(number.saturating_mul(millis));
        if span.is_zero() || span > LONGEST {
            return Err(format!("`{text}` must be more than nothing and at most a year"));
        }
        Ok(Self(span))
    }
}

/// A time for people: as exact as its length deserves.
pub(super) fn shown(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match seconds {
        ..0.001 => format!("{:.0} µs", seconds * 1e6),
        ..1.0 => format!("{:.1} ms", seconds * 1e3),
        ..120.0 => format!("{seconds:.1} s"),
        ..7_200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
        for (text, millis) in [("250ms", 250), ("5s", 5_000), ("2m", 120_000), ("1h", 3_600_000)] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(millis))));
        }
        for wrong in [
            "",
            "5",
            "s",
            "0s",
            "-1s",
            "1d",
            "5 s",
            "99999999999999999999s",
            "9000h",
        ] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_shown_as_exactly_as_they_deserve() {
        let millis = Duration::from_millis;
        assert_eq!(shown(Duration::from_micros(250)), "250 µs");
        assert_eq!(shown(millis(12)), "12.0 ms");
        assert_eq!(shown(millis(1_500)), "1.5 s");
        assert_eq!(shown(millis(180_000)), "3.0 min");
        assert_eq!(shown(millis(10_800_000)), "3.0 h");
    }
}
