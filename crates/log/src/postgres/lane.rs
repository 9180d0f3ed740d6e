//! A lane: takes batches from its queue and commits one after the other on a connection of its own.
//!
//! A batch is answered once, whatever happens: after its commit, or with an error that says what is known.

use super::changes::{added, writes};
use super::looking::{Look, ask_keys, at_positions, first_receipts, lock};
use super::placing::{NeedsKeys, Outcome, place, receipt};
use super::queue::{Queue, Queued};
use super::retry::{Next, Retry};
use super::session::{Ask, Failed, Session};
use super::{
    ANSWERED_WITHIN, ANSWERED_WITHIN_MIN, APPEND_TRIED_FOR, DOUBT_MIN, DOUBT_UNTIL, EXPIRED_EVERY, statements,
};
use crate::{CommitFeed, Committed, LogError};
use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, id, millis, opt_id, seq};
use klatch_types::{ChannelId, Seq};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

/// The task of one lane.
pub(super) struct Lane {
    postgres: Postgres,
    queue: Arc<Queue>,
    feed: CommitFeed,
    session: Option<Session>,
}

/// Why an attempt at a batch came to nothing.
pub(super) enum Failure {
    /// Nothing of it was committed.
    Certain(EngineError),
    /// It may have been committed, with these outcomes.
    InDoubt(Vec<Outcome>, EngineError),
}

