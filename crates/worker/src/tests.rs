//! Workers over tables in memory, in time that passes only when everybody waits.

use crate::{Handler, Retry, Worker, WorkerOptions, WorkerParts};
use async_trait::async_trait;
use klatch_engine::memory::SharedTables;
use klatch_engine::row::{WorkId, WorkRow};
use klatch_store::memory::MemoryDirectory;
use klatch_store::{StoreError, WorkClaim, WorkDepth, WorkQueue};
use klatch_types::{ChannelId, Clock, Millis, SeededEntropy, Seq};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const KIND: u8 = 7;
const START: Millis = Millis(1_700_000_000_000);

/// The runtime's own time.
struct Since(Instant);

impl Clock for Since {
    fn now(&self) -> Millis {
        START.plus(self.0.elapsed())
    }
}

/// What a handler does with each attempt.
type Deed = Box<dyn Fn(u32) -> Result<Duration, &'static str> + Send + Sync>;

/// Notes what it is given; takes its time, fails or panics as it is told.
struct Noting {
    deed: Deed,
    done: Mutex<Vec<(u64, u32, Duration)>>,
    begun: AtomicUsize,
    in_hand: AtomicUsize,
    most_in_hand: AtomicUsize,
    since: Instant,
}

impl Noting {
    fn new(deed: impl Fn(u32) -> Result<Duration, &'static str> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            deed: Box::new(deed),
            done: Mutex::default(),
            begun: AtomicUsize::new(0),
            in_hand: AtomicUsize::new(0),
            most_in_hand: AtomicUsize::new(0),
            since: Instant::now(),
        })
    }

    /// Positions of what was done, in order.
    fn done(&self) -> Vec<u64> {
        let mut done: Vec<u64> = self.done.lock().iter().map(|(seq, ..)| *seq).collect();
        done.sort_unstable();
        done
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Handler for Noting {
    fn kind(&self) -> u8 {
        KIND
    }

    fn name(&self) -> &'static str {
        "noting"
    }

    async fn run(&self, row: &WorkRow) -> Result<(), Retry> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let in_hand = self.in_hand.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_hand.fetch_max(in_hand, Ordering::SeqCst);
        let told = (self.deed)(row.attempts);
        if let Ok(time) = told {
            sleep(time).await;
            let at = self.since.elapsed();
            self.done.lock().push((row.id.seq.0, row.attempts, at));
        }
        self.in_hand.fetch_sub(1, Ordering::SeqCst);
        told.map(drop).map_err(|why| Retry(why.to_owned()))
    }
}

/// A queue that can be out of order.
struct Queue {
    tables: SharedTables,
    rows: MemoryDirectory,
    is_down: AtomicBool,
}

impl Queue {
    fn new() -> Arc<Self> {
        let tables = SharedTables::default();
        Arc::new(Self {
            rows: MemoryDirectory::new(Arc::clone(&tables)),
            tables,
            is_down: AtomicBool::new(false),
        })
    }

