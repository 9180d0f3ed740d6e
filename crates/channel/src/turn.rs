//! Order among the commands of one connection.

use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// A connection's queue of turns: commands start in the order they asked.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<()>>);

/// The right to act. A send gives it up once the log has queued it, so that many sends of one connection share a
/// commit and still stand in the log as they were sent; every other command keeps it to its end.
#[derive(Debug)]
pub struct Turn {
    _held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn; fair, first asked first served.
    pub async fn next(&self) -> Turn {
        Turn {
            _held: Some(Arc::clone(&self.0).lock_owned().await),
        }
    }
}

impl Turn {
    /// A turn of a caller who sends one command at a time.
    pub fn alone() -> Self {
        Self { _held: None }
    }
}
