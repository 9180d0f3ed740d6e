//! The access log tells of every request and holds no secret.

use crate::stack::Server;
use axum::body::Body;
use http::{Request, header};
use klatch_transport::http::ACCESS_LOG_TARGET;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

type Line = BTreeMap<String, String>;

#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Line>>>);

struct Fields(Line);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: tracing::Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        if event.metadata().target() == ACCESS_LOG_TARGET {
            let mut fields = Fields(Line::new());
            event.record(&mut fields);
            self.0.lock().push(fields.0);
        }
    }
}

/// Records what all servers of this process log. It is there before the first of them: tracing remembers for good
/// that nobody listens to an event.
pub(crate) fn recorder() -> &'static Recorder {
    static RECORDER: OnceLock<Recorder> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = Recorder::default();
        let subscriber = tracing_subscriber::registry().with(recorder.clone());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        recorder
    })
}

/// Tells this test's requests from those of others.
const AGENT: &str = "access-log-test/1";

#[tokio::test]
async fn each_request_is_one_line_without_query_or_invitation() {
    let server = Server::start().await;
    let (token, id) = server.user("ana").await;
    let mut answers = Vec::new();
    for path in [
        "/v1/users?query=secretive",
        "/v1/invites/secretive",
        "/join/secretive",
    ] {
        let mut request = Request::get(path)
            .header(header::REFERER, "https://a.example/x?y=secretive")
            .header(header::USER_AGENT, AGENT);
        if path.starts_with("/v1") {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        answers.push(server.send(request.body(Body::empty()).unwrap()).await);
    }
    let mut lines = recorder().0.lock().clone();
    lines.retain(|line| line["agent"] == AGENT);
    assert_eq!(lines.len(), 3);
    let (first, found) = (&lines[0], &answers[0]);
    for (field, value) in [
        ("client", "192.0.2.1"),
        ("user", id.as_str()),
        ("method", "GET"),
        ("path", "/v1/users"),
        ("version", "HTTP/1.1"),
        ("status", "200"),
        ("bytes", &found.body.len().to_string()),
        ("referer", "https://a.example/x"),
        ("request_id", found.header("x-request-id").unwrap()),
    ] {
        assert_eq!(first[field], value, "{field}");
    }
    assert!(first.contains_key("duration_us"));
    assert_eq!(
        (lines[1]["path"].as_str(), lines[1]["user"].as_str()),
        ("/v1/invites/{code}", id.as_str())
    );
    assert_eq!(
        (lines[2]["path"].as_str(), lines[2]["user"].as_str()),
        ("/join/{code}", "-")
    );
    let all = format!("{lines:?}");
    assert!(!all.contains("secretive") && !all.contains(&token), "{all}");
}
