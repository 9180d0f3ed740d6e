//! Times as the two kinds of log spell them, always UTC.

use klatch_types::Millis;
use time::OffsetDateTime;

fn date(at: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2022-06-13T12:15:43.333Z` (RFC 3339).
pub(super) fn iso(at: Millis) -> String {
    let d = date(at);
    let (year, month, day) = (d.year(), u8::from(d.month()), d.day());
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        d.hour(),
        d.minute(),
        d.second(),
        d.millisecond()
    )
}

/// `13/Jun/2022:12:15:43 +0000`, as Apache writes it.
pub(super) fn apache(at: Millis) -> String {
    let d = date(at);
    let month = &d.month().to_string()[..3]; // English names, ASCII
    format!(
        "{:02}/{month}/{:04}:{:02}:{:02}:{:02} +0000",
        d.day(),
        d.year(),
        d.hour(),
        d.minute(),
        d.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_one_moment() {
        assert_eq!(iso(Millis(1_655_122_543_333)), "2022-06-13T12:15:43.333Z");
        assert_eq!(apache(Millis(1_655_122_543_333)), "13/Jun/2022:12:15:43 +0000");
        assert_eq!(iso(Millis(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(Millis(-1)), "1969-12-31T23:59:59.999Z");
        assert_eq!(
            iso(Millis(i64::MAX)),
            "1970-01-01T00:00:00.000Z",
            "nonsense does not stop the log"
        );
    }
}
