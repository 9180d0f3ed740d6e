//! The one thread that writes: takes all that waits, applies it in order of arrival, commits once, answers.

use super::checkpoint::Checkpointer;
use super::queue::{Entry, Job, Queue};
use crate::EngineError;
use klatch_types::limits;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::VecDeque;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::watch;

/// Frames in the write-ahead log (of one page each) from which the writer folds it into the database. Large enough
/// that pages written again and again are folded once, small enough that folding takes milliseconds.
const CHECKPOINT_FRAMES: i64 = 4_000;
/// Commits between two looks at the size of the write-ahead log.
const COMMITS_PER_LOOK: u32 = 8;

/// The participant that gives queued items their meaning: it keeps state between commits (channel heads), and the
/// writer tells it what becomes of every transaction. Everything is called on the writer thread.
pub trait Appender: Send + 'static {
    /// What is appended.
    type Item: Send + 'static;

    /// Applies one item. A refusal of the item alone is the appender's business and answered by it; an error means
    /// that the transaction cannot go on, and [`Self::rolled_back`] follows.
    fn apply(&mut self, transaction: &Connection, item: Self::Item) -> Result<(), EngineError>;

    /// All items of the batch are applied: writes what is written once per batch.
    fn before_commit(&mut self, transaction: &Connection) -> Result<(), EngineError>;

    /// The batch is durable: answers its items.
    fn committed(&mut self);

    /// The batch is undone: answers its items with the error and forgets what it knew.
    fn rolled_back(&mut self, error: &EngineError);

    /// Answers an item that was never applied.
    fn refuse(&mut self, item: Self::Item, error: &EngineError);
}

pub(super) struct Writer<A: Appender> {
    pub(super) connection: Connection,
    pub(super) appender: A,
    pub(super) queue: Arc<Queue<A::Item>>,
    pub(super) failed: watch::Sender<Option<EngineError>>,
    /// Held as long as the thread runs; see `open`.
    pub(super) lock: File,
    pub(super) commits: u32,
    pub(super) checkpointer: Checkpointer,
}

/// Jobs that ran in the current transaction, with how they ended.
type Ran = Vec<(Box<dyn Job>, Result<(), EngineError>)>;

