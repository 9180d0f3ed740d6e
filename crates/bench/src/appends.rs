//! The log alone, without clients: durable appends per second in SQLite, in PostgreSQL, and in PostgreSQL with a
//! synchronous standby, one after the other in one run. The work is done by the log's example `append_rate`.

use crate::cluster::stack;
use crate::options::Options;
use crate::report::note;
use crate::rows::{self, RowBytes};
use anyhow::{Context, ensure};
use klatch_testkit::engines::Postgres;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Channels over which the appends are spread.
const CHANNELS: usize = 100;
/// Appends that wait at once: as many as so many senders who each wait for their ack.
const WAITING: [usize; 2] = [1_024, 4_096];
/// Events per second that are to be reached.
const GOAL: f64 = 60_000.0;
const GOAL_WITH_STANDBY: f64 = 30_000.0;

/// What one engine did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Appends {
    pub(crate) engine: String,
    pub(crate) waiting: usize,
    pub(crate) events_per_s: f64,
    pub(crate) events_per_commit: f64,
    /// Events per second that are to be reached, by the best of the engine's lines.
    pub(crate) goal: Option<f64>,
    /// Bytes in tables and indexes for each event, and what the table of events alone has of that.
    pub(crate) bytes_per_event: Option<f64>,
    pub(crate) table_bytes_per_event: Option<f64>,
    /// Bytes of the write-ahead log for each event.
    pub(crate) wal_bytes_per_event: Option<f64>,
}

/// Everything that `appends` measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) appends: Vec<Appends>,
    pub(crate) rows: RowBytes,
}

/// Measures, prints the table and writes the file.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let example = example()?;
    let events = options.cluster.events;
    let mut stored = Stored::default();
    let rows = &mut stored.appends;
    for waiting in WAITING {
        rows.push(measure(&example, "SQLite", waiting, events, None)?);
        let postgres = stack::postgres()?;
        let mut row = measure(&example, "PostgreSQL", waiting, events, Some(&postgres))?;
        row.goal = Some(GOAL);
        rows.push(row);
        stored.rows = rows::measure(&postgres)?;
        drop(postgres);
        let primary = stack::postgres()?;
        let _standby = primary.standby()?;
        let mut row = measure(
            &example,
            "PostgreSQL with standby",
            waiting,
            events,
            Some(&primary),
        )?;
        row.goal = Some(GOAL_WITH_STANDBY);
        rows.push(row);
    }
    print(&stored)?;
    let path = options.output_named("bench-commits.json")?;
    std::fs::write(&path, serde_json::to_string_pretty(&stored)? + "\n")?;
    note(&format!("figures written to {}", path.display()))
}

/// The example's binary, beside this one.
fn example() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?
        .with_file_name("examples")
        .join("append_rate");
    ensure!(
        path.is_file(),
        "{} is missing: `cargo build --release -p klatch-log --example append_rate` makes it",
        path.display()
    );
    Ok(path)
}

fn measure(
    example: &Path,
    engine: &str,
    waiting: usize,
    events: usize,
    postgres: Option<&Postgres>,
) -> anyhow::Result<Appends> {
    let mut command = Command::new(example);
    command.args([events, CHANNELS, waiting].map(|number| number.to_string()));
    if let Some(postgres) = postgres {
        command.args(["--postgres", &postgres.url()]);
    }
    let wal = |of: &Postgres| -> anyhow::Result<f64> {
        Ok(of
            .sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")?
            .parse()?)
    };
    let before = postgres.map(wal).transpose()?;
    // The database of SQLite is made where it runs: the build folder, which is on a disk.
    let folder = Options::build_folder()?;
    let output = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "append_rate failed with {engine}");
    let said = String::from_utf8(output.stdout)?;
    let (events_per_s, commits) = figures(&said).with_context(|| format!("append_rate said {said:?}"))?;
    let mut row = Appends {
        engine: engine.to_owned(),
        waiting,
        events_per_s,
        events_per_commit: events as f64 / commits,
        goal: None,
        bytes_per_event: None,
        table_bytes_per_event: None,
        wal_bytes_per_event: None,
    };
    if let (Some(postgres), Some(before)) = (postgres, before) {
        let each = |bytes: f64| Some(bytes / events as f64);
        row.wal_bytes_per_event = each(wal(postgres)? - before);
        row.bytes_per_event = each(postgres.sql("SELECT pg_total_relation_size('events')")?.parse()?);
        row.table_bytes_per_event = each(postgres.sql("SELECT pg_relation_size('events')")?.parse()?);
    }
    note(&line(&row))?;
    Ok(row)
}

/// Events per second and commits, of a line such as `52000 events/s, 1000000 events in 2000 commits of 500, …`.
fn figures(said: &str) -> Option<(f64, f64)> {
    let (rate, rest) = said.lines().last()?.split_once(" events/s, ")?;
    let (_, rest) = rest.split_once(" in ")?;
    let (commits, _) = rest.split_once(" commits")?;
    Some((rate.trim().parse().ok()?, commits.parse().ok()?))
}

fn print(stored: &Stored) -> anyhow::Result<()> {
    let rows = &stored.appends;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<24} {:>8} {:>10} {:>10} {:>14} {:>12} {:>12} {:>10}",
        "log", "waiting", "events/s", "goal", "events/commit", "bytes/event", "of it table", "WAL bytes"
    )?;
    for row in rows {
        writeln!(out, "{}", line(row))?;
    }
    for engine in ["PostgreSQL", "PostgreSQL with standby"] {
        let of = rows.iter().filter(|row| row.engine == engine);
        let best = of.clone().map(|row| row.events_per_s).fold(0.0, f64::max);
        let goal = of.filter_map(|row| row.goal).fold(0.0, f64::max);
        let verdict = if best >= goal { "reached" } else { "not reached" };
        writeln!(out, "{engine}: {best:.0} events/s, goal {goal:.0}: {verdict}")?;
    }
    let RowBytes {
        user,
        device,
        member,
        channel,
    } = stored.rows;
    writeln!(
        out,
        "bytes with indexes: user {user:.0}, device {device:.0}, member {member:.0}, channel {channel:.0}"
    )?;
    Ok(())
}

fn line(row: &Appends) -> String {
    let or_dash = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
    format!(
        "{:<24} {:>8} {:>10.0} {:>10} {:>14.0} {:>12} {:>12} {:>10}",
        row.engine,
        row.waiting,
        row.events_per_s,
        or_dash(row.goal),
        row.events_per_commit,
        or_dash(row.bytes_per_event),
        or_dash(row.table_bytes_per_event),
        or_dash(row.wal_bytes_per_event)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_example_says_is_understood() {
        let said = "82012 events/s, 1000000 events in 512 commits of 1953, longest wait for one 55.1 ms\n";
        assert_eq!(figures(said), Some((82_012.0, 512.0)));
        assert_eq!(figures("nothing"), None);
    }
}
