//! Prometheus metrics: the recorder, what the figures mean, and the process's own figures.

mod process;

use klatch_types::{Clock, Millis};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::Arc;

/// Bounds of latency histograms, seconds: from a commit on a fast disk to a request that gives up.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];
/// Bounds of batch histograms: how many share a commit, a write, a frame.
const BATCH: [f64; 12] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0,
];

/// What kind of figure a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What the server's own figures mean.
const DESCRIPTIONS: &[(Kind, &str, Unit, &str)] = &[
    (
        Kind::Counter,
        "http_requests_total",
        Unit::Count,
        "HTTP requests answered, by method, route and status",
    ),
    (
        Kind::Histogram,
        "http_request_seconds",
        Unit::Seconds,
        "Time from the head of a request to its answer",
    ),
    (
        Kind::Counter,
        "klatch_events_committed_total",
        Unit::Count,
        "Events committed to the logs of channels",
    ),
    (
        Kind::Histogram,
        "klatch_event_seconds",
        Unit::Seconds,
        "Time from a command to the delivery of its event on this node: the slowest of those committed together",
    ),
    (
        Kind::Counter,
        "klatch_frames_fanned_out_total",
        Unit::Count,
        "Frames put into the outboxes of connections",
    ),
    (
        Kind::Gauge,
        "klatch_channels_pulled",
        Unit::Count,
        "Large and active channels whose events are pulled instead of pushed just now",
    ),
    (
        Kind::Counter,
        "klatch_hints_total",
        Unit::Count,
        "Hints of how far a pulled channel is, put into the outboxes of connections",
    ),
    (
        Kind::Counter,
        "klatch_ranges_read_total",
        Unit::Count,
        "Ranges of events read and encoded for those who pull them",
    ),
    (
        Kind::Gauge,
        "klatch_connections",
        Unit::Count,
        "WebSocket connections open now",
    ),
    (
        Kind::Gauge,
        "klatch_nodes",
        Unit::Count,
        "Nodes that this one knows, itself and servers registered from outside included",
    ),
    (
        Kind::Counter,
        "klatch_clients_moved_total",
        Unit::Count,
        "Clients sent to other nodes because this one was too full",
    ),
    (
        Kind::Counter,
        "klatch_connections_closed_total",
        Unit::Count,
        "WebSocket connections that the server closed, by close code",
    ),
    (
        Kind::Counter,
        "klatch_commands_refused_total",
        Unit::Count,
        "Commands over WebSocket answered with an error, by its code",
    ),
    (
        Kind::Counter,
        "klatch_bus_sent_messages_total",
        Unit::Count,
        "Messages that this node gave to the bus between nodes",
    ),
    (
        Kind::Counter,
        "klatch_bus_sent_bytes_total",
        Unit::Bytes,
        "Bytes that this node gave to the bus between nodes",
    ),
    (
        Kind::Counter,
        "klatch_bus_received_messages_total",
        Unit::Count,
        "Messages that came from the bus between nodes",
    ),
    (
        Kind::Counter,
        "klatch_bus_received_bytes_total",
        Unit::Bytes,
        "Bytes that came from the bus between nodes",
    ),
    (
        Kind::Counter,
        "klatch_bus_dropped_total",
        Unit::Count,
        "Payloads for other nodes dropped because too many waited; others read them in the log",
    ),
    (
        Kind::Gauge,
        "klatch_bus_up",
        Unit::Count,
        "1 while this node is connected to the bus, else 0",
    ),
    (
        Kind::Counter,
        "klatch_log_retries_total",
        Unit::Count,
        "Commits done again after PostgreSQL refused them, by why",
    ),
    (
        Kind::Counter,
        "klatch_log_in_doubt_total",
        Unit::Count,
        "Commits whose answer was lost, and which were looked up by their keys",
    ),
    (
        Kind::Gauge,
        "klatch_tails",
        Unit::Count,
        "Channels that this node follows for its listeners",
    ),
    (
        Kind::Counter,
        "klatch_tail_holes_total",
        Unit::Count,
        "Holes in what came from other nodes",
    ),
    (
        Kind::Counter,
        "klatch_tail_filled_events_total",
        Unit::Count,
        "Events read from the log because they did not come from other nodes",
    ),
    (
        Kind::Counter,
        "klatch_tail_heads_compared_total",
        Unit::Count,
        "Heads of channels compared with the log",
    ),
    (
        Kind::Counter,
        "klatch_receipts_dropped_total",
        Unit::Count,
        "Moved cursors that others were not told of because too many channels had some",
    ),
    (
        Kind::Gauge,
        "klatch_presence_online",
        Unit::Count,
        "Users of all nodes who are online, as this node knows",
    ),
    (
        Kind::Gauge,
        "klatch_presence_away",
        Unit::Count,
        "Users of all nodes who are away, as this node knows",
    ),
    (
        Kind::Counter,
        "klatch_presence_changes_total",
        Unit::Count,
        "Users whose status changed, coalesced",
    ),
    (
        Kind::Counter,
        "klatch_presence_frames_total",
        Unit::Count,
        "Frames of presence handed to connections",
    ),
    (
        Kind::Counter,
        "klatch_presence_bytes_total",
        Unit::Bytes,
        "Bytes of these frames",
    ),
    (
        Kind::Counter,
        "klatch_work_done_total",
        Unit::Count,
        "Pieces of late work done, by kind",
    ),
    (
        Kind::Counter,
        "klatch_work_failed_total",
        Unit::Count,
        "Attempts at late work that failed and are made again or given up, by kind",
    ),
    (
        Kind::Gauge,
        "klatch_work_waiting",
        Unit::Count,
        "Pieces of late work not done, in the whole cluster: every node says the same",
    ),
    (
        Kind::Gauge,
        "klatch_work_given_up",
        Unit::Count,
        "Pieces of late work that failed too often and stay in the table, in the whole cluster",
    ),
    (
        Kind::Gauge,
        "klatch_work_overdue_seconds",
        Unit::Seconds,
        "For how long the piece of late work that is due longest has been",
    ),
    (
        Kind::Counter,
        "klatch_password_hashes_shed_total",
        Unit::Count,
        "Logins refused because too many were hashing",
    ),
    (
        Kind::Counter,
        "klatch_refresh_reused_total",
        Unit::Count,
        "Refresh tokens used twice; each signed a device out",
    ),
    (
        Kind::Gauge,
        "klatch_build_info",
        Unit::Count,
        "Always 1; the label says which version runs",
    ),
    (
        Kind::Gauge,
        "klatch_log_lines_dropped",
        Unit::Count,
        "Log lines dropped because a disk or terminal was slow",
    ),
    (
        Kind::Gauge,
        "process_resident_memory_bytes",
        Unit::Bytes,
        "Resident memory",
    ),
    (
        Kind::Gauge,
        "process_open_fds",
        Unit::Count,
        "Open files and sockets",
    ),
    (
        Kind::Gauge,
        "process_max_fds",
        Unit::Count,
        "Most files and sockets that may be open",
    ),
    (Kind::Gauge, "process_threads", Unit::Count, "Threads"),
    (
        Kind::Gauge,
        "process_cpu_seconds_total",
        Unit::Seconds,
        "Processor time used",
    ),
    (
        Kind::Gauge,
        "process_uptime_seconds",
        Unit::Seconds,
        "Time since the start",
    ),
];

