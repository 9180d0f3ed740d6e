//! One event as it will be written: level, service, message and fields, with secrets taken out.

use super::redact::{REDACTED, is_secret_name, without_tokens};
use klatch_types::Millis;
use serde_json::Value;
use std::fmt;
use tracing::field::{Field, Visit};

/// One event, ready to be written in any form.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// When.
    pub at: Millis,
    /// How bad.
    pub level: tracing::Level,
    /// Which part of the server speaks.
    pub service: String,
    /// The sentence.
    pub message: String,
    /// The rest, in the order given.
    pub fields: Vec<(String, Value)>,
}

impl Record {
    /// Takes an event apart.
    pub(super) fn of(event: &tracing::Event<'_>, at: Millis) -> Self {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields {
            message,
            service,
            fields,
        } = fields;
        let metadata = event.metadata();
        Self {
            at,
            level: *metadata.level(),
            service: service.unwrap_or_else(|| service_of(metadata.target()).to_owned()),
            message,
            fields,
        }
    }

    /// The text of a field; empty if it is not there.
    pub(super) fn text(&self, name: &str) -> String {
        match self.fields.iter().find(|(n, _)| n == name) {
            Some((_, Value::String(text))) => text.clone(),
            Some((_, Value::Null)) | None => String::new(),
            Some((_, other)) => other.to_string(),
        }
    }
}

/// The word of S0.9 for a level.
pub(super) fn level_word(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::ERROR => "error",
        tracing::Level::WARN => "warning",
        tracing::Level::INFO => "info",
        tracing::Level::DEBUG => "debug",
        tracing::Level::TRACE => "trace",
    }
}

/// Services that events may name outright, as their target.
pub(super) const NAMED: [&str; 8] = [
    "app",
    "auth",
    "channel",
    "database",
    "fanout",
    "session",
    "transport",
    "worker",
];

/// The service of S0.9 that a part of the code belongs to; `app` unless it has one of its own.
pub(super) fn service_of(target: &str) -> &'static str {
    const SERVICES: [(&str, &str); 8] = [
        ("klatch_engine", "database"),
        ("klatch_log", "database"),
        ("klatch_store", "database"),
        ("klatch_session::auth", "auth"),
        ("klatch_session", "session"),
        ("klatch_transport", "transport"),
        ("klatch_fanout", "fanout"),
        ("klatch_channel", "channel"),
    ];
    if let Some(named) = NAMED.iter().find(|name| **name == target) {
        return named;
    }
    let within = |prefix: &str| {
        target
            .strip_prefix(prefix)
            .is_some_and(|r| r.is_empty() || r.starts_with("::"))
    };
    SERVICES
        .iter()
        .find(|(prefix, _)| within(prefix))
        .map_or("app", |(_, service)| service)
}

#[derive(Default)]
struct Fields {
    message: String,
    service: Option<String>,
    fields: Vec<(String, Value)>,
}

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        let value = if is_secret_name(name) {
            REDACTED.into()
        } else {
            value
        };
        self.fields.push((name.to_owned(), value));
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let text = without_tokens(value).into_owned();
        match field.name() {
            "message" => self.message = text,
            "service" => self.service = Some(text),
            name => self.put(name, text.into()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_the_words_of_the_reference_design() {
        use tracing::Level;
        let words = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE].map(level_word);
        assert_eq!(words, ["error", "warning", "info", "debug", "trace"]);
    }

    #[test]
    fn services_follow_the_room_that_speaks() {
        assert_eq!(service_of("klatch_engine::sqlite::writer"), "database");
        assert_eq!(service_of("klatch_session::auth::login"), "auth");
        assert_eq!(service_of("klatch_session::sessions"), "session");
        assert_eq!(service_of("klatch_server::serve"), "app");
        assert_eq!(service_of("database"), "database");
        assert_eq!(service_of("klatch_logistics"), "app");
        assert_eq!(service_of("hyper::proto"), "app");
    }
}
