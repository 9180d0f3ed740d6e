//! What to do about a batch that was certainly not committed.

use super::APPEND_TRIED_FOR;
use super::queue::Queued;
use crate::LogError;
use klatch_engine::EngineError;
use std::time::{Duration, Instant};

/// Waits between attempts while the database cannot be reached.
const UNREACHED: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Attempts that other transactions may spoil.
const CONTENDED_MAX: u32 = 5;
/// Attempts that a unique index may spoil: the first did not look its keys up, later ones meet those who make the same
/// channel at the same time.
const TAKEN_MAX: u32 = 5;

/// What next.
pub(super) enum Next {
    /// Try again after a while.
    Again(Duration),
    /// Try the two halves, to find what the database will not take.
    Halves,
    /// Answer this to all.
    Refuse(EngineError),
}

/// What a batch went through so far.
#[derive(Default)]
pub(super) struct Retry {
    taken: u32,
    contended: u32,
    unreached: u32,
}

impl Retry {
    /// Whether the next attempt looks up first which keys were used.
    pub(super) fn keys(&self) -> bool {
        self.taken > 0
    }

    /// Decides after a failure. Appends that waited for too long are answered and taken out of the batch.
    pub(super) fn after(&mut self, error: EngineError, batch: &mut Vec<Queued>) -> Next {
        match error {
            EngineError::Exists if self.taken < TAKEN_MAX => {
                self.taken += 1;
                again("key", Duration::ZERO)
            }
            EngineError::Exists => Next::Refuse(EngineError::Damaged(
                "a position after the head of its channel is taken".to_owned(),
            )),
            EngineError::Contended(why) => {
                expire(batch, &EngineError::Contended(why.clone()));
                if batch.is_empty() || self.contended >= CONTENDED_MAX {
                    return Next::Refuse(EngineError::Contended(why));
                }
                self.contended += 1;
                again("contended", Duration::from_millis(5) * self.contended)
            }
            EngineError::Unavailable(why) | EngineError::Unknown(why) => {
                expire(batch, &EngineError::Unavailable(why.clone()));
                if batch.is_empty() {
                    return Next::Refuse(EngineError::Unavailable(why));
                }
                let wait = UNREACHED.0 * 2u32.pow(self.unreached.min(5));
                self.unreached += 1;
                again("connection", wait.min(UNREACHED.1))
            }
            EngineError::Other(_) if batch.len() > 1 => Next::Halves,
            other => Next::Refuse(other),
        }
    }
}

fn again(why: &'static str, wait: Duration) -> Next {
    metrics::counter!("klatch_log_retries_total", "why" => why).increment(1);
    Next::Again(wait)
}

/// Answers those that were queued too long ago.
fn expire(batch: &mut Vec<Queued>, error: &EngineError) {
    let now = Instant::now();
    let late = batch.extract_if(.., |queued| now.duration_since(queued.since) >= APPEND_TRIED_FOR);
    for queued in late {
        queued.done.send(Err(LogError::Engine(error.clone()))).ok();
    }
}
