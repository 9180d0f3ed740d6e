//! The loop of one node: claim what is due, do it, and say how it went.

use crate::pace::{Pace, back_off};
use crate::{Handler, Retry, WorkerOptions};
use futures_util::FutureExt as _;
use klatch_engine::row::{FOR_GOOD, WorkRow};
use klatch_store::{StoreError, WorkClaim, WorkQueue};
use klatch_types::{Clock, Entropy};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// What a worker stands on.
pub struct WorkerParts {
    /// The queue, shared with other nodes.
    pub queue: Arc<dyn WorkQueue>,
    /// One for each kind; kinds without one are left to nodes that have it.
    pub handlers: Vec<Arc<dyn Handler>>,
    /// Notified when this node committed work, so that it need not wait for the next look.
    pub wake: Arc<Notify>,
    /// The time. Nodes' clocks may differ: by as much a piece is begun early or late, and a lease ends so.
    pub clock: Arc<dyn Clock>,
    /// Randomness, to spread what would happen at once.
    pub entropy: Arc<dyn Entropy>,
}

/// Does late work for as long as it runs.
pub struct Worker {
    queue: Arc<dyn WorkQueue>,
    handlers: BTreeMap<u8, Arc<dyn Handler>>,
    wake: Arc<Notify>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    options: WorkerOptions,
    stopping: watch::Sender<bool>,
    running: watch::Sender<bool>,
}

/// Says that the loop ended, also when it was dropped.
struct Running<'a>(&'a watch::Sender<bool>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

impl Worker {
    /// A worker that does not run yet.
    pub fn new(parts: WorkerParts, options: WorkerOptions) -> Self {
        let handlers = parts.handlers.into_iter();
        Self {
            queue: parts.queue,
            handlers: handlers.map(|handler| (handler.kind(), handler)).collect(),
            wake: parts.wake,
            clock: parts.clock,
            entropy: parts.entropy,
            options,
            stopping: watch::Sender::new(false),
            running: watch::Sender::new(false),
        }
    }

    /// Works until [`Self::stop`]. Run one of these on each node.
    pub async fn run(self: Arc<Self>) {
        self.running.send_replace(true);
        let _running = Running(&self.running);
        let mut stop = self.stopping.subscribe();
        let mut measure = interval(self.options.measure_every);
        measure.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pace = Pace::new(&self.options);
        let mut hands = JoinSet::new();
        while !*stop.borrow() {
            while hands.try_join_next().is_some() {}
            let room = self.options.at_once.saturating_sub(hands.len());
            let taken = self.take(room, &mut pace).await;
            let more = taken.len() == room;
            for row in taken {
                hands.spawn(Arc::clone(&self).settle(row));
            }
            tokio::select! {
                () = is_told(&mut stop) => {}
                () = self.wake.notified() => pace.quicken(),
                _ = hands.join_next(), if more && !hands.is_empty() => {}
                () = sleep(pace.next(&*self.entropy)) => {}
                _ = measure.tick() => self.measure().await,
            }
        }
        let rest = async { while hands.join_next().await.is_some() {} };
        if timeout(self.options.stop_max, rest).await.is_err() {
            tracing::info!("some late work was not done in time: its lease ends, and another node does it");
        }
    }

    /// Begins nothing more and waits for what is in hand, for a while: the rest is done by others when its lease ends.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        let mut running = self.running.subscribe();
        let ended = running.wait_for(|running| !*running);
        timeout(self.options.stop_max * 2, ended).await.ok();
    }

    /// Claims as many as there is room for.
    async fn take(&self, room: usize, pace: &mut Pace) -> Vec<WorkRow> {
        if room == 0 {
            return Vec::new();
        }
        let kinds: Vec<u8> = self.handlers.keys().copied().collect();
        let claim = WorkClaim {
            now: self.clock.now(),
            lease: self.options.lease,
            limit: u32::try_from(room).unwrap_or(u32::MAX),
            kinds: &kinds,
        };
        match self.queue.claim(claim).await {
            Ok(rows) => {
                pace.answered();
                if !rows.is_empty() {
                    pace.quicken();
                }
                rows
            }
            Err(error) => {
                if pace.slow() {
                    tracing::warn!(%error, "late work cannot be claimed for now");
                }
                Vec::new()
            }
        }
    }

    /// Does one piece and says how it went.
    async fn settle(self: Arc<Self>, row: WorkRow) {
        let Some(handler) = self.handlers.get(&row.kind) else {
            return; // the queue was not asked for it
        };
        let kind = handler.name();
        let recorded = match self.attempt(&**handler, &row).await {
            Ok(()) => {
                metrics::counter!("klatch_work_done_total", "kind" => kind).increment(1);
                self.queue.done(&[row.id]).await
            }
            Err(Retry(why)) => {
                metrics::counter!("klatch_work_failed_total", "kind" => kind).increment(1);
                self.put_off(&row, kind, &why).await
            }
        };
        if let Err(error) = recorded {
            // Its lease ends, and it is done again.
            tracing::warn!(kind, channel = %row.id.channel, seq = row.id.seq.0, %error,
                "what became of late work cannot be written");
        }
    }

    async fn attempt(&self, handler: &dyn Handler, row: &WorkRow) -> Result<(), Retry> {
        if row.attempts > self.options.attempts_max {
            // Those who had it before never told how it went.
            return Err(Retry("nobody who began it came back".to_owned()));
        }
        let run = AssertUnwindSafe(handler.run(row)).catch_unwind();
        match timeout(self.options.run_max, run).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Retry("it panicked".to_owned())),
            Err(_) => Err(Retry(format!("not done within {:?}", self.options.run_max))),
        }
    }

    async fn put_off(&self, row: &WorkRow, kind: &'static str, why: &str) -> Result<(), StoreError> {
        let (channel, seq, attempts) = (row.id.channel, row.id.seq.0, row.attempts);
        let due_at = if attempts >= self.options.attempts_max {
            tracing::error!(kind, %channel, seq, attempts, why, "late work is given up");
            FOR_GOOD
        } else {
            tracing::warn!(kind, %channel, seq, attempts, why, "late work failed and is tried again");
            let wait = back_off(&self.options, attempts, &*self.entropy);
            self.clock.now().plus(wait)
        };
        self.queue.retry_at(row, due_at).await.map(drop)
    }

    /// Tells the metrics how much there is. Every node tells the same.
    async fn measure(&self) {
        match self.queue.depth().await {
            Ok(depth) => {
                let overdue = depth.oldest_due.map(|due| self.clock.now().since(due));
                #[allow(clippy::cast_precision_loss)] // nobody counts beyond 2^53
                let (waiting, given_up) = (depth.waiting as f64, depth.given_up as f64);
                metrics::gauge!("klatch_work_waiting").set(waiting);
                metrics::gauge!("klatch_work_given_up").set(given_up);
                metrics::gauge!("klatch_work_overdue_seconds").set(overdue.unwrap_or_default().as_secs_f64());
            }
            Err(error) => tracing::debug!(%error, "late work cannot be counted"),
        }
    }
}

/// Waits until it is told to stop.
async fn is_told(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}
