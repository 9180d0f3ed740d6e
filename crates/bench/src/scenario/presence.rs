//! What presence costs: frames and bytes sent for each change of status, beside the bound of ADR 0010.

use crate::connection::hello;
use crate::machine::Cores;
use crate::options::{Options, PresenceOptions};
use crate::report::{Report, note};
use crate::seed::{all, join, make_channels, users};
use crate::server::Server;
use crate::wire::{TEXT, Wire, put_frame};
use anyhow::Context;
use klatch_types::{UserId, limits};
use serde_json::json;
use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Time for those who came to be told.
const SETTLE: Duration = Duration::from_secs(8);
/// Time for what is under way to arrive.
const REST: Duration = Duration::from_secs(4);

/// Frames of presence that came.
#[derive(Debug, Default)]
struct Seen {
    frames: Cell<u64>,
    bytes: Cell<u64>,
}

impl Seen {
    fn take(&self, payload: &[u8], total: usize) {
        if payload.starts_with(b"{\"presence\"") || payload.starts_with(b"{\"channel_presence\"") {
            self.frames.set(self.frames.get() + 1);
            self.bytes.set(self.bytes.get() + total as u64);
        }
    }
}

/// Connections: those who listen, and those whose status changes.
struct Town {
    listeners: JoinSet<anyhow::Result<()>>,
    changers: Vec<Wire>,
    seen: Rc<Seen>,
}

impl Town {
    /// Connects all; the first `watchers` watch the channel, the last `changers` change their status.
    async fn connect(
        server: &Server,
        tokens: Vec<String>,
        changers: usize,
        watch: Option<(&[u8], usize)>,
    ) -> anyhow::Result<Self> {
        let address = server.public;
        let count = tokens.len();
        let tokens = Rc::new(tokens);
        let open = move |number: usize| {
            let tokens = Rc::clone(&tokens);
            async move {
                let mut wire = Wire::connect(address, Ipv4Addr::LOCALHOST).await?;
                hello(&mut wire, &tokens[number], false).await?;
                Ok(wire)
            }
        };
        let mut wires = all(count, open).await.context("connecting")?;
        let changers = wires.split_off(count - changers.min(count));
        let seen = Rc::new(Seen::default());
        let mut listeners = JoinSet::new();
        for (number, mut wire) in wires.into_iter().enumerate() {
            if let Some((channel, _)) = watch.filter(|(_, watchers)| number < *watchers) {
                let channel = std::str::from_utf8(channel)?;
                let watch = json!({"id": 1, "op": "presence_get", "channel": channel, "watch": true});
                put_frame(&mut wire.out, TEXT, watch.to_string().as_bytes());
                wire.flush().await?;
            }
            listeners.spawn_local(listen(wire, Rc::clone(&seen)));
        }
        Ok(Self {
            listeners,
            changers,
            seen,
        })
    }

    /// Changes a status every so often, of one after the other; how many frames and bytes came of it, and how long it took.
    async fn change(&mut self, changes: usize, seconds: f64) -> anyhow::Result<(u64, u64, f64)> {
        let (frames, bytes) = (self.seen.frames.get(), self.seen.bytes.get());
        let began = Instant::now();
        let every = Duration::from_secs_f64(seconds / changes as f64);
        let count = self.changers.len();
        for number in 0..changes {
            let status = if (number / count).is_multiple_of(2) {
                "away"
            } else {
                "online"
            };
            let wire = &mut self.changers[number % count];
            let set = json!({"id": number, "op": "presence_set", "status": status});
            put_frame(&mut wire.out, TEXT, set.to_string().as_bytes());
            wire.flush().await?;
            drain(wire).await?;
            tokio::time::sleep_until((began + every * (number as u32 + 1)).into()).await;
        }
        let took = began.elapsed().as_secs_f64();
        tokio::time::sleep(REST).await;
        if let Some(ended) = self.listeners.try_join_next() {
            ended??;
        }
        Ok((
            self.seen.frames.get() - frames,
            self.seen.bytes.get() - bytes,
            took,
        ))
    }
}

async fn listen(mut wire: Wire, seen: Rc<Seen>) -> anyhow::Result<()> {
    loop {
        std::future::poll_fn(|context| {
            wire.poll_frames(context, |frame| {
                seen.take(frame.payload, frame.total);
                Ok(())
            })
        })
        .await?;
        wire.flush().await?;
    }
}

