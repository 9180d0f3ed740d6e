//! The forms of a line: S0.9's own, Apache Combined, and the two of stderr. No text can begin a second line.

use super::record::{Record, level_word};
use super::timestamp::{apache, iso};
use serde_json::Value;
use std::fmt::Write as _;

/// `info: app started listening on port 3000 {"service":"app","timestamp":"2022-06-13T12:15:43.333Z"}`
pub(super) fn winston(record: &Record) -> String {
    let stamp = iso(record.at);
    let object = object(
        &[("service", &record.service), ("timestamp", &stamp)],
        &record.fields,
    );
    format!(
        "{}: {} {object}\n",
        level_word(record.level),
        escaped(&record.message)
    )
}

/// One JSON object per line, for collectors.
pub(super) fn structured(record: &Record) -> String {
    let first = [
        ("timestamp", iso(record.at)),
        ("level", level_word(record.level).to_owned()),
        ("service", record.service.clone()),
        ("message", record.message.clone()),
    ];
    let first: Vec<(&str, &str)> = first.iter().map(|(name, text)| (*name, text.as_str())).collect();
    format!("{}\n", object(&first, &record.fields))
}

/// For people: `12:15:43.333 info  app: started listening port=3000`.
pub(super) fn human(record: &Record) -> String {
    let stamp = iso(record.at);
    let time = stamp.get(11..23).unwrap_or(&stamp);
    let mut out = format!(
        "{time} {:<7} {}: {}",
        level_word(record.level),
        escaped(&record.service),
        escaped(&record.message)
    );
    for (name, value) in &record.fields {
        let text = match value {
            Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => escaped(text),
            other => json(other),
        };
        write!(out, " {name}={text}").expect("a String takes everything");
    }
    out.push('\n');
    out
}

/// Apache's Combined Log Format. Queries are left out, also of the referer: they could hold secrets.
pub(super) fn combined(record: &Record) -> String {
    let field = |name: &str| match record.text(name) {
        text if text.is_empty() => "-".to_owned(),
        text => apache_escaped(&text),
    };
    let no_query = |text: String| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    let version = match record.text("version") {
        version if version.is_empty() => "HTTP/1.1".to_owned(),
        version => apache_escaped(&version),
    };
    // A field of this format ends at a space, so a space in a name must not be one.
    let word = |text: String| text.replace(' ', "\\x20");
    format!(
        "{} - {} [{}] \"{} {} {}\" {} {} \"{}\" \"{}\"\n",
        word(field("client")),
        word(field("user")),
        apache(record.at),
        field("method"),
        word(no_query(field("path"))),
        version,
        field("status"),
        field("bytes"),
        no_query(field("referer")),
        field("agent"),
    )
}

fn is_dangerous(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text with control characters spelled out, so that it stays on its line and does nothing to a terminal.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_dangerous(c) => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a String takes everything")
            }
            c => out.push(c),
        }
    }
    out
}

/// As Apache does it: quotes and backslashes by a backslash, everything unprintable as `\xHH`.
fn apache_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x20..0x7f => out.push(char::from(byte)),
            byte => write!(out, "\\x{byte:02x}").expect("a String takes everything"),
        }
    }
    out
}

/// A JSON object with its keys in the order given; serde_json's own maps would sort them.
fn object(first: &[(&str, &str)], fields: &[(String, Value)]) -> String {
    let first = first.iter().map(|(name, text)| (*name, Value::from(*text)));
    let rest = fields.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let pairs: Vec<String> = first
        .chain(rest)
        .map(|(name, value)| format!("{}:{}", json(&name.into()), json(&value)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// Compact JSON in which the control characters that JSON allows bare are escaped too.
fn json(value: &Value) -> String {
    escaped(&value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::Millis;

    const AT: Millis = Millis(1_655_122_543_333);

    fn record(message: &str, fields: &[(&str, Value)]) -> Record {
        Record {
            at: AT,
            level: tracing::Level::INFO,
            service: "app".into(),
            message: message.into(),
            fields: fields.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect(),
        }
    }

    #[test]
    fn the_line_of_the_reference_design_comes_out_exactly() {
        assert_eq!(
            winston(&record("app started listening on port 3000", &[])),
            "info: app started listening on port 3000 {\"service\":\"app\",\"timestamp\":\"2022-06-13T12:15:43.333Z\"}\n"
        );
    }

    #[test]
    fn other_fields_follow_service_and_timestamp() {
        let record = record("bound", &[("port", 3000.into()), ("name", "a \"b\"".into())]);
        insta::assert_snapshot!(winston(&record), @r##"info: bound {"service":"app","timestamp":"2022-06-13T12:15:43.333Z","port":3000,"name":"a \"b\""}"##);
        insta::assert_snapshot!(structured(&record), @r##"{"timestamp":"2022-06-13T12:15:43.333Z","level":"info","service":"app","message":"bound","port":3000,"name":"a \"b\""}"##);
        insta::assert_snapshot!(human(&record), @r##"12:15:43.333 info    app: bound port=3000 name="a \"b\"""##);
    }

    #[test]
    fn nobody_forges_a_line() {
        let evil = "x\r\nerror: fake {\"service\":\"app\"}\u{1b}[2J\u{85}\u{2028}\u{7f}";
        let record = record(evil, &[("name", evil.into())]);
        for line in [winston(&record), structured(&record), human(&record)] {
            let body = line.strip_suffix('\n').unwrap();
            assert!(!body.chars().any(is_dangerous), "{body:?}");
        }
        let line = winston(&record);
        let object = &line[line.rfind("{\"service\":\"app\",\"timestamp\"").unwrap()..];
        let object: Value = serde_json::from_str(object).unwrap();
        assert_eq!(object["name"], evil, "escaping loses nothing");
    }

    #[test]
    fn requests_are_apache_combined_without_queries() {
        let record = record(
            "",
            &[
                ("client", "203.0.113.9".into()),
                ("user", "ana".into()),
                ("method", "GET".into()),
                ("path", "/v1/channels?token=canary".into()),
                ("status", 200.into()),
                ("bytes", 512.into()),
                ("referer", "https://a.example/p?secret=canary".into()),
                ("agent", "curl/8 \"x\"\n\u{1b}".into()),
            ],
        );
        insta::assert_snapshot!(combined(&record), @r##"203.0.113.9 - ana [13/Jun/2022:12:15:43 +0000] "GET /v1/channels HTTP/1.1" 200 512 "https://a.example/p" "curl/8 \"x\"\x0a\x1b""##);
    }

    #[test]
    fn what_a_request_does_not_say_is_a_dash() {
        let record = record(
            "",
            &[
                ("client", "::1".into()),
                ("method", "GET".into()),
                ("path", "/a b".into()),
                ("status", 404.into()),
            ],
        );
        insta::assert_snapshot!(combined(&record), @r##"::1 - - [13/Jun/2022:12:15:43 +0000] "GET /a\x20b HTTP/1.1" 404 - "-" "-""##);
    }
}
