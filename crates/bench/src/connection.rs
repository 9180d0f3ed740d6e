//! One connection under load: reads, checks, counts, and sends what the demand allows.

use crate::latency::{Sampling, Stopwatch, histogram};
use crate::ledger::{Copy, Faults};
use crate::message::Messages;
use crate::pull::Pull;
use crate::scan::{self, Kind};
use crate::wire::{self, Frame, Wire};
use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use klatch_client::Incoming;
use klatch_protocol::Ready;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{self, Poll, Waker};
use tokio::time::{Duration, Instant};

/// Most unanswered messages of one connection; the server takes no more.
pub(crate) const WINDOW_MAX: usize = klatch_types::limits::COMMANDS_IN_FLIGHT_MAX - 6;

/// What senders are to do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Demand {
    /// The first so many connections send.
    pub(crate) senders: usize,
    /// Messages each may have in flight.
    pub(crate) window: usize,
    /// Messages per second of each; as fast as the window allows if none.
    pub(crate) rate: Option<f64>,
}

/// What has been counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Events that reached a connection.
    pub(crate) deliveries: u64,
    /// Frames they came in.
    pub(crate) frames: u64,
    /// Bytes of those frames.
    pub(crate) bytes: u64,
    /// Messages acknowledged.
    pub(crate) acked: u64,
    /// Messages refused.
    pub(crate) refused: u64,
    /// Messages sent and not answered.
    pub(crate) in_flight: u64,
    pub(crate) faults: Faults,
}

/// What all connections of a scenario share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) stopwatch: Stopwatch,
    pub(crate) sampling: Sampling,
    pub(crate) counters: RefCell<Counters>,
    pub(crate) latency: RefCell<Histogram<u64>>,
    /// Whether latencies count now.
    pub(crate) measuring: Cell<bool>,
    /// Highest acknowledged position of each channel.
    pub(crate) heads: RefCell<Vec<u64>>,
    /// Why a connection ended, if one did.
    pub(crate) failure: RefCell<Option<String>>,
    demand: Cell<Demand>,
    /// Counts changes of the demand.
    round: Cell<u64>,
    /// Connections that wait for a change of the demand.
    idle: RefCell<Vec<Waker>>,
}

impl Shared {
    pub(crate) fn new(sampling: Sampling, channels: usize) -> Self {
        Self {
            stopwatch: Stopwatch::start(),
            sampling,
            counters: RefCell::default(),
            latency: RefCell::new(histogram()),
            measuring: Cell::new(false),
            heads: RefCell::new(vec![0; channels]),
            failure: RefCell::default(),
            demand: Cell::default(),
            round: Cell::default(),
            idle: RefCell::default(),
        }
    }

    /// Changes what senders are to do, and wakes them.
    pub(crate) fn demand(&self, demand: Demand) {
        self.demand.set(demand);
        self.round.set(self.round.get() + 1);
        self.idle.take().into_iter().for_each(Waker::wake);
    }
}

/// The state of a connection beside its wire.
#[derive(Debug)]
pub(crate) struct Seat {
    shared: Rc<Shared>,
    number: usize,
    messages: Option<Messages>,
    pub(crate) copies: Vec<Copy>,
    /// Of a connection that understands hints.
    pull: Option<Pull>,
    in_flight: usize,
    round: u64,
    due: Option<Instant>,
}

impl Seat {
    pub(crate) fn new(
        shared: Rc<Shared>,
        number: usize,
        messages: Option<Messages>,
        copies: Vec<Copy>,
    ) -> Self {
        Self {
            shared,
            number,
            messages,
            copies,
            pull: None,
            in_flight: 0,
            round: 0,
            due: None,
        }
    }

    /// The same connection, one that understands hints.
    pub(crate) fn pulling(mut self) -> Self {
        let head = self.copies.first().map_or(0, |copy| copy.last);
        self.pull = Some(Pull::new(self.number, head));
        self
    }

    /// When there is something to do although nothing comes.
    fn next_due(&self) -> Option<Instant> {
        let pull = self.pull.as_ref().and_then(Pull::due);
        self.due.into_iter().chain(pull).min()
    }

    /// Writes the pull and the messages that may be sent now.
    fn fill(&mut self, out: &mut Vec<u8>) {
        if let (Some(pull), Some(copy)) = (&mut self.pull, self.copies.first()) {
            pull.fill(copy.last, &copy.channel, out);
        }
        self.round = self.shared.round.get();
        let demand = self.shared.demand.get();
        let Some(messages) = self.messages.as_mut().filter(|_| self.number < demand.senders) else {
            self.due = None;
            return;
        };
        let window = demand.window.min(WINDOW_MAX);
        let mut free = window.saturating_sub(self.in_flight);
        if let Some(rate) = demand.rate {
            let (now, interval) = (Instant::now(), Duration::from_secs_f64(1.0 / rate.max(0.001)));
            // Senders begin spread over one interval, not all at once.
            let part = self.number as f64 / demand.senders as f64;
            let due = *self.due.get_or_insert_with(|| now + interval.mul_f64(part));
            free = free.min(usize::from(due <= now));
            if due <= now {
                self.due = Some(due + interval);
            }
        } else {
            self.due = None;
        }
        if free == 0 {
            return;
        }
        let now_ns = self.shared.stopwatch.now_ns();
        for _ in 0..free {
            messages.put(out, now_ns);
        }
        self.in_flight += free;
        self.shared.counters.borrow_mut().in_flight += free as u64;
    }

