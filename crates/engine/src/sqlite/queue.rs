//! What waits for the writer, in order of arrival.

use crate::EngineError;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::Arc;

/// A write that is not an append, with its answer.
pub(super) trait Job: Send {
    /// Does it, once, inside a savepoint of its own.
    fn run(&mut self, transaction: &Connection) -> Result<(), EngineError>;
    /// Answers it: with its result if it did well and was committed, with the error otherwise.
    fn finish(self: Box<Self>, outcome: Result<(), EngineError>);
}

/// One thing to write.
pub(super) enum Entry<I> {
    Append(I),
    Write(Box<dyn Job>),
}

struct State<I> {
    entries: VecDeque<Entry<I>>,
    /// How many the writer took and has not answered: they keep their places in the bound.
    committing: usize,
    /// Whether the writer waits, so that nobody pays for waking a writer that is at work.
    sleeping: bool,
    closed: bool,
}

/// The queue.
pub(super) struct Queue<I> {
    state: Mutex<State<I>>,
    arrived: Condvar,
    entries_max: usize,
}

impl<I> Queue<I> {
    pub(super) fn new(entries_max: usize) -> Self {
        let state = State {
            entries: VecDeque::new(),
            committing: 0,
            sleeping: false,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            entries_max,
        }
    }

    /// Adds an append, or gives it back with the reason.
    fn push(&self, item: I) -> Result<(), (I, EngineError)> {
        let mut state = self.state.lock();
        if state.closed {
            return Err((item, EngineError::Closed));
        }
        if state.entries.len() + state.committing >= self.entries_max {
            return Err((item, EngineError::Overloaded));
        }
        state.entries.push_back(Entry::Append(item));
        self.wake(&state);
        Ok(())
    }

    fn wake(&self, state: &State<I>) {
        if state.sleeping {
            self.arrived.notify_one();
        }
    }

    /// Takes what waits, at most `batch_max`, into the empty `batch`; waits for the first. What was taken before
    /// counts as answered. False when the queue is closed and empty.
    pub(super) fn take(&self, batch: &mut VecDeque<Entry<I>>, batch_max: usize) -> bool {
        debug_assert!(batch.is_empty(), "the last batch was answered");
        let mut state = self.state.lock();
        state.committing = 0;
        while state.entries.is_empty() {
            if state.closed {
                return false;
            }
            state.sleeping = true;
            self.arrived.wait(&mut state);
            state.sleeping = false;
        }
        if state.entries.len() <= batch_max {
            std::mem::swap(&mut state.entries, batch);
        } else {
            batch.extend(state.entries.drain(..batch_max));
        }
        state.committing = batch.len();
        true
    }

    /// Refuses what comes from now on; the writer still takes what is there.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        self.arrived.notify_one();
    }

    /// Closes and gives back what waits.
    pub(super) fn abandon(&self) -> VecDeque<Entry<I>> {
        let mut state = self.state.lock();
        state.closed = true;
        state.committing = 0;
        std::mem::take(&mut state.entries)
    }
}

/// What a handle needs of the queue, whatever is appended.
pub(super) trait Writes: Send + Sync {
    /// Adds a write; its own bound is kept by the caller. If closed, the write is answered so.
    fn submit(&self, job: Box<dyn Job>);
    /// Refuses what comes from now on.
    fn close(&self);
}

impl<I: Send + 'static> Writes for Queue<I> {
    fn submit(&self, job: Box<dyn Job>) {
        let refused = {
            let mut state = self.state.lock();
            if state.closed {
                Some(job)
            } else {
                state.entries.push_back(Entry::Write(job));
                self.wake(&state);
                None
            }
        };
        if let Some(job) = refused {
            job.finish(Err(EngineError::Closed));
        }
    }

    fn close(&self) {
        Self::close(self);
    }
}

/// The log's end of the queue.
pub struct Appends<I>(pub(super) Arc<Queue<I>>);

impl<I> Clone for Appends<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I> std::fmt::Debug for Appends<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Appends").finish_non_exhaustive()
    }
}

impl<I: Send + 'static> Appends<I> {
    /// Queues one append. Never blocks: if `limits::APPEND_QUEUE_MAX` wait or are being committed the item comes
    /// back with [`EngineError::Overloaded`], after the stop with [`EngineError::Closed`].
    pub fn push(&self, item: I) -> Result<(), (I, EngineError)> {
        self.0.push(item)
    }
}
