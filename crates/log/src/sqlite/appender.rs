//! What an append means: runs on the writer thread, inside the group's transaction.

use super::changes;
use super::heads::{ChannelHead, Heads};
use crate::{Append, Change, CommitFeed, Committed, Done, Expect, LogError, Receipt};
use klatch_engine::EngineError;
use klatch_engine::sqlite::{self, int, millis, ordinal, seq};
use klatch_types::ClientKey;
use rusqlite::{Connection, OptionalExtension as _, params};

/// An append with whom to answer.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) append: Append,
    pub(super) done: Done,
}

/// An answer that is not a new event: a duplicate's first receipt, or a refusal.
type Answer = Result<Receipt, LogError>;

/// The log's participant in the engine's transactions.
pub(super) struct Appender {
    feed: CommitFeed,
    heads: Heads,
    /// New events of the batch, in order.
    added: Vec<Committed>,
    /// What else is owed once the batch is durable. Refusals wait too: they may rest on events of the batch.
    answers: Vec<(Done, Answer)>,
}

impl Appender {
    pub(super) fn new(feed: CommitFeed) -> Self {
        Self {
            feed,
            heads: Heads::default(),
            added: Vec::new(),
            answers: Vec::new(),
        }
    }
}

impl sqlite::Appender for Appender {
    type Item = Queued;

    fn apply(&mut self, transaction: &Connection, item: Queued) -> Result<(), EngineError> {
        let Queued { append, done } = item;
        let outcome = match self.place(transaction, &append) {
            Ok(outcome) => outcome,
            Err(LogError::Engine(error)) if must_roll_back(transaction, &error) => {
                self.answers.push((done, Err(LogError::Engine(error.clone()))));
                return Err(error);
            }
            Err(refusal) => Outcome::Answered(Err(refusal)),
        };
        match outcome {
            Outcome::Added(head) => {
                if append.message {
                    self.heads.own_cursor(append.actor, &head);
                }
                self.heads.put(append.channel, head);
                self.added.push(committed(append, &head, done));
            }
            Outcome::Answered(answer) => self.answers.push((done, answer)),
        }
        Ok(())
    }

    fn before_commit(&mut self, transaction: &Connection) -> Result<(), EngineError> {
        self.heads.flush(transaction)
    }

    fn committed(&mut self) {
        if !self.added.is_empty() {
            let room = self.added.len();
            self.feed
                .pass(std::mem::replace(&mut self.added, Vec::with_capacity(room)));
        }
        for (done, answer) in self.answers.drain(..) {
            done.send(answer).ok();
        }
        self.heads.trim();
    }

    fn rolled_back(&mut self, error: &EngineError) {
        self.heads.forget();
        let waiting = self.added.drain(..).map(|added| added.done);
        for done in waiting.chain(self.answers.drain(..).map(|(done, _)| done)) {
            done.send(Err(error.clone().into())).ok();
        }
    }

    fn refuse(&mut self, item: Queued, error: &EngineError) {
        item.done.send(Err(error.clone().into())).ok();
    }
}

/// What became of an append.
enum Outcome {
    /// It is the event at the head's position.
    Added(ChannelHead),
    /// Nothing was added.
    Answered(Answer),
}

impl Appender {
    /// Finds the append's place and writes it there, all of it or nothing.
    fn place(&mut self, transaction: &Connection, append: &Append) -> Result<Outcome, LogError> {
        let known = self.heads.get(transaction, append.channel)?;
        match (append.expect, known) {
            (Expect::New, None) => atomically(transaction, || {
                let Some(Change::Create(new)) = append.changes.iter().find(|change| is_create(change)) else {
                    return Err(LogError::Engine(EngineError::Other(
                        "a new channel without its making".into(),
                    )));
                };
                let head = changes::create(transaction, append.channel, new, append.at)?;
                add(transaction, append, head)
            }),
            (Expect::New, Some(head)) => first_receipt(transaction, append, &head)?
                .map_or(Err(LogError::Exists(append.channel)), |answer| {
                    Ok(Outcome::Answered(answer))
                }),
            (_, None) => Err(LogError::NotFound),
            (Expect::AccessAt(checked), Some(head)) if head.access_seq > checked => {
                let stale = LogError::Stale {
                    access_seq: head.access_seq,
                };
                first_receipt(transaction, append, &head)?
                    .map_or(Err(stale), |answer| Ok(Outcome::Answered(answer)))
            }
            (_, Some(head)) if is_erased(transaction, append, &head)? => {
                first_receipt(transaction, append, &head)?
                    .map_or(Err(LogError::Gone), |answer| Ok(Outcome::Answered(answer)))
            }
            // One statement is atomic by itself: plain messages need no savepoint.
            (_, Some(head)) if append.changes.is_empty() && append.work.is_empty() => {
                add(transaction, append, head)
            }
            (_, Some(head)) => atomically(transaction, || add(transaction, append, head)),
        }
    }
}

