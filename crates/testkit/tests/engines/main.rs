//! The engines for tests do what their names say.

// All of this is tests; the lint sees only functions marked so.
#![allow(clippy::unwrap_used)]

mod ends;
mod nats;
mod postgres;
mod proxy;

use std::time::{Duration, Instant};

/// Longest wait for something outside this process.
const PATIENCE: Duration = Duration::from_secs(30);

/// Until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
