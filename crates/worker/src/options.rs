//! How a worker works.

use klatch_types::limits;
use std::time::Duration;

/// How a worker works. The defaults are those of `limits`.
#[derive(Clone, Copy, Debug)]
pub struct WorkerOptions {
    /// Most pieces in hand at once.
    pub at_once: usize,
    /// How long a piece is this node's own.
    pub lease: Duration,
    /// How long one attempt may take; less than the lease.
    pub run_max: Duration,
    /// After so many attempts a piece is given up.
    pub attempts_max: u32,
    /// How long after the first failure it is tried again; twice as long after each further one.
    pub retry_first: Duration,
    /// Longest such wait.
    pub retry_max: Duration,
    /// How soon the queue is looked at again while there is work.
    pub look_min: Duration,
    /// The same when there has been none for a while.
    pub look_max: Duration,
    /// How often the queue is measured.
    pub measure_every: Duration,
    /// How long a stop waits for what is in hand.
    pub stop_max: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            at_once: limits::WORK_AT_ONCE,
            lease: limits::WORK_LEASE,
            run_max: limits::WORK_RUN_MAX,
            attempts_max: limits::WORK_ATTEMPTS_MAX,
            retry_first: limits::WORK_RETRY_FIRST,
            retry_max: limits::WORK_RETRY_MAX,
            look_min: limits::WORK_LOOK_MIN,
            look_max: limits::WORK_LOOK_MAX,
            measure_every: limits::WORK_MEASURED_EVERY,
            stop_max: limits::WORK_STOP_MAX,
        }
    }
}