/// Adds the event and its changes after `head`, unless its key is there.
fn add(transaction: &Connection, append: &Append, mut head: ChannelHead) -> Result<Outcome, LogError> {
    head.seq = head.seq.next();
    if append.message {
        head.ordinal.0 += 1;
        head.active_at = append.at;
        head.last_message = Some(head.seq);
    }
    if !insert(transaction, append, &head)? {
        head.seq = head.seq.prev();
        let answer = first_receipt(transaction, append, &head)?;
        let taken = || {
            EngineError::Damaged(format!(
                "position after {} of {} is taken",
                head.seq, append.channel
            ))
        };
        return Ok(Outcome::Answered(answer.ok_or_else(taken)?));
    }
    if !append.changes.is_empty() {
        changes::apply(transaction, &mut head, append.at, &append.changes)?;
    }
    for (place, work) in append.work_by_place() {
        let mut insert = transaction
            .prepare_cached("INSERT INTO work VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)")
            .map_err(EngineError::from)?;
        let values = params![
            head.no,
            int(head.seq.0),
            place,
            work.kind,
            work.due_at.0,
            work.payload
        ];
        insert.execute(values).map_err(EngineError::from)?;
    }
    Ok(Outcome::Added(head))
}

/// Whether the append would change content that was erased.
fn is_erased(transaction: &Connection, append: &Append, head: &ChannelHead) -> Result<bool, EngineError> {
    let Some(target) = append.target else {
        return Ok(false);
    };
    let mut query =
        transaction.prepare_cached("SELECT tombstone FROM events WHERE channel = ?1 AND seq = ?2")?;
    let tombstone = query
        .query_row(params![head.no, int(target.0)], |row| row.get(0))
        .optional()?;
    Ok(tombstone.unwrap_or(false))
}

/// Inserts the event; false if its key (or, in a damaged database, its position) is taken.
fn insert(transaction: &Connection, append: &Append, head: &ChannelHead) -> Result<bool, EngineError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO events (channel, seq, ordinal, at, actor, key, kind, message, target, digest, tombstone, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11) ON CONFLICT DO NOTHING",
    )?;
    let inserted = insert.execute(params![
        head.no,
        int(head.seq.0),
        int(head.ordinal.0),
        append.at.0,
        append.actor.as_bytes(),
        append.key.as_ref().map(ClientKey::as_bytes),
        append.kind,
        append.message,
        append.target.map(|target| int(target.0)),
        append.digest.cast_signed(),
        append.payload,
    ])?;
    Ok(inserted == 1)
}

/// The answer for a key that is there already: its first receipt for the same body, else `Conflict`.
fn first_receipt(
    transaction: &Connection,
    append: &Append,
    head: &ChannelHead,
) -> Result<Option<Answer>, EngineError> {
    let Some(key) = append.key else { return Ok(None) };
    let mut query = transaction.prepare_cached(
        "SELECT seq, ordinal, at, digest FROM events WHERE key = ?1 AND channel = ?2 AND actor = ?3",
    )?;
    let found = query.query_row(params![key.as_bytes(), head.no, append.actor.as_bytes()], |row| {
        let first = seq(row, 0)?;
        let receipt = Receipt {
            seq: first,
            prev: first.prev(),
            ordinal: ordinal(row, 1)?,
            at: millis(row, 2)?,
            duplicate: true,
        };
        Ok((receipt, row.get::<_, i64>(3)?.cast_unsigned()))
    });
    Ok(found.optional()?.map(|(receipt, digest)| {
        if digest == append.digest {
            Ok(receipt)
        } else {
            Err(LogError::Conflict)
        }
    }))
}

/// Runs `f` in a savepoint, undone if it is refused.
fn atomically(
    transaction: &Connection,
    f: impl FnOnce() -> Result<Outcome, LogError>,
) -> Result<Outcome, LogError> {
    let execute = |sql: &str| -> Result<(), EngineError> {
        transaction.prepare_cached(sql)?.execute([])?;
        Ok(())
    };
    execute("SAVEPOINT append")?;
    let outcome = f();
    if transaction.is_autocommit() {
        return outcome;
    }
    if outcome.is_err() {
        execute("ROLLBACK TO append")?;
    }
    execute("RELEASE append")?;
    outcome
}

fn is_create(change: &Change) -> bool {
    matches!(change, Change::Create(_))
}

/// Whether an error ends the whole transaction and not only this append.
fn must_roll_back(transaction: &Connection, error: &EngineError) -> bool {
    transaction.is_autocommit()
        || matches!(
            error,
            EngineError::StorageFull | EngineError::Closed | EngineError::Damaged(_)
        )
}

fn committed(append: Append, head: &ChannelHead, done: Done) -> Committed {
    let receipt = Receipt {
        seq: head.seq,
        prev: head.seq.prev(),
        ordinal: head.ordinal,
        at: append.at,
        duplicate: false,
    };
    Committed::new(append, receipt, done)
}
