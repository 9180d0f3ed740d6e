//! The table for people and the file for programs.

use crate::load::Losses;
use crate::measure::Outcome;
use anyhow::Context;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;

/// Everything measured in one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    figures: Map<String, Value>,
    losses: Losses,
    /// Bytes of a delivery in `fanout`, for the ceiling.
    pub(crate) event_bytes: Option<f64>,
    raw_per_s: Option<f64>,
}

#[derive(Debug)]
struct Row {
    name: String,
    outcome: Outcome,
}

/// Tells how far it is, on stderr.
pub(crate) fn note(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr().lock(), "{text}")?)
}

/// Three digits are more than a shared machine gives.
fn rounded(value: f64) -> Value {
    if value >= 100.0 {
        json!(value.round())
    } else {
        json!((value * 1000.0).round() / 1000.0)
    }
}

impl Report {
    /// Adds a figure under the name others rely on.
    pub(crate) fn figure(&mut self, key: &str, value: f64) {
        self.figures.insert(key.to_owned(), rounded(value));
    }

    /// Adds the outcome of a scenario with deliveries; `key` begins the names of its figures.
    pub(crate) fn outcome(&mut self, key: &str, name: String, outcome: Outcome) {
        let median = outcome.median;
        for (figure, value) in [
            ("deliveries_per_s", median.deliveries_per_s),
            ("messages_per_s", median.messages_per_s),
            ("p50_ms", median.p50_ms),
            ("p99_ms", median.p99_ms),
            ("max_ms", median.max_ms),
            ("cpu_us_per_delivery", median.cpu_us),
            ("bytes_per_delivery", median.event_bytes),
            ("deliveries_per_frame", median.per_frame),
        ] {
            self.figure(&format!("{key}_{figure}"), value);
        }
        let losses = outcome.losses;
        self.losses.lost += losses.lost;
        self.losses.duplicated += losses.duplicated;
        self.losses.reordered += losses.reordered;
        self.losses.wrong_prev += losses.wrong_prev;
        self.losses.refused += losses.refused;
        self.rows.push(Row { name, outcome });
    }

    /// The ceiling: one write per delivery, and eight frames per write.
    pub(crate) fn raw(&mut self, single: f64, of_eight: f64) {
        self.raw_per_s = Some(single);
        self.figure("raw_write_deliveries_per_s", single);
        self.figure("raw_write_of_8_deliveries_per_s", of_eight);
    }

    /// Writes the table to stdout.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if !self.rows.is_empty() {
            writeln!(
                out,
                "{:<34} {:>13} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9}",
                "scenario (median of runs)",
                "deliveries/s",
                "messages/s",
                "p50 ms",
                "p99 ms",
                "max ms",
                "CPU µs",
                "of raw"
            )?;
        }
        for Row { name, outcome } in &self.rows {
            let m = outcome.median;
            let ratio = self.raw_per_s.map_or_else(
                || "-".to_owned(),
                |raw| format!("{:.2}", m.deliveries_per_s / raw),
            );
            writeln!(
                out,
                "{name:<34} {:>13.0} {:>11.0} {:>9.2} {:>9.2} {:>9.2} {:>9.3} {ratio:>9}",
                m.deliveries_per_s, m.messages_per_s, m.p50_ms, m.p99_ms, m.max_ms, m.cpu_us
            )?;
            let (low, high) = outcome.spread;
            let demand = outcome.demand;
            let pace = demand.rate.map_or_else(
                || format!("{} in flight each", demand.window),
                |rate| format!("{rate} messages/s each"),
            );
            writeln!(
                out,
                "  {} senders, {pace}; runs from {low:.0} to {high:.0} deliveries/s",
                demand.senders
            )?;
        }
        for (key, label) in [
            (
                "raw_write_deliveries_per_s",
                "raw ceiling, a write per delivery, deliveries/s",
            ),
            (
                "raw_write_of_8_deliveries_per_s",
                "raw ceiling, eight frames per write, deliveries/s",
            ),
            (
                "hybrid_push_cpu_us_per_message",
                "hybrid: server CPU for each message pushed, µs",
            ),
            (
                "hybrid_pull_cpu_us_per_message",
                "hybrid: server CPU for each message pulled, µs",
            ),
            ("hybrid_push_over_pull_cpu", "hybrid: the first over the second"),
            ("idle_bytes_per_connection", "resident bytes per idle connection"),
            ("idle_connections", "idle connections"),
        ] {
            if let Some(value) = self.figures.get(key) {
                writeln!(out, "{label:<52} {value:>12}")?;
            }
        }
        let Losses {
            lost,
            duplicated,
            reordered,
            wrong_prev,
            refused,
        } = self.losses;
        writeln!(
            out,
            "lost {lost}, duplicated {duplicated}, reordered {reordered}, wrong prev {wrong_prev}, refused {refused}"
        )?;
        Ok(())
    }

    /// Writes the figures to a file.
    pub(crate) fn write(mut self, path: &Path) -> anyhow::Result<()> {
        for (key, count) in [
            ("lost", self.losses.lost),
            ("duplicated", self.losses.duplicated),
            ("reordered", self.losses.reordered),
            ("wrong_prev", self.losses.wrong_prev),
            ("refused", self.losses.refused),
        ] {
            self.figures.insert(key.to_owned(), json!(count));
        }
        let text = serde_json::to_string_pretty(&Value::Object(self.figures))?;
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
        note(&format!("figures written to {}", path.display()))
    }
}