impl Lane {
    pub(super) fn new(postgres: Postgres, queue: Arc<Queue>, feed: CommitFeed) -> Self {
        Self {
            postgres,
            queue,
            feed,
            session: None,
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        let queue = Arc::clone(&self.queue);
        let mut looks = tokio::time::interval(EXPIRED_EVERY);
        while let Some(batch) = queue.take().await {
            let work = self.work(batch);
            tokio::pin!(work);
            loop {
                tokio::select! {
                    () = &mut work => break,
                    // While the database keeps this batch waiting, those behind it are not kept for ever.
                    _ = looks.tick() => queue.expire(APPEND_TRIED_FOR),
                }
            }
        }
    }

    /// Settles a batch, in parts if it must be.
    async fn work(&mut self, batch: Vec<Queued>) {
        let count = batch.len();
        let mut parts = vec![batch];
        while let Some(part) = parts.pop() {
            if let Some((first, second)) = Box::pin(self.settle(part)).await {
                parts.push(second);
                parts.push(first);
            }
        }
        self.queue.answered(count);
    }

    /// Commits and answers a batch; or, if something in it that the database will not take spoils it for the others,
    /// answers its two halves to be settled in this order.
    async fn settle(&mut self, mut batch: Vec<Queued>) -> Option<(Vec<Queued>, Vec<Queued>)> {
        let mut retry = Retry::default();
        loop {
            let error = match self.attempt(&batch, retry.keys()).await {
                Ok(outcomes) => {
                    self.pass(batch, outcomes);
                    return None;
                }
                Err(Failure::Certain(error)) => error,
                Err(Failure::InDoubt(outcomes, error)) => {
                    metrics::counter!("klatch_log_in_doubt_total").increment(1);
                    tracing::warn!(target: "database", %error, appends = batch.len(), "a commit is in doubt");
                    match self.was_committed(&batch, &outcomes).await {
                        Some(true) => {
                            self.pass(batch, outcomes);
                            return None;
                        }
                        Some(false) => EngineError::Unavailable(error.to_string()),
                        None => {
                            refuse(batch, &EngineError::Unknown(error.to_string()));
                            return None;
                        }
                    }
                }
            };
            match retry.after(error, &mut batch) {
                Next::Again(wait) => tokio::time::sleep(wait).await,
                Next::Halves => {
                    let second = batch.split_off(batch.len() / 2);
                    return Some((batch, second));
                }
                Next::Refuse(error) => {
                    refuse(batch, &error);
                    return None;
                }
            }
        }
    }

    /// One transaction: locks and reads, decides, writes and commits.
    async fn attempt(&mut self, batch: &[Queued], keys: bool) -> Result<Vec<Outcome>, Failure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => match timeout(patience(batch), Session::open(&self.postgres)).await {
                Ok(opened) => opened.map_err(not_there)?,
                Err(_) => return Err(Failure::Certain(not_answered())),
            },
        };
        // Not put back if this is abandoned: nobody knows then what its backend is at.
        let result = self.in_transaction(&session, batch, keys).await;
        let usable = match &result {
            Ok(_) => true,
            Err(Failure::Certain(EngineError::Unavailable(_) | EngineError::Unknown(_))) => false,
            Err(Failure::Certain(_)) => session.roll_back().await.is_ok(),
            Err(Failure::InDoubt(..)) => false,
        };
        if usable {
            self.session = Some(session);
        }
        result
    }

    async fn in_transaction(
        &self,
        session: &Session,
        batch: &[Queued],
        keys: bool,
    ) -> Result<Vec<Outcome>, Failure> {
        let spread = self.postgres.spread();
        let look = Look::new(batch, spread, keys);
        let answers = before_commit(session, batch, &look.asks).await?;
        let mut known = look.known(&answers).map_err(Failure::Certain)?;
        let outcomes = match place(batch, &known) {
            Ok(outcomes) => outcomes,
            Err(NeedsKeys) => {
                let rows = before_commit(session, batch, &[ask_keys(batch, spread)]).await?;
                let rows = rows.first().map_or(&[] as &[Row], Vec::as_slice);
                known.keys = Some(first_receipts(rows).map_err(Failure::Certain)?);
                place(batch, &known).expect("the keys are looked up")
            }
        };
        let asks = writes(batch, &outcomes, spread);
        let commit = asks.len() - 1;
        match timeout(patience(batch), session.ask(&asks)).await {
            Ok(Ok(_)) => Ok(outcomes),
            // Without events there is nothing to doubt.
            _ if commit == 0 => Err(Failure::Certain(not_answered())),
            Ok(Err(failed)) if is_certain(&failed, commit) => {
                let lost = failed.error.as_db_error().is_none() || ends_session(&failed.error);
                let error = EngineError::from(failed.error);
                Err(Failure::Certain(if lost {
                    EngineError::Unavailable(error.to_string())
                } else {
                    error
                }))
            }
            Ok(Err(failed)) => Err(Failure::InDoubt(outcomes, failed.error.into())),
            Err(_) => Err(Failure::InDoubt(outcomes, not_answered())),
        }
    }

    /// Passes a committed batch on, and gives the answers that are not events.
    fn pass(&self, batch: Vec<Queued>, outcomes: Vec<Outcome>) {
        let mut events = Vec::with_capacity(batch.len());
        let mut answers = Vec::new();
        for (queued, outcome) in batch.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Added(head) => events.push(committed(queued, &head)),
                Outcome::Answered(answer) => answers.push((queued.done, answer)),
            }
        }
        if !events.is_empty() {
            self.feed.pass(events);
        }
        for (done, answer) in answers {
            done.send(answer).ok();
        }
    }

    /// Finds out whether a batch in doubt was committed; none if that cannot be found out in time.
    async fn was_committed(&self, batch: &[Queued], outcomes: &[Outcome]) -> Option<bool> {
        let oldest = batch.iter().map(|queued| queued.since).min()?;
        let until = (oldest + DOUBT_UNTIL).max(Instant::now() + DOUBT_MIN);
        let mut wait = Duration::from_millis(50);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            match timeout(left, self.look_for(batch, outcomes)).await {
                Ok(Ok(there)) => return Some(there),
                Ok(Err(error)) => {
                    tracing::debug!(target: "database", %error, "a commit is still in doubt");
                }
                Err(_) => {}
            }
            tokio::time::sleep(wait.min(until.saturating_duration_since(Instant::now()))).await;
            wait = (wait * 2).min(Duration::from_secs(1));
        }
    }

    /// Looks at the positions that a batch was given. Locking its channels waits for the backend that has it in hand;
    /// and as a lock is written to the log of the database, the commit at the end waits until a synchronous standby has
    /// all that was before, this batch included.
    async fn look_for(&self, batch: &[Queued], outcomes: &[Outcome]) -> Result<bool, EngineError> {
        let spread = self.postgres.spread();
        let session = Session::open(&self.postgres).await?;
        let positions: Vec<(ChannelId, Seq)> = added(batch, outcomes)
            .map(|(append, head)| (append.channel, head.seq))
            .collect();
        let mut asks = lock(batch, spread);
        asks.push(at_positions(statements::WRITTEN, positions, spread));
        let found = asks.len() - 1;
        asks.push(Ask::plain("COMMIT"));
        let answers = session.ask(&asks).await.map_err(|failed| failed.error)?;
        let mut written = HashMap::new();
        for row in &answers[found] {
            let kind: i16 = row.try_get(3)?;
            let digest: i64 = row.try_get(4)?;
            let event = (id(row, 2)?, kind, digest, millis(row, 5)?, opt_id(row, 6)?);
            written.insert((id(row, 0)?, seq(row, 1)?), event);
        }
        // All or nothing: a position that holds another event was given again after this batch came to nothing.
        Ok(added(batch, outcomes).all(|(append, head)| {
            let event = (
                append.actor,
                i16::from(append.kind),
                append.digest.cast_signed(),
                append.at,
                append.key,
            );
            written.get(&(append.channel, head.seq)) == Some(&event)
        }))
    }
}

