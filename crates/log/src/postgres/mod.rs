//! The log in PostgreSQL, written by many nodes at once.
//!
//! Appends go to a few [`lane`]s, each channel always to the same one. A lane commits batches one after the other on a
//! connection of its own and gathers the next meanwhile. A commit is two round trips: the first locks the batch's
//! channels and reads where they stand ([`looking`]); what becomes of each append is then decided without the database
//! ([`placing`]); the second writes everything and commits ([`changes`]). Nothing is passed on before the commit; when a
//! connection is lost at the commit, the lane finds out what became of it before it goes on. Reads go through the pool.

mod changes;
mod lane;
mod looking;
mod placing;
mod queue;
mod read;
mod retry;
mod session;
mod statements;

use crate::{Append, ChannelLog, CommitFeed, Done, EventRow, Head, LogError, ReadPage};
use async_trait::async_trait;
use klatch_engine::postgres::{Postgres, int};
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use lane::Lane;
use parking_lot::Mutex;
use queue::{Places, Queue, Queued};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long after it was queued an append is tried again when the database cannot be reached, and how long it may wait for
/// others to be committed first. All that follows fits into the ten seconds of the contract.
const APPEND_TRIED_FOR: Duration = Duration::from_millis(6_500);
/// Longest wait for the answer to one round trip; then its connection is given up.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// The same for appends that waited for long in the queue.
const ANSWERED_WITHIN_MIN: Duration = Duration::from_secs(1);
/// How long after the first of its appends was queued it is tried to find out what became of a commit.
const DOUBT_UNTIL: Duration = Duration::from_millis(8_500);
/// The same for a commit that failed late.
const DOUBT_MIN: Duration = Duration::from_secs(1);
/// How often it is looked for appends that have waited too long for others.
const EXPIRED_EVERY: Duration = Duration::from_millis(100);

/// How the log works.
#[derive(Clone, Copy, Debug)]
pub struct PostgresLogOptions {
    /// Batches that may be committed at once, each on a connection of its own; 1 to 256.
    pub lanes: usize,
}

impl Default for PostgresLogOptions {
    fn default() -> Self {
        Self { lanes: 4 }
    }
}

/// A store of logs in a PostgreSQL database that other nodes may use at the same time. When the last clone is dropped,
/// what waits is still committed.
#[derive(Clone, Debug)]
pub struct PostgresLog {
    postgres: Postgres,
    lanes: Arc<Lanes>,
}

#[derive(Debug)]
struct Lanes {
    queues: Vec<Arc<Queue>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.close();
    }
}

impl Lanes {
    fn close(&self) {
        for queue in &self.queues {
            queue.close();
        }
    }
}

impl PostgresLog {
    /// Starts the lanes, on the runtime that this is called on. Committed batches go to `feed`. Lanes connect when they
    /// have something to commit.
    #[allow(clippy::needless_pass_by_value)] // it is given away: the feed ends when the lanes do
    pub fn start(postgres: Postgres, options: PostgresLogOptions, feed: CommitFeed) -> Self {
        let places = Arc::new(Places::default());
        let queue = || Arc::new(Queue::new(Arc::clone(&places), postgres.spread()));
        let queues: Vec<Arc<Queue>> = (0..options.lanes.clamp(1, 256)).map(|_| queue()).collect();
        let run = |queue: &Arc<Queue>| {
            let lane = Lane::new(postgres.clone(), Arc::clone(queue), feed.clone());
            tokio::spawn(lane.run())
        };
        let tasks = Mutex::new(queues.iter().map(run).collect());
        Self {
            postgres,
            lanes: Arc::new(Lanes { queues, tasks }),
        }
    }

    /// Refuses appends from now on, and waits until those that were queued are answered.
    pub async fn close(&self) {
        self.lanes.close();
        let tasks = std::mem::take(&mut *self.lanes.tasks.lock());
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(target: "database", %error, "a lane of the log failed");
            }
        }
    }
}

#[async_trait]
impl ChannelLog for PostgresLog {
    fn append(&self, append: Append, done: Done) {
        let bucket = append.channel.bucket();
        let lane = usize::from(bucket.unsigned_abs()) % self.lanes.queues.len();
        let since = Instant::now();
        self.lanes.queues[lane].push(bucket, Queued { append, done, since });
    }

    async fn read(&self, channel: ChannelId, page: ReadPage) -> Result<Vec<EventRow>, LogError> {
        read::page(&self.postgres, channel, page).await
    }

    async fn get(&self, channel: ChannelId, seq: Seq) -> Result<Option<EventRow>, LogError> {
        read::one(&self.postgres, channel, seq).await
    }

    async fn amendments(
        &self,
        channel: ChannelId,
        first: Seq,
        last: Seq,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        read::amendments(&self.postgres, channel, first, last, limit).await
    }

    async fn find(
        &self,
        channel: ChannelId,
        actor: UserId,
        key: ClientKey,
    ) -> Result<Option<EventRow>, LogError> {
        read::by_key(&self.postgres, channel, actor, key).await
    }

    async fn heads(&self, channels: &[ChannelId]) -> Result<Vec<Option<Head>>, LogError> {
        Ok(read::heads(&self.postgres, channels).await?)
    }

    async fn tombstone(&self, channel: ChannelId, seq: Seq) -> Result<(), LogError> {
        let values: klatch_engine::postgres::Params<'_> = &[&channel.bucket(), &channel.0, &int(seq.0)];
        if self.postgres.execute(statements::TOMBSTONE, values).await? > 0 {
            Ok(())
        } else {
            Err(LogError::NotFound)
        }
    }

    fn epoch(&self) -> &str {
        self.postgres.epoch()
    }
}
