//! What to measure and for how long.

use crate::simulate::SimulateOptions;
use anyhow::Context;
use clap::{Args, Parser, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Loads klatch servers that it starts itself, and measures them.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// What to measure; everything if left out
    pub(crate) which: Option<Which>,
    /// Times that each figure is measured; the median is told
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) runs: u32,
    /// Length of each measurement, seconds
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// Load before each measurement that does not count, seconds
    #[arg(long, default_value_t = 0.7)]
    pub(crate) warm_up: f64,
    /// Members of the channel in `fanout`, one of whom sends
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(2..=200))]
    pub(crate) members: u32,
    /// Channels in `rooms`
    #[arg(long, default_value_t = 100)]
    pub(crate) channels: u32,
    /// Members of each channel in `rooms`, all of whom send
    #[arg(long, default_value_t = 10)]
    pub(crate) channel_members: u32,
    /// Connections in `idle`
    #[arg(long, default_value_t = 10_000)]
    pub(crate) idle: u32,
    /// Channels, of one member each, in `commits`
    #[arg(long, default_value_t = 256)]
    pub(crate) commit_channels: u32,
    /// Characters of a message's text
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(12..=4_000))]
    pub(crate) text: u32,
    /// Messages in flight, instead of looking for the best number
    #[arg(long)]
    pub(crate) in_flight: Option<usize>,
    /// Messages per second of each sender, instead of sending when an ack comes
    #[arg(long, conflicts_with = "in_flight")]
    pub(crate) rate: Option<f64>,
    /// The latency of one message in this many, chosen by a hash of its position, is measured; all are counted and
    /// checked
    #[arg(long, default_value_t = 8)]
    pub(crate) sample: u64,
    /// The p99 that a load must stay below to count, milliseconds
    #[arg(long, default_value_t = 100.0)]
    pub(crate) p99_ms_max: f64,
    /// The server's binary; `klatch` beside this one if left out
    #[arg(long, env = "KLATCH_BIN", value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// Where the temporary data folder is made: a real disk, not memory. The build folder if left out
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Where the figures are written; `bench.json` in the build folder if left out
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) crowd: CrowdOptions,
    #[command(flatten)]
    pub(crate) presence: PresenceOptions,
    #[command(flatten)]
    pub(crate) cluster: ClusterOptions,
    #[command(flatten)]
    pub(crate) simulate: SimulateOptions,
}

/// What `hybrid` does.
#[derive(Clone, Debug, Args)]
pub(crate) struct CrowdOptions {
    /// Members of the channel in `hybrid`
    #[arg(long, default_value_t = 20_000)]
    pub(crate) crowd: u32,
    /// How many of them are connected
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(20..))]
    pub(crate) crowd_online: u32,
    /// Messages per second in `hybrid`, from twenty of them
    #[arg(long, default_value_t = 200.0)]
    pub(crate) crowd_rate: f64,
    /// Most times that `hybrid` is measured either way
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) crowd_runs: u32,
}

/// What `presence` does.
#[derive(Clone, Debug, Args)]
pub(crate) struct PresenceOptions {
    /// Members of the large channel in `presence`
    #[arg(long, default_value_t = 10_000)]
    pub(crate) presence_members: usize,
    /// Of those, how many are online
    #[arg(long, default_value_t = 5_000)]
    pub(crate) presence_online: usize,
    /// Of those, how many watch the channel
    #[arg(long, default_value_t = 100)]
    pub(crate) watchers: usize,
    /// Changes of status
    #[arg(long, default_value_t = 1_000, value_parser = at_least_one)]
    pub(crate) changes: usize,
    /// Over how long they are spread, seconds
    #[arg(long, default_value_t = 15.0)]
    pub(crate) change_seconds: f64,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number above 0".to_owned()),
        Ok(number) => Ok(number),
    }
}

/// What `cluster` does.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterOptions {
    /// Most nodes in `cluster`; fewer are measured too
    #[arg(long, default_value_t = 3, value_name = "NODES")]
    pub(crate) nodes: usize,
    /// Messages per second of each sender in `cluster`
    #[arg(long, default_value_t = 1.0)]
    pub(crate) light: f64,
    /// How many times that the second load of `cluster` is
    #[arg(long, default_value_t = 3.0)]
    pub(crate) heavier: f64,
    /// How much more each of the ten senders of the one large channel sends
    #[arg(long, default_value_t = 5.0)]
    pub(crate) wide_times: f64,
    /// Events in `appends`
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) events: usize,
}

impl ClusterOptions {
    /// The loads, messages per second of each sender.
    pub(crate) fn rates(&self) -> [f64; 2] {
        [self.light, self.light * self.heavier]
    }
}

/// A scenario, or something else to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// Every scenario on one server
    All,
    /// One sender to one channel of many members
    Fanout,
    /// Many channels of a few members, all of whom send
    Rooms,
    /// One large and active channel, pushed and then pulled: processor time of the server for each message. Not in `all`
    Hybrid,
    /// Connections that do nothing: memory of each
    Idle,
    /// Durable messages per second with as few recipients as possible
    Commits,
    /// Frames and bytes for each change of who is online, in a large channel and in small ones
    Presence,
    /// Plain writes to sockets, without a server: the ceiling
    Raw,
    /// The same load on one, two and three nodes over PostgreSQL and NATS
    Cluster,
    /// Commits per second of the log in SQLite, in PostgreSQL, and in PostgreSQL with a synchronous standby
    Appends,
    /// An import of 100,000 enrolments, and two more after it
    Roster,
    /// Sizes of larger clusters, from measured costs
    Simulate,
}

impl Which {
    pub(crate) fn includes(self, other: Self) -> bool {
        self == Self::All || self == other
    }
}

impl Options {
    pub(crate) fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.2, 60.0))
    }

    pub(crate) fn warm(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up.clamp(0.0, 60.0))
    }

    /// The build folder: two up from the binary.
    pub(crate) fn build_folder() -> anyhow::Result<PathBuf> {
        let this = std::env::current_exe()?;
        Ok(this
            .ancestors()
            .nth(2)
            .context("the binary has no folder")?
            .to_owned())
    }

    pub(crate) fn server_binary(&self) -> anyhow::Result<PathBuf> {
        let path = match &self.server {
            Some(path) => path.clone(),
            None => std::env::current_exe()?.with_file_name("klatch"),
        };
        let missing = || {
            format!(
                "no server at {}: `cargo build --release -p klatch-server` makes it",
                path.display()
            )
        };
        path.canonicalize().with_context(missing)
    }

    pub(crate) fn work_folder(&self) -> anyhow::Result<PathBuf> {
        self.dir.clone().map_or_else(Self::build_folder, Ok)
    }

    pub(crate) fn output(&self) -> anyhow::Result<PathBuf> {
        self.output_named("bench.json")
    }

    /// Where figures are written, by default in the build folder.
    pub(crate) fn output_named(&self, name: &str) -> anyhow::Result<PathBuf> {
        match &self.output {
            Some(path) => Ok(path.clone()),
            None => Ok(Self::build_folder()?.join(name)),
        }
    }
}