/// Takes what has come and waits for nothing.
async fn drain(wire: &mut Wire) -> anyhow::Result<()> {
    std::future::poll_fn(|context| match wire.poll_frames(context, |_| Ok(())) {
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        _ => Poll::Ready(Ok(())),
    })
    .await
}

pub(crate) async fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let wanted = &options.presence;
    large(options, wanted, cores, report).await?;
    small(options, wanted, cores, report).await
}

async fn large(
    options: &Options,
    wanted: &PresenceOptions,
    cores: &Cores,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (members, online) = (
        wanted.presence_members,
        wanted.presence_online.min(wanted.presence_members),
    );
    let watchers = wanted.watchers.min(online / 2);
    note(&format!(
        "presence: a channel of {members}, {online} online, {watchers} watch"
    ))?;
    let server = Server::start(options, cores).await?;
    let rest = server.rest()?;
    let (ids, mut tokens) = users(&rest, "present", members).await?;
    let channels = make_channels(&rest, "large", 1, |_| Vec::<UserId>::new()).await?;
    join(&rest, &channels[0], ids).await?;
    tokens.truncate(online);
    let changers = wanted.changes.min(online / 2);
    let mut town = Town::connect(&server, tokens, changers, Some((&channels[0], watchers))).await?;
    tokio::time::sleep(SETTLE).await;
    let idle = (server.process().cpu_seconds()?, Instant::now());
    tokio::time::sleep(REST).await;
    let idle = (server.process().cpu_seconds()? - idle.0) / idle.1.elapsed().as_secs_f64();
    let before = server.process().cpu_seconds()?;
    let (frames, bytes, took) = town.change(wanted.changes, wanted.change_seconds).await?;
    let cpu = server.process().cpu_seconds()? - before - idle * (took + REST.as_secs_f64());
    let every = limits::PRESENCE_CHANNEL_EVERY.as_secs_f64();
    let bound = (((took + REST.as_secs_f64()) / every).floor() + 1.0) * watchers as f64;
    tell(
        report,
        "presence_large",
        wanted.changes,
        frames,
        bytes,
        bound,
        cpu,
    )?;
    report.figure("presence_large_idle_cpu_share", idle);
    Ok(())
}

async fn small(
    options: &Options,
    wanted: &PresenceOptions,
    cores: &Cores,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (channels, members) = (options.channels as usize, options.channel_members as usize);
    note(&format!("presence: {channels} channels of {members}, all online"))?;
    let server = Server::start(options, cores).await?;
    let seeded = crate::seed::seed(&server.rest()?, "few", channels, members).await?;
    // The last of all are in different channels: each change has one listener less than its channel has members.
    let changers = wanted.changes.min(channels);
    let mut town = Town::connect(&server, seeded.tokens, changers, None).await?;
    tokio::time::sleep(SETTLE).await;
    let before = server.process().cpu_seconds()?;
    let (frames, bytes, _) = town.change(wanted.changes, wanted.change_seconds).await?;
    let cpu = server.process().cpu_seconds()? - before;
    let bound = (wanted.changes * (members - 1)) as f64;
    tell(
        report,
        "presence_small",
        wanted.changes,
        frames,
        bytes,
        bound,
        cpu,
    )
}

fn tell(
    report: &mut Report,
    key: &str,
    changes: usize,
    frames: u64,
    bytes: u64,
    bound: f64,
    cpu: f64,
) -> anyhow::Result<()> {
    let each = |value: f64| value / changes as f64;
    note(&format!(
        "  {changes} changes: {frames} frames (bound {bound:.0}), {:.2} frames and {:.0} bytes for each, {:.0} µs of the server",
        each(frames as f64),
        each(bytes as f64),
        each(cpu.max(0.0)) * 1e6
    ))?;
    anyhow::ensure!(frames as f64 <= bound, "more frames than the bound");
    report.figure(&format!("{key}_frames_per_change"), each(frames as f64));
    report.figure(&format!("{key}_frames_per_change_bound"), each(bound));
    report.figure(&format!("{key}_bytes_per_change"), each(bytes as f64));
    report.figure(&format!("{key}_cpu_us_per_change"), each(cpu.max(0.0)) * 1e6);
    Ok(())
}
