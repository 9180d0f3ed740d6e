//! All connections of a scenario, and one measurement with them.

use crate::connection::{Counters, Demand, Seat, Shared, drive, hello};
use crate::latency::{Sampling, histogram};
use crate::ledger::Copy;
use crate::machine::Process;
use crate::message::Messages;
use crate::options::Options;
use crate::seed::{self, Seeded};
use crate::wire::Wire;
use anyhow::{Context, anyhow, bail};
use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Connections from one loopback address: far fewer than it has ports.
const CONNECTIONS_PER_ADDRESS: usize = 2_000;
/// Longest wait for what is under way when senders have stopped.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// One measurement.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) deliveries_per_s: f64,
    pub(crate) messages_per_s: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    /// Processor time of the server for each delivery.
    pub(crate) cpu_us: f64,
    /// Bytes on the wire for each delivery.
    pub(crate) event_bytes: f64,
    /// Deliveries that came in one frame.
    pub(crate) per_frame: f64,
}

/// What went wrong in a whole scenario.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    pub(crate) wrong_prev: u64,
    pub(crate) refused: u64,
}

/// Open connections.
#[derive(Debug)]
pub(crate) struct Load {
    shared: Rc<Shared>,
    seats: Vec<Rc<RefCell<Seat>>>,
    // Dropping it ends the tasks and with them the connections.
    _tasks: JoinSet<()>,
}

/// The loopback address of a connection.
fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(
        127,
        0,
        1,
        1 + u8::try_from(number / CONNECTIONS_PER_ADDRESS).unwrap_or(u8::MAX - 1),
    )
}

impl Load {
    /// Connects every seeded user, by number, to the server that `place` names for it.
    pub(crate) async fn connect(
        place: impl Fn(usize) -> SocketAddr,
        seeded: Seeded,
        options: &Options,
    ) -> anyhow::Result<Self> {
        Self::connect_as(place, seeded, options, false).await
    }

    /// The same with clients that understand hints and pull.
    pub(crate) async fn connect_pulling(
        place: impl Fn(usize) -> SocketAddr,
        seeded: Seeded,
        options: &Options,
    ) -> anyhow::Result<Self> {
        Self::connect_as(place, seeded, options, true).await
    }

    async fn connect_as(
        place: impl Fn(usize) -> SocketAddr,
        seeded: Seeded,
        options: &Options,
        pull: bool,
    ) -> anyhow::Result<Self> {
        let channels = seeded.channels.len();
        let shared = Rc::new(Shared::new(Sampling(options.sample.max(1)), channels));
        let users = seeded.tokens.len();
        let (text, plan, common) = (options.text as usize, Rc::new(seeded), Rc::clone(&shared));
        let places: Vec<SocketAddr> = (0..users).map(place).collect();
        let open = move |number: usize| {
            let (seeded, shared, server) = (Rc::clone(&plan), Rc::clone(&common), places[number]);
            async move {
                let mut wire = Wire::connect(server, source(number)).await?;
                let ready = hello(&mut wire, &seeded.tokens[number], pull).await?;
                wire.shrink();
                let channel = seeded.channels[number % channels];
                let head = ready
                    .channels
                    .iter()
                    .find(|c| c.channel.to_string().as_bytes() == channel);
                let head = head.context("ready does not name the user's channel")?.head.0;
                let copies = vec![Copy::new(channel, number % channels, head)];
                let messages = Messages::new(&channel, text);
                let seat = Seat::new(shared, number, Some(messages), copies);
                anyhow::Ok((wire, if pull { seat.pulling() } else { seat }))
            }
        };
        let mut tasks = JoinSet::new();
        let mut seats = Vec::with_capacity(users);
        for (wire, seat) in seed::all(users, open).await.context("connecting")? {
            let seat = Rc::new(RefCell::new(seat));
            tasks.spawn_local(drive(wire, Rc::clone(&seat)));
            seats.push(seat);
        }
        Ok(Self {
            shared,
            seats,
            _tasks: tasks,
        })
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether every connection is still up.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match &*self.shared.failure.borrow() {
            Some(failure) => Err(anyhow!("a connection ended: {failure}")),
            None => Ok(()),
        }
    }

