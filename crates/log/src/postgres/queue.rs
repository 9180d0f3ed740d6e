//! What waits for one lane, in order of arrival.

use crate::{Append, Change, Done};
use klatch_engine::EngineError;
use klatch_engine::postgres::Spread;
use klatch_types::{ChannelId, limits};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// An append with whom to answer.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) append: Append,
    pub(super) done: Done,
    pub(super) since: Instant,
}

/// Places for appends that wait or are being committed, over all lanes.
#[derive(Debug, Default)]
pub(super) struct Places(AtomicUsize);

impl Places {
    fn take(&self) -> bool {
        if self.0.fetch_add(1, Ordering::Relaxed) < limits::APPEND_QUEUE_MAX {
            return true;
        }
        self.give_back(1);
        false
    }

    fn give_back(&self, count: usize) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }
}

/// A lane's queue. What may share a batch stands in one line: in [`Spread::Whole`] there is one, in
/// [`Spread::ByBucket`] one for each bucket, and the line that waits longest is next.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Notify,
    places: Arc<Places>,
    spread: Spread,
}

#[derive(Debug, Default)]
struct State {
    lines: HashMap<i16, VecDeque<Queued>>,
    /// The lines that are not empty, the next one first.
    order: VecDeque<i16>,
    closed: bool,
}

impl Queue {
    pub(super) fn new(places: Arc<Places>, spread: Spread) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Notify::new(),
            places,
            spread,
        }
    }

    /// Adds an append of a channel in `bucket`, or answers it with the reason why not.
    pub(super) fn push(&self, bucket: i16, item: Queued) {
        let line = match self.spread {
            Spread::Whole => 0,
            Spread::ByBucket => bucket,
        };
        {
            let mut state = self.state.lock();
            let refusal = if state.closed {
                Some(EngineError::Closed)
            } else if self.places.take() {
                None
            } else {
                Some(EngineError::Overloaded)
            };
            if let Some(error) = refusal {
                drop(state);
                item.done.send(Err(error.into())).ok();
                return;
            }
            let waiting = state.lines.entry(line).or_default();
            waiting.push_back(item);
            if waiting.len() == 1 {
                state.order.push_back(line);
            }
        }
        self.arrived.notify_one();
    }

    /// Takes the next batch, waits for one; none when the queue is closed and empty.
    pub(super) async fn take(&self) -> Option<Vec<Queued>> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut state = self.state.lock();
                if let Some(batch) = state.next() {
                    return Some(batch);
                }
                if state.closed {
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Answers those that have waited for so long: nothing of them was tried, so that nothing of them took effect.
    pub(super) fn expire(&self, longest: Duration) {
        let late = self.state.lock().late(longest);
        self.places.give_back(late.len());
        for queued in late {
            let why = EngineError::Unavailable("the database is too slow".to_owned());
            queued.done.send(Err(why.into())).ok();
        }
    }

    /// Says that so many of those taken were answered.
    pub(super) fn answered(&self, count: usize) {
        self.places.give_back(count);
    }

    /// Refuses what comes from now on; what is there is still taken.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.arrived.notify_one();
    }
}

impl State {
    /// Takes those out that have waited for so long: they stand in front of their lines.
    fn late(&mut self, longest: Duration) -> Vec<Queued> {
        let mut late = Vec::new();
        for waiting in self.lines.values_mut() {
            let is_late = |queued: &&Queued| queued.since.elapsed() >= longest;
            let count = waiting.iter().take_while(is_late).count();
            late.extend(waiting.drain(..count));
        }
        if !late.is_empty() {
            let lines = &mut self.lines;
            lines.retain(|_, waiting| !waiting.is_empty());
            self.order.retain(|line| lines.contains_key(line));
        }
        late
    }

    fn next(&mut self) -> Option<Vec<Queued>> {
        let line = self.order.pop_front()?;
        let waiting = self.lines.get_mut(&line)?;
        let batch = cut(waiting);
        if waiting.is_empty() {
            self.lines.remove(&line);
        } else {
            self.order.push_back(line);
        }
        Some(batch)
    }
}

/// Takes from the front what can be one batch. What was erased is looked up once for a batch, so that after an erasing
/// append, one that has a target in the same channel must wait for the next.
fn cut(waiting: &mut VecDeque<Queued>) -> Vec<Queued> {
    let mut erasing: HashSet<ChannelId> = HashSet::new();
    let mut length = 0;
    for Queued { append, .. } in waiting.iter().take(limits::COMMIT_BATCH_MAX) {
        if append.target.is_some() && erasing.contains(&append.channel) {
            break;
        }
        if append
            .changes
            .iter()
            .any(|change| matches!(change, Change::Erase { .. }))
        {
            erasing.insert(append.channel);
        }
        length += 1;
    }
    waiting.drain(..length).collect()
}
