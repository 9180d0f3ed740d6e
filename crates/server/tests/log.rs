//! The files of S0.9, through the subscriber that the server installs.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

use klatch_server::config::{Format, Level, Log, Rotation};
use klatch_server::log::{REQUESTS, subscriber};
use klatch_types::{ManualClock, Millis};
use parking_lot::Mutex;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Keeps what is written to the terminal.
#[derive(Clone, Default)]
struct Terminal(Arc<Mutex<Vec<u8>>>);

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Written {
    requests: String,
    combined: String,
    error: String,
    terminal: String,
}

/// Runs `speak` with a log at this level and gives back all that was written.
fn written(level: Level, format: Format, speak: impl FnOnce()) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::default();
    let config = Log {
        dir: folder.path().to_owned(),
        level,
        format,
        rotation: Rotation::Daily,
        keep_files: 2,
    };
    let clock = Arc::new(ManualClock::new(Millis(1_655_122_543_333)));
    let (subscriber, logs) = subscriber(&config, clock, terminal.clone()).unwrap();
    tracing::subscriber::with_default(subscriber, speak);
    drop(logs); // flushes
    let read = |name: &str| std::fs::read_to_string(Path::new(folder.path()).join(name)).unwrap();
    let terminal = String::from_utf8(terminal.0.lock().clone()).unwrap();
    Written {
        requests: read("requests.log"),
        combined: read("combined.log"),
        error: read("error.log"),
        terminal,
    }
}

#[test]
fn every_file_gets_its_share() {
    let out = written(Level::Debug, Format::Human, || {
        tracing::info!(target: "klatch_server", "app started listening on port {}", 3000);
        tracing::info!(target: "database", "connected to database");
        tracing::warn!(target: "klatch_transport::http", peer = "203.0.113.9", "slow reader");
        tracing::error!(target: "klatch_engine::sqlite", "failed to populate database");
        tracing::debug!(target: "klatch_server", "detail");
        tracing::info!(target: REQUESTS, client = "203.0.113.9", user = "ana", method = "GET", path = "/v1/me",
            status = 200, bytes = 17, "");
    });
    assert_eq!(
        out.combined,
        "info: app started listening on port 3000 {\"service\":\"app\",\"timestamp\":\"2022-06-13T12:15:43.333Z\"}\n\
         info: connected to database {\"service\":\"database\",\"timestamp\":\"2022-06-13T12:15:43.333Z\"}\n\
         warning: slow reader {\"service\":\"transport\",\"timestamp\":\"2022-06-13T12:15:43.333Z\",\"peer\":\"203.0.113.9\"}\n\
         error: failed to populate database {\"service\":\"database\",\"timestamp\":\"2022-06-13T12:15:43.333Z\"}\n"
    );
    assert_eq!(
        out.error,
        "error: failed to populate database {\"service\":\"database\",\"timestamp\":\"2022-06-13T12:15:43.333Z\"}\n"
    );
    assert_eq!(
        out.requests,
        "203.0.113.9 - ana [13/Jun/2022:12:15:43 +0000] \"GET /v1/me HTTP/1.1\" 200 17 \"-\" \"-\"\n"
    );
    insta::assert_snapshot!(out.terminal, @r##"
12:15:43.333 info    app: app started listening on port 3000
12:15:43.333 info    database: connected to database
12:15:43.333 warning transport: slow reader peer=203.0.113.9
12:15:43.333 error   database: failed to populate database
12:15:43.333 debug   app: detail
"##);
}

#[test]
fn a_service_named_by_the_event_wins() {
    let out = written(Level::Info, Format::Json, || {
        tracing::info!(target: "klatch_server", service = "database", "connected to database");
    });
    assert_eq!(
        out.combined,
        "info: connected to database {\"service\":\"database\",\"timestamp\":\"2022-06-13T12:15:43.333Z\"}\n"
    );
    insta::assert_snapshot!(out.terminal, @r##"{"timestamp":"2022-06-13T12:15:43.333Z","level":"info","service":"database","message":"connected to database"}"##);
}

#[test]
fn others_libraries_speak_only_when_it_is_serious() {
    let out = written(Level::Debug, Format::Human, || {
        tracing::info!(target: "hyper::proto", "chatter");
        tracing::warn!(target: "hyper::proto", "trouble");
    });
    assert!(!out.terminal.contains("chatter"), "{}", out.terminal);
    assert!(out.combined.contains("trouble"), "{}", out.combined);
}

/// S0.8: never a password or token in a log.
#[test]
fn no_secret_reaches_any_log() {
    const CANARY: &str = "canary-3f9a";
    let jwt = format!("eyJhbGciOiJFZERTQSJ9.eyJ1IjoxfQ.{CANARY}");
    for format in [Format::Human, Format::Json] {
        let out = written(Level::Trace, format, || {
            tracing::error!(target: "klatch_session", password = CANARY, refresh_token = CANARY, "login failed");
            tracing::error!(target: "klatch_session", authorization = ?format!("Bearer {CANARY}"), "refused");
            tracing::error!(target: "klatch_session", "header was Bearer {CANARY}");
            tracing::error!(target: "klatch_session", detail = %format!("token={CANARY}&x=1"), "refused");
            tracing::error!(target: "klatch_session", body = %format!("{{\"password\":\"{CANARY}\"}}"), "bad body");
            tracing::error!(target: "klatch_session", "cannot verify {jwt}");
            tracing::info!(target: REQUESTS, client = "::1", method = "GET", path = %format!("/v1/ws?token={CANARY}"),
                referer = %format!("https://a.example/?code={CANARY}"), status = 400, "");
        });
        for (name, text) in [
            ("requests", out.requests),
            ("combined", out.combined),
            ("error", out.error),
            ("stderr", out.terminal),
        ] {
            assert!(!text.is_empty(), "{name}: something was written");
            assert!(!text.contains(CANARY), "{name}: {text}");
        }
    }
}

#[test]
fn a_name_with_a_line_break_forges_nothing() {
    let out = written(Level::Info, Format::Human, || {
        tracing::error!(target: "klatch_session", name = "x\nerror: forged", "hello\nerror: forged");
        tracing::info!(target: REQUESTS, client = "::1", user = "x\n::1 - root", method = "GET", path = "/", status = 200, "");
    });
    for text in [out.requests, out.combined, out.error, out.terminal] {
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
