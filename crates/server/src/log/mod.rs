//! What operators are told: lines on stderr, and the three files of S0.9.
//!
//! One layer takes every event apart once, takes secrets out, and writes it in each form. Writers sit behind
//! bounded queues that drop and count rather than make anybody wait.

mod files;
mod line;
mod record;
mod redact;
mod timestamp;

use crate::config;
use files::Sink;
use klatch_types::Clock;
use record::Record;
use std::io::{self, Write};
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Target of the events that become lines of `requests.log`. Fields: `client`, `user`, `method`, `path`, `status`,
/// `bytes`, `referer`, `agent` and perhaps `version`.
pub const REQUESTS: &str = "requests";

/// Keeps the log alive; dropped last, it writes what still waits.
pub struct Logs {
    dropped: Vec<ErrorCounter>,
    _guards: Vec<WorkerGuard>,
}

impl Logs {
    /// How many lines were dropped because a disk or a terminal was too slow, as a function that outlives this.
    pub fn dropped(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let counters = self.dropped.clone();
        move || counters.iter().map(|c| c.dropped_lines() as u64).sum()
    }
}

/// Makes the log the process's own. Panics are told too, from then on.
///
/// # Errors
/// If the folder cannot be written, or the process has a log already.
pub fn install(config: &config::Log, clock: Arc<dyn Clock>) -> io::Result<Logs> {
    let (subscriber, logs) = subscriber(config, clock, io::stderr())?;
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or(payload.downcast_ref::<String>().map(String::as_str));
        let message = text.unwrap_or("no message");
        tracing::error!(place, "panic: {message}");
        if cfg!(debug_assertions) {
            before(panic); // with the backtrace, for developers
        }
    }));
    Ok(logs)
}

/// The log as a subscriber that writes its lines for people to `terminal`.
///
/// # Errors
/// If the folder cannot be written.
pub fn subscriber<W: Write + Send + 'static>(
    config: &config::Log,
    clock: Arc<dyn Clock>,
    terminal: W,
) -> io::Result<(impl Subscriber + Send + Sync + 'static, Logs)> {
    let mut logs = Logs {
        dropped: Vec::new(),
        _guards: Vec::new(),
    };
    let mut keep = |sink: Sink| {
        logs.dropped.push(sink.dropped);
        logs._guards.push(sink.guard);
        sink.writer
    };
    let terminal = keep(Sink::before("log-stderr", terminal));
    let files = if config.dir.as_os_str().is_empty() {
        None
    } else {
        let mut file =
            |name| Sink::file(&config.dir, name, config.rotation, config.keep_files).map(&mut keep);
        Some(Files {
            requests: file("requests")?,
            combined: file("combined")?,
            error: file("error")?,
        })
    };
    let lines = Lines {
        clock,
        format: config.format,
        terminal,
        files,
    };
    let level = level_filter(config.level);
    let wanted = Targets::new()
        .with_targets(record::NAMED.map(|service| (service, level)))
        .with_target("klatch", level)
        .with_target(REQUESTS, LevelFilter::INFO)
        .with_default(level.min(LevelFilter::WARN));
    Ok((
        tracing_subscriber::registry().with(lines.with_filter(wanted)),
        logs,
    ))
}

fn level_filter(level: config::Level) -> LevelFilter {
    match level {
        config::Level::Error => LevelFilter::ERROR,
        config::Level::Warn => LevelFilter::WARN,
        config::Level::Info => LevelFilter::INFO,
        config::Level::Debug => LevelFilter::DEBUG,
        config::Level::Trace => LevelFilter::TRACE,
    }
}

struct Files {
    requests: NonBlocking,
    combined: NonBlocking,
    error: NonBlocking,
}

struct Lines {
    clock: Arc<dyn Clock>,
    format: config::Format,
    terminal: NonBlocking,
    files: Option<Files>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let is_request = event.metadata().target() == REQUESTS;
        if is_request && self.files.is_none() {
            return;
        }
        let record = Record::of(event, self.clock.now());
        if let Some(files) = &self.files {
            if is_request {
                return put(&files.requests, &line::combined(&record));
            }
            if record.level <= Level::INFO {
                put(&files.combined, &line::winston(&record));
            }
            if record.level == Level::ERROR {
                put(&files.error, &line::winston(&record));
            }
        }
        let line = match self.format {
            config::Format::Human => line::human(&record),
            config::Format::Json => line::structured(&record),
        };
        put(&self.terminal, &line);
    }
}

/// Queues a line. A full queue drops it, and the queue counts that; there is nobody else to tell.
fn put(writer: &NonBlocking, line: &str) {
    writer.clone().write_all(line.as_bytes()).ok();
}