    /// A frame came.
    fn take(&mut self, frame: &Frame<'_>, now_ns: u64) -> anyhow::Result<()> {
        match frame.opcode {
            wire::TEXT => match scan::kind(frame.payload) {
                Kind::Events => self.take_events(frame.payload, frame.total, now_ns),
                Kind::Page(at) => {
                    if let Some(pull) = &mut self.pull {
                        pull.answered();
                    }
                    self.take_events(&frame.payload[at..], frame.total, now_ns)
                }
                Kind::Head(head, spread_ms) => {
                    if let Some(pull) = &mut self.pull {
                        pull.hinted(head, spread_ms);
                    }
                    Ok(())
                }
                Kind::Answer { seq, .. } => {
                    self.answered(seq);
                    Ok(())
                }
                Kind::Other => Ok(()),
            },
            wire::CLOSE => bail!("the server closed with {}", wire::close_reason(frame.payload)),
            _ => Ok(()),
        }
    }

    fn take_events(&mut self, payload: &[u8], bytes: usize, now_ns: u64) -> anyhow::Result<()> {
        let Self {
            shared, copies, pull, ..
        } = self;
        let (measuring, sampling) = (shared.measuring.get(), shared.sampling);
        let mut counters = shared.counters.borrow_mut();
        let mut latency = shared.latency.borrow_mut();
        let (mut stranger, mut passed_over) = (false, 0);
        let wanted = |seq| measuring && sampling.picks(seq);
        let count = scan::deliveries(payload, wanted, |delivery| {
            let Some(copy) = copies.iter_mut().find(|copy| copy.channel == *delivery.channel) else {
                stranger = true;
                return;
            };
            match pull {
                None => copy.note(delivery.seq, delivery.prev, &mut counters.faults),
                Some(pull) => {
                    if !pull.take(copy, &delivery, &mut counters.faults) {
                        passed_over += 1;
                        return;
                    }
                }
            }
            if let Some(sent_ns) = delivery.stamp {
                latency.saturating_record(now_ns.saturating_sub(sent_ns));
            }
        })?;
        counters.deliveries += count - passed_over;
        counters.frames += 1;
        counters.bytes += bytes as u64;
        if stranger {
            bail!("an event came of a channel that this user is not in");
        }
        Ok(())
    }

    fn answered(&mut self, seq: Option<u64>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let mut counters = self.shared.counters.borrow_mut();
        counters.in_flight = counters.in_flight.saturating_sub(1);
        match (seq, self.copies.first()) {
            (Some(seq), Some(copy)) => {
                counters.acked += 1;
                let mut heads = self.shared.heads.borrow_mut();
                heads[copy.number] = heads[copy.number].max(seq);
            }
            _ => counters.refused += 1,
        }
    }

    /// Whether there is something new to do although nothing came.
    fn is_stale(&self) -> bool {
        self.messages.is_some() && self.round != self.shared.round.get()
    }

    fn park(&self, waker: &Waker) {
        if self.messages.is_some() && self.in_flight == 0 {
            self.shared.idle.borrow_mut().push(waker.clone());
        }
    }
}

/// Runs a connection until it fails or the task is aborted.
pub(crate) async fn drive(mut wire: Wire, seat: Rc<RefCell<Seat>>) {
    let shared = Rc::clone(&seat.borrow().shared);
    loop {
        if let Err(error) = turn(&mut wire, &seat).await {
            shared
                .failure
                .borrow_mut()
                .get_or_insert_with(|| format!("{error:#}"));
            return;
        }
    }
}

async fn turn(wire: &mut Wire, seat: &RefCell<Seat>) -> anyhow::Result<()> {
    seat.borrow_mut().fill(&mut wire.out);
    wire.flush().await?;
    let due = seat.borrow().next_due();
    let read = std::future::poll_fn(|context| read(wire, &mut seat.borrow_mut(), context));
    match due {
        Some(due) => tokio::time::timeout_at(due, read).await.unwrap_or(Ok(())),
        None => read.await,
    }
}

fn read(wire: &mut Wire, seat: &mut Seat, context: &mut task::Context<'_>) -> Poll<anyhow::Result<()>> {
    if seat.is_stale() {
        return Poll::Ready(Ok(()));
    }
    // The clock is asked once a read: what comes together was received together.
    let mut now_ns = None;
    let stopwatch = seat.shared.stopwatch;
    let polled = wire.poll_frames(context, |frame| {
        let now_ns = *now_ns.get_or_insert_with(|| stopwatch.now_ns());
        seat.take(frame, now_ns)
    });
    if polled.is_pending() {
        seat.park(context.waker());
    }
    polled
}

/// Says `hello`; what `ready` says.
pub(crate) async fn hello(wire: &mut Wire, token: &str, pull: bool) -> anyhow::Result<Ready> {
    let hello = serde_json::json!({"op": "hello", "token": token, "client": "klatch-bench", "pull": pull});
    let hello = hello.to_string();
    wire::put_frame(&mut wire.out, wire::TEXT, hello.as_bytes());
    wire.flush().await?;
    let mut ready = None;
    while ready.is_none() {
        std::future::poll_fn(|context| {
            wire.poll_frames(context, |frame| {
                if frame.opcode == wire::CLOSE {
                    bail!("the server closed with {}", wire::close_reason(frame.payload));
                }
                match Incoming::read(std::str::from_utf8(frame.payload).context("a frame is not UTF-8")?) {
                    Ok(Incoming::Ready(read)) => ready = Some(read),
                    Ok(Incoming::Refused(problem)) => bail!("hello was refused: {problem:?}"),
                    other => bail!("{other:?} came before ready"),
                }
                Ok(())
            })
        })
        .await?;
    }
    ready.context("the loop ends with it")
}