impl<A: Appender> Writer<A> {
    /// The thread's whole life.
    pub(super) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.serve()))
            .unwrap_or_else(|_| Err(EngineError::Other("the writer panicked".into())));
        self.checkpointer.stop();
        match outcome {
            Ok(()) => self.stop_clean(),
            Err(error) => {
                tracing::error!(target: "database", %error, "the writer stopped for good: restart the server");
                for entry in self.queue.abandon() {
                    self.refuse(entry, &EngineError::Closed);
                }
                self.leave_disk_alone();
                self.failed.send_replace(Some(error));
            }
        }
        // The next process may come only when this one has let go of the files.
        drop(self.connection);
        drop(self.lock);
    }

    fn serve(&mut self) -> Result<(), EngineError> {
        let mut batch = VecDeque::new();
        let mut ran = Ran::new();
        while self.queue.take(&mut batch, limits::COMMIT_BATCH_MAX) {
            let outcome = self.transact(&mut batch, &mut ran);
            self.answer(outcome, &mut batch, &mut ran)?;
            self.checkpoint_if_due()?;
        }
        Ok(())
    }

    /// One transaction. On an error some entries may be left in `batch`.
    fn transact(&mut self, batch: &mut VecDeque<Entry<A::Item>>, ran: &mut Ran) -> Result<(), EngineError> {
        let transaction = &self.connection;
        transaction.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        while let Some(entry) = batch.pop_front() {
            match entry {
                Entry::Append(item) => self.appender.apply(transaction, item)?,
                Entry::Write(mut job) => {
                    let outcome = run_job(transaction, job.as_mut());
                    let fatal = outcome
                        .as_ref()
                        .err()
                        .filter(|error| self.is_fatal(error))
                        .cloned();
                    ran.push((job, outcome));
                    if let Some(error) = fatal {
                        return Err(error);
                    }
                }
            }
        }
        self.appender.before_commit(transaction)?;
        transaction.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Whether the transaction cannot go on: SQLite may have rolled all of it back, and would do so again.
    fn is_fatal(&self, error: &EngineError) -> bool {
        self.connection.is_autocommit()
            || matches!(
                error,
                EngineError::StorageFull | EngineError::Closed | EngineError::Damaged(_)
            )
    }

    /// Answers everyone in the batch. An error is returned if the writer must stop.
    fn answer(
        &mut self,
        outcome: Result<(), EngineError>,
        batch: &mut VecDeque<Entry<A::Item>>,
        ran: &mut Ran,
    ) -> Result<(), EngineError> {
        let Err(error) = outcome else {
            self.appender.committed();
            for (job, outcome) in ran.drain(..) {
                job.finish(outcome);
            }
            return Ok(());
        };
        tracing::error!(target: "database", %error, "a commit failed and was undone");
        // After an I/O error nothing is tried on this connection any more, not even to roll back: a write or fsync
        // that failed may seem to succeed the second time without the data being there.
        let stop = matches!(error, EngineError::Closed);
        if !stop && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        self.appender.rolled_back(&error);
        for (job, outcome) in ran.drain(..) {
            job.finish(outcome.and(Err(error.clone())));
        }
        for entry in batch.drain(..) {
            self.refuse(entry, &error);
        }
        if stop { Err(error) } else { Ok(()) }
    }

    fn refuse(&mut self, entry: Entry<A::Item>, error: &EngineError) {
        match entry {
            Entry::Append(item) => self.appender.refuse(item, error),
            Entry::Write(job) => job.finish(Err(error.clone())),
        }
    }

    /// Folds the write-ahead log into the database when it has grown. Done here and not by SQLite's own hook, which
    /// would hide a failed fsync. Readers are not waited for; what they still need is folded next time.
    fn checkpoint_if_due(&mut self) -> Result<(), EngineError> {
        self.commits = self.commits.wrapping_add(1);
        if !self.commits.is_multiple_of(COMMITS_PER_LOOK) {
            return Ok(());
        }
        let frames = || frames(&self.connection);
        self.checkpointer
            .between_commits(&self.connection, frames, CHECKPOINT_FRAMES)
    }

    /// Closing the last connection would fold the write-ahead log in, and so sync again what failed to.
    fn leave_disk_alone(&self) {
        let off = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        if let Err(error) = off {
            tracing::error!(target: "database", %error, "cannot close without folding");
        }
    }

    fn stop_clean(&mut self) {
        let marked = self.connection.execute_batch(
            "INSERT OR REPLACE INTO meta VALUES ('clean_stop', '1'); PRAGMA wal_checkpoint(TRUNCATE)",
        );
        match marked {
            Ok(()) => tracing::info!(target: "database", "closed"),
            Err(error) => tracing::error!(target: "database", %error, "closed, but not folded"),
        }
    }
}

/// How long the write-ahead log is.
fn frames(connection: &Connection) -> Result<i64, EngineError> {
    Ok(connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
        .query_row([], |row| row.get(1))?)
}

/// Runs one job in a savepoint, undone if it fails or panics.
fn run_job(transaction: &Connection, job: &mut dyn Job) -> Result<(), EngineError> {
    transaction.prepare_cached("SAVEPOINT job")?.execute([])?;
    let outcome = catch_unwind(AssertUnwindSafe(|| job.run(transaction))).unwrap_or_else(|_| {
        tracing::error!(target: "database", "a write panicked and was undone");
        Err(EngineError::Other("a write panicked".into()))
    });
    if outcome.is_err() && !transaction.is_autocommit() {
        transaction.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    if !transaction.is_autocommit() {
        transaction.prepare_cached("RELEASE job")?.execute([])?;
    }
    outcome
}
