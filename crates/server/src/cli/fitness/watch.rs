//! `--every`: the probe that goes on, tells of every change, and has metrics.

use super::bounds::{Bounds, Function, Verdict};
use super::echo::{self, Echo};
use super::span::shown;
use super::subject::Subject;
use super::uptime::Uptime;
use crate::cli::say;
use anyhow::{Context, bail};
use axum::Router;
use axum::routing::get;
use parking_lot::Mutex;
use serde_json::json;
use std::fmt::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

/// What to watch, and how.
pub(super) struct Watch {
    pub(super) subject: Arc<Subject>,
    pub(super) every: Duration,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) ends_after: Option<Duration>,
    pub(super) json: bool,
}

/// What is known so far.
#[derive(Clone, Debug, Default)]
struct Known {
    uptime: Uptime,
    latency: Option<Duration>,
    latency_worst: Duration,
}

impl Watch {
    /// Probes until it is told to end; the exit code says whether the server was up enough and fast enough.
    pub(super) async fn run(self, bounds: &Bounds) -> anyhow::Result<ExitCode> {
        let known = Arc::new(Mutex::new(Known::default()));
        if let Some(address) = self.metrics {
            self.serve_metrics(address, &known).await?;
        }
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen to signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen to signals")?;
        let ends = self.ends_after.map(|span| Instant::now() + span);
        let end = async {
            match ends {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.probe(&known) => {}
            () = end => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let mut known = known.lock().clone();
        known.uptime = known.uptime.until(Instant::now());
        self.tell("end", &known, &known.uptime.words());
        let percent = known.uptime.availability() * 100.0;
        let verdicts = [
            bounds.of(Function::Uptime).judge(percent),
            bounds
                .of(Function::SendLatency)
                .judge(known.latency_worst.as_secs_f64()),
        ];
        if known.uptime.probes().0 == 0 {
            bail!("it was never probed");
        }
        Ok(match verdicts.contains(&Verdict::Fail) {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        })
    }

    async fn probe(&self, known: &Mutex<Known>) {
        let mut kept: Option<Echo> = None;
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let probed = echo::probe(&self.subject, &mut kept).await;
            let (before, now) = {
                let mut known = known.lock();
                let before = (known.uptime.probes().0 > 0).then(|| known.uptime.is_up());
                known.uptime.observe(Instant::now(), probed.is_ok());
                known.latency = probed.as_ref().ok().copied();
                if let Ok(took) = probed {
                    known.latency_worst = known.latency_worst.max(took);
                }
                (before, known.clone())
            };
            match probed {
                Ok(took) if before != Some(true) => self.tell("up", &now, &shown(took)),
                Err(error) if before != Some(false) => self.tell("down", &now, &format!("{error:#}")),
                _ => {}
            }
        }
    }

    fn tell(&self, what: &str, known: &Known, why: &str) {
        let percent = known.uptime.availability() * 100.0;
        say(&if self.json {
            let line = json!({
                "event": what,
                "detail": why,
                "uptime_percent": percent,
                "failures": known.uptime.failures(),
                "mtbf_seconds": known.uptime.mtbf().map(|span| span.as_secs_f64()),
                "mtrs_seconds": known.uptime.mtrs().map(|span| span.as_secs_f64()),
            });
            format!("{line}\n")
        } else {
            format!("{what}: {why} (up {percent:.3} %)\n")
        });
    }

    async fn serve_metrics(&self, address: SocketAddr, known: &Arc<Mutex<Known>>) -> anyhow::Result<()> {
        if !address.ip().is_loopback() {
            bail!("--metrics {address}: metrics are served to this machine only, such as at 127.0.0.1:9109");
        }
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen at {address}"))?;
        let at = listener.local_addr()?;
        let known = Arc::clone(known);
        let page = move || {
            let mut known = known.lock().clone();
            known.uptime = known.uptime.until(Instant::now());
            let text = page(&known);
            async move { ([("content-type", "text/plain; version=0.0.4")], text) }
        };
        let router = Router::new().route("/metrics", get(page));
        tokio::spawn(async move { axum::serve(listener, router).await });
        say(&if self.json {
            format!(
                "{}\n",
                json!({ "event": "metrics", "detail": format!("http://{at}/metrics") })
            )
        } else {
            format!("metrics: http://{at}/metrics\n")
        });
        Ok(())
    }
}

/// The figures in the text format of Prometheus.
fn page(known: &Known) -> String {
    let Known {
        uptime,
        latency,
        latency_worst,
    } = known;
    let (probes, failed) = uptime.probes();
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs_f64());
    let figures = [
        (
            "up",
            "gauge",
            "Whether the last message to oneself arrived",
            Some(f64::from(uptime.is_up())),
        ),
        (
            "probes_total",
            "counter",
            "Messages to oneself",
            Some(probes as f64),
        ),
        (
            "probes_failed_total",
            "counter",
            "Those that did not arrive",
            Some(failed as f64),
        ),
        (
            "failures_total",
            "counter",
            "Times the server went down",
            Some(f64::from(uptime.failures())),
        ),
        (
            "availability_ratio",
            "gauge",
            "Part of the time that it was up",
            Some(uptime.availability()),
        ),
        (
            "mtbf_seconds",
            "gauge",
            "Mean time between failures",
            seconds(uptime.mtbf()),
        ),
        (
            "mtrs_seconds",
            "gauge",
            "Mean time to restore service",
            seconds(uptime.mtrs()),
        ),
        (
            "send_latency_seconds",
            "gauge",
            "How long the last message took",
            seconds(*latency),
        ),
        (
            "send_latency_worst_seconds",
            "gauge",
            "The longest that one took",
            Some(latency_worst.as_secs_f64()),
        ),
    ];
    let mut page = String::new();
    for (name, kind, help, figure) in figures {
        let Some(figure) = figure else { continue };
        let name = format!("klatch_fitness_{name}");
        // Writing to a text cannot fail.
        let _ = writeln!(
            page,
            "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {figure}"
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_are_not_known_are_left_out() {
        let mut known = Known::default();
        known.uptime.observe(Instant::now(), true);
        known.latency = Some(Duration::from_millis(2));
        let text = page(&known);
        assert!(text.contains("\nklatch_fitness_up 1\n"), "{text}");
        assert!(
            text.contains("\nklatch_fitness_send_latency_seconds 0.002\n"),
            "{text}"
        );
        assert!(!text.contains("mtbf"), "{text}");
    }
}