    fn add(&self, kind: u8, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            let id = WorkId {
                channel: ChannelId(Uuid::from_u128(1)),
                seq: Seq(seq),
                place: 0,
            };
            let row = WorkRow {
                id,
                kind,
                attempts: 0,
                due_at: START,
                payload: Vec::new(),
            };
            self.tables.write().work.insert(id, row);
        }
    }

    fn up(&self) -> Result<(), StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            Err(StoreError::NotFound)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl WorkQueue for Queue {
    async fn claim(&self, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, StoreError> {
        self.up()?;
        self.rows.claim(claim).await
    }

    async fn done(&self, ids: &[WorkId]) -> Result<(), StoreError> {
        self.up()?;
        self.rows.done(ids).await
    }

    async fn retry_at(&self, claimed: &WorkRow, due_at: Millis) -> Result<bool, StoreError> {
        self.up()?;
        self.rows.retry_at(claimed, due_at).await
    }

    async fn depth(&self) -> Result<WorkDepth, StoreError> {
        self.up()?;
        self.rows.depth().await
    }
}

/// A node: a worker, and what wakes it.
struct Node {
    worker: Arc<Worker>,
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

fn start(queue: &Arc<Queue>, handler: &Arc<Noting>, options: WorkerOptions) -> Node {
    let wake = Arc::new(Notify::new());
    let parts = WorkerParts {
        queue: Arc::clone(queue) as Arc<dyn WorkQueue>,
        handlers: vec![Arc::clone(handler) as Arc<dyn Handler>],
        wake: Arc::clone(&wake),
        clock: Arc::new(Since(handler.since)),
        entropy: Arc::new(SeededEntropy::new(3)),
    };
    let worker = Arc::new(Worker::new(parts, options));
    let task = tokio::spawn(Arc::clone(&worker).run());
    Node { worker, wake, task }
}

fn quick(_: u32) -> Result<Duration, &'static str> {
    Ok(Duration::from_millis(5))
}

async fn depth(queue: &Queue) -> WorkDepth {
    queue.rows.depth().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn several_nodes_do_each_piece_once() {
    let (queue, handler) = (Queue::new(), Noting::new(quick));
    queue.add(KIND, 1..=200);
    let nodes: Vec<Node> = (0..3)
        .map(|_| start(&queue, &handler, WorkerOptions::default()))
        .collect();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(handler.done(), (1..=200).collect::<Vec<u64>>());
    assert_eq!(handler.begun(), 200);
    assert_eq!(depth(&queue).await, WorkDepth::default());
    let at_once = handler.most_in_hand.load(Ordering::SeqCst);
    assert!(
        at_once > 1 && at_once <= 3 * WorkerOptions::default().at_once,
        "{at_once}"
    );
    for node in nodes {
        node.worker.stop().await;
        node.task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn work_of_this_node_is_begun_at_once_and_that_of_others_within_a_second() {
    let (queue, handler) = (Queue::new(), Noting::new(|_| Ok(Duration::ZERO)));
    let node = start(&queue, &handler, WorkerOptions::default());
    for (round, woken) in [(0, true), (1, false), (2, true)] {
        sleep(Duration::from_secs(60)).await;
        queue.add(KIND, [round]);
        let begun = handler.since.elapsed();
        if woken {
            node.wake.notify_one();
        }
        sleep(Duration::from_secs(2)).await;
        let (seq, _, at) = *handler.done.lock().last().unwrap();
        assert_eq!(seq, round);
        let waited = at - begun;
        let longest = if woken {
            Duration::ZERO
        } else {
            Duration::from_secs(1)
        };
        assert!(waited <= longest, "{waited:?}");
    }
    node.worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_later_and_later() {
    let (queue, handler) = (
        Queue::new(),
        Noting::new(|attempt| match attempt {
            1 => Err("not yet"),
            2 => panic!("a handler that breaks"),
            3 => Ok(Duration::from_secs(3_600)), // too long
            _ => Ok(Duration::ZERO),
        }),
    );
    queue.add(KIND, [1]);
    let node = start(&queue, &handler, WorkerOptions::default());
    sleep(Duration::from_secs(60)).await;
    let done = handler.done.lock().clone();
    let [(1, 4, at)] = done[..] else {
        panic!("{done:?}")
    };
    // Waits of 1, 2 and 4 seconds, of which up to half is left to chance, and twenty seconds that the third took.
    let waits = (Duration::from_millis(23_500), Duration::from_secs(31));
    assert!(at >= waits.0 && at <= waits.1, "{at:?}");
    assert_eq!(depth(&queue).await, WorkDepth::default());
    node.worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_always_fails_is_given_up_and_stays() {
    let (queue, handler) = (Queue::new(), Noting::new(|_| Err("never")));
    queue.add(KIND, [1]);
    let options = WorkerOptions {
        attempts_max: 4,
        ..WorkerOptions::default()
    };
    let node = start(&queue, &handler, options);
    sleep(Duration::from_secs(24 * 3_600)).await;
    assert_eq!(handler.begun(), 4);
    let depth = depth(&queue).await;
    assert_eq!((depth.waiting, depth.given_up), (0, 1));
    node.worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn kinds_of_a_later_version_are_left_alone() {
    let (queue, handler) = (Queue::new(), Noting::new(quick));
    queue.add(KIND + 1, 1..=50);
    queue.add(KIND, 51..=52);
    let node = start(&queue, &handler, WorkerOptions::default());
    sleep(Duration::from_secs(120)).await;
    assert_eq!(handler.done(), [51, 52]);
    assert_eq!(depth(&queue).await.waiting, 50);
    assert!(queue.tables.read().work.values().all(|row| row.attempts == 0));
    node.worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_is_in_hand_than_may_be() {
    let (queue, handler) = (Queue::new(), Noting::new(|_| Ok(Duration::from_secs(1))));
    queue.add(KIND, 1..=40);
    let options = WorkerOptions {
        at_once: 4,
        ..WorkerOptions::default()
    };
    let node = start(&queue, &handler, options);
    sleep(Duration::from_millis(10_500)).await;
    assert_eq!(handler.done().len(), 40, "and no time is lost between");
    assert_eq!(handler.most_in_hand.load(Ordering::SeqCst), 4);
    node.worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_what_is_in_hand_end_and_begins_nothing() {
    let (queue, handler) = (Queue::new(), Noting::new(|_| Ok(Duration::from_secs(2))));
    queue.add(KIND, 1..=3);
    let options = WorkerOptions {
        at_once: 2,
        ..WorkerOptions::default()
    };
    let node = start(&queue, &handler, options);
    sleep(Duration::from_secs(1)).await;
    assert_eq!((handler.begun(), handler.done().len()), (2, 0));
    node.worker.stop().await;
    assert_eq!((handler.begun(), handler.done().len()), (2, 2));
    assert_eq!(depth(&queue).await.waiting, 1);
    node.task.await.unwrap();
    node.worker.stop().await; // and again, which is no fault
}

#[tokio::test(start_paused = true)]
async fn work_of_a_node_that_died_is_done_by_another_when_its_lease_ends() {
    let (queue, slow) = (Queue::new(), Noting::new(|_| Ok(Duration::from_secs(15))));
    queue.add(KIND, [1]);
    let dead = start(&queue, &slow, WorkerOptions::default());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(slow.begun(), 1);
    dead.task.abort();
    let handler = Noting::new(quick);
    let node = start(&queue, &handler, WorkerOptions::default());
    sleep(Duration::from_secs(28)).await;
    assert_eq!(handler.begun(), 0, "it may still be at it");
    sleep(Duration::from_secs(4)).await;
    assert_eq!(handler.done(), [1]);
    assert_eq!(handler.done.lock()[0].1, 2, "its second attempt");
    node.worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_down_is_waited_for() {
    let (queue, handler) = (Queue::new(), Noting::new(|_| Ok(Duration::from_secs(5))));
    queue.add(KIND, [1]);
    let node = start(&queue, &handler, WorkerOptions::default());
    sleep(Duration::from_secs(1)).await;
    queue.is_down.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(handler.done(), [1], "done, which could not be written down");
    queue.add(KIND, [2]);
    queue.is_down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(handler.done(), [1, 1, 2], "at least once");
    assert_eq!(depth(&queue).await, WorkDepth::default());
    node.worker.stop().await;
}
