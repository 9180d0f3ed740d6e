//! A clock that can be set back, so that a demo has a past.

use klatch_types::{Clock, Millis, SystemClock};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The machine's clock less an offset; the offset is 0 except while the demo is made.
#[derive(Debug, Default)]
pub struct Past(AtomicI64);

impl Past {
    /// Sets the clock to so long ago; it goes on from there.
    pub fn set_back(&self, by: Duration) {
        self.0.store(
            i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
            Ordering::Relaxed,
        );
    }
}

impl Clock for Past {
    fn now(&self) -> Millis {
        Millis(SystemClock.now().0.saturating_sub(self.0.load(Ordering::Relaxed)))
    }
}
