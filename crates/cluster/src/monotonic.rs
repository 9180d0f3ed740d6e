//! Time that only goes forward. The time of day of a node may be wrong or be set; silence is measured with this.

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Where the time since some moment comes from; only differences mean something.
pub trait Monotonic: Send + Sync + 'static {
    /// The time since that moment; never less than before.
    fn now(&self) -> Duration;
}

/// Time since it was made, by the machine's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct SinceStart(Instant);

impl Default for SinceStart {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Monotonic for SinceStart {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Time that moves only when told to.
#[derive(Debug, Default)]
pub struct ManualMonotonic(Mutex<Duration>);

impl ManualMonotonic {
    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock();
        *now = now.saturating_add(by);
    }
}

impl Monotonic for ManualMonotonic {
    fn now(&self) -> Duration {
        *self.0.lock()
    }
}
