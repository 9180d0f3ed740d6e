//! Who does which late work.

use async_trait::async_trait;
use klatch_channel::{Channels, END_MEETING, UNINVITE};
use klatch_engine::row::WorkRow;
use klatch_store::WorkQueue;
use klatch_types::{SystemClock, SystemEntropy};
use klatch_worker::{Handler, Retry, Worker, WorkerOptions, WorkerParts};
use std::sync::Arc;

/// The worker of this node, which does not run yet.
pub(super) fn worker(queue: Arc<dyn WorkQueue>, channels: &Arc<Channels>) -> Worker {
    let parts = WorkerParts {
        queue,
        handlers: vec![
            Arc::new(Uninviting(Arc::clone(channels))),
            Arc::new(Ending(Arc::clone(channels))),
        ],
        wake: Arc::clone(channels.work()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    Worker::new(parts, WorkerOptions::default())
}

/// Takes back the invitations of those who may no longer invite.
struct Uninviting(Arc<Channels>);

#[async_trait]
impl Handler for Uninviting {
    fn kind(&self) -> u8 {
        UNINVITE
    }

    fn name(&self) -> &'static str {
        "uninvite"
    }

    async fn run(&self, row: &WorkRow) -> Result<(), Retry> {
        Ok(self.0.uninvite(row.id.channel, &row.payload).await?)
    }
}

/// Closes meetings at their end.
struct Ending(Arc<Channels>);

#[async_trait]
impl Handler for Ending {
    fn kind(&self) -> u8 {
        END_MEETING
    }

    fn name(&self) -> &'static str {
        "end_meeting"
    }

    async fn run(&self, row: &WorkRow) -> Result<(), Retry> {
        Ok(self.0.end_meeting(row.id.channel, &row.payload).await?)
    }
}