    /// Lets senders send, measures after a warm-up, waits until all is quiet.
    pub(crate) async fn measure(
        &self,
        demand: Demand,
        warm_up: Duration,
        length: Duration,
        process: Process,
    ) -> anyhow::Result<Sample> {
        let (mut sample, before, after, seconds) = self
            .observe(demand, warm_up, length, async || process.cpu_seconds())
            .await?;
        let deliveries = sample.deliveries_per_s * seconds;
        sample.cpu_us = (after - before) * 1e6 / deliveries.max(1.0);
        Ok(sample)
    }

    /// The same, without processor time; instead, what `read` says right before and right after, and the seconds
    /// between.
    pub(crate) async fn observe<T>(
        &self,
        demand: Demand,
        warm_up: Duration,
        length: Duration,
        mut read: impl AsyncFnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<(Sample, T, T, f64)> {
        self.shared.demand(demand);
        tokio::time::sleep(warm_up).await;
        let read_before = read().await?;
        let (began, before) = (Instant::now(), *self.shared.counters.borrow());
        *self.shared.latency.borrow_mut() = histogram();
        self.shared.measuring.set(true);
        tokio::time::sleep(length).await;
        let (seconds, after) = (began.elapsed().as_secs_f64(), *self.shared.counters.borrow());
        let read_after = read().await?;
        self.shared.measuring.set(false);
        self.shared.demand(Demand::default());
        self.check()?;
        self.settle().await?;
        Ok((
            self.sample(&before, &after, seconds),
            read_before,
            read_after,
            seconds,
        ))
    }

    /// Messages acknowledged since the beginning.
    pub(crate) fn acked(&self) -> u64 {
        self.shared.counters.borrow().acked
    }

    fn sample(&self, before: &Counters, after: &Counters, seconds: f64) -> Sample {
        let deliveries = (after.deliveries - before.deliveries) as f64;
        let frames = (after.frames - before.frames) as f64;
        let latency = self.shared.latency.borrow();
        let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        Sample {
            deliveries_per_s: deliveries / seconds,
            messages_per_s: (after.acked - before.acked) as f64 / seconds,
            p50_ms: ms(latency.value_at_quantile(0.5)),
            p99_ms: ms(latency.value_at_quantile(0.99)),
            max_ms: ms(latency.max()),
            cpu_us: 0.0,
            event_bytes: (after.bytes - before.bytes) as f64 / deliveries.max(1.0),
            per_frame: deliveries / frames.max(1.0),
        }
    }

    /// Waits until every message is answered and every acknowledged one has reached everyone, or too long.
    async fn settle(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < SETTLE_TIMEOUT {
            let in_flight = self.shared.counters.borrow().in_flight;
            if in_flight == 0 && self.missing() == 0 {
                return Ok(());
            }
            self.check()?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let in_flight = self.shared.counters.borrow().in_flight;
        if in_flight > 0 {
            bail!("{in_flight} messages had no answer after {SETTLE_TIMEOUT:?}");
        }
        Ok(()) // what is missing is counted as lost
    }

    fn missing(&self) -> u64 {
        let heads = self.shared.heads.borrow();
        let copies = |seat: &Rc<RefCell<Seat>>| -> u64 {
            seat.borrow()
                .copies
                .iter()
                .map(|copy| copy.lost(heads[copy.number]))
                .sum()
        };
        self.seats.iter().map(copies).sum()
    }

    /// What went wrong since the beginning.
    pub(crate) fn losses(&self) -> Losses {
        let counters = self.shared.counters.borrow();
        Losses {
            lost: self.missing(),
            duplicated: counters.faults.duplicated,
            reordered: counters.faults.reordered,
            wrong_prev: counters.faults.wrong_prev,
            refused: counters.refused,
        }
    }
}