/// How long a batch may wait for an answer: as long as the oldest of its appends is tried, within bounds.
fn patience(batch: &[Queued]) -> Duration {
    let oldest = batch.iter().map(|queued| queued.since.elapsed()).max();
    APPEND_TRIED_FOR
        .saturating_sub(oldest.unwrap_or_default())
        .clamp(ANSWERED_WITHIN_MIN, ANSWERED_WITHIN)
}

/// Asks something before the commit: whatever happens, nothing is committed.
async fn before_commit(
    session: &Session,
    batch: &[Queued],
    asks: &[Ask<'_>],
) -> Result<Vec<Vec<Row>>, Failure> {
    match timeout(patience(batch), session.ask(asks)).await {
        Ok(Ok(rows)) => Ok(rows),
        Ok(Err(failed)) => Err(Failure::Certain(failed.error.into())),
        Err(_) => Err(Failure::Certain(not_answered())),
    }
}

/// Whether a failure means that nothing was committed. Answers come in order: if the database refused a statement, or
/// ended the session at one, it did not come to the commit.
fn is_certain(failed: &Failed, commit: usize) -> bool {
    let refused = failed.error.as_db_error().is_some();
    !failed.all_sent || (refused && (failed.at < commit || !ends_session(&failed.error)))
}

/// Whether the database ended the session, or stopped waiting: at a commit, that may be after it.
fn ends_session(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        *said.code() == SqlState::QUERY_CANCELED || said.severity() == "FATAL" || said.severity() == "PANIC"
    })
}

fn not_answered() -> EngineError {
    EngineError::Unavailable("no answer in time".to_owned())
}

/// A connection that could not be made did nothing.
fn not_there(error: EngineError) -> Failure {
    Failure::Certain(match error {
        EngineError::Unknown(why) => EngineError::Unavailable(why),
        other => other,
    })
}

fn refuse(batch: Vec<Queued>, error: &EngineError) {
    for queued in batch {
        queued.done.send(Err(LogError::Engine(error.clone()))).ok();
    }
}

fn committed(queued: Queued, head: &super::placing::ChannelHead) -> Committed {
    let Queued { append, done, .. } = queued;
    let receipt = receipt(&append, head);
    Committed::new(append, receipt, done)
}