/// The process's figures, ready to be scraped.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    clock: Arc<dyn Clock>,
    started: Millis,
    dropped_lines: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Makes the recorder the process's own.
///
/// # Errors
/// If there is one already.
pub fn install(
    clock: Arc<dyn Clock>,
    dropped_lines: impl Fn() -> u64 + Send + Sync + 'static,
) -> Result<Metrics, BuildError> {
    let handle = builder()?.install_recorder()?;
    describe();
    let started = clock.now();
    Ok(Metrics {
        handle,
        clock,
        started,
        dropped_lines: Arc::new(dropped_lines),
    })
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch".to_owned()), &BATCH)
}

fn describe() {
    for (kind, name, unit, text) in DESCRIPTIONS {
        match kind {
            Kind::Counter => describe_counter!(*name, *unit, *text),
            Kind::Gauge => describe_gauge!(*name, *unit, *text),
            Kind::Histogram => describe_histogram!(*name, *unit, *text),
        }
    }
}

impl Metrics {
    /// Everything in Prometheus' text format, with the process's own figures as of now.
    pub fn render(&self) -> String {
        metrics::gauge!("klatch_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        #[allow(clippy::cast_precision_loss)] // beyond 2^53 dropped lines nobody counts
        metrics::gauge!("klatch_log_lines_dropped").set((self.dropped_lines)() as f64);
        metrics::gauge!("process_uptime_seconds").set(self.clock.now().since(self.started).as_secs_f64());
        process::record();
        self.handle.render()
    }

    /// Folds samples that wait; called every few seconds so that they stay few even if nobody scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names given to `counter!`, `gauge!` and `histogram!` in the code of all rooms.
    fn names_in_use(folder: &std::path::Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                names_in_use(&path, names);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for call in ["counter!(", "gauge!(", "histogram!("] {
                    let quoted = text
                        .split(call)
                        .skip(1)
                        .filter_map(|rest| rest.trim_start().strip_prefix('"'));
                    let inside = quoted.filter_map(|rest| rest.split('"').next());
                    let is_name = |text: &&str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                    names.extend(inside.filter(is_name).map(str::to_owned));
                }
            }
        }
    }

    #[test]
    fn every_metric_in_use_is_described() {
        let rooms = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut names = Vec::new();
        for room in std::fs::read_dir(rooms).unwrap() {
            names_in_use(&room.unwrap().path().join("src"), &mut names);
        }
        assert!(names.len() > 10, "the search works: {names:?}");
        for name in names {
            let described = DESCRIPTIONS.iter().any(|(_, described, ..)| *described == name);
            assert!(
                described,
                "say what {name} means in DESCRIPTIONS of crates/server/src/metrics/mod.rs"
            );
        }
    }

    #[test]
    fn a_scrape_has_the_process_and_the_version() {
        let recorder = builder().unwrap().build_recorder();
        let clock = Arc::new(klatch_types::ManualClock::new(Millis(5_000)));
        let metrics = Metrics {
            handle: recorder.handle(),
            clock,
            started: Millis(2_000),
            dropped_lines: Arc::new(|| 7),
        };
        let text = metrics::with_local_recorder(&recorder, || {
            describe();
            metrics::histogram!("http_request_seconds").record(0.0015);
            metrics.render()
        });
        for line in [
            "klatch_log_lines_dropped 7",
            "process_uptime_seconds 3",
            "http_request_seconds_bucket{le=\"0.002\"} 1",
            "http_request_seconds_bucket{le=\"0.001\"} 0",
            "# HELP process_resident_memory_bytes Resident memory",
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
        assert!(
            text.contains(&format!(
                "klatch_build_info{{version=\"{}\"}} 1",
                env!("CARGO_PKG_VERSION")
            )),
            "{text}"
        );
        let figure = |name: &str| -> f64 {
            let line = text
                .lines()
                .find(|l| l.starts_with(&format!("{name} ")))
                .expect(name);
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        assert!(figure("process_resident_memory_bytes") > 100_000.0);
        assert!(figure("process_open_fds") >= 3.0);
        assert!(figure("process_threads") >= 1.0);
        assert!(figure("process_cpu_seconds_total") > 0.0);
    }
}
