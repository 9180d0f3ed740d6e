//! Committed batches on their way from the log to the channels.

use crate::{Append, Change, LogError, Receipt};
use klatch_engine::row::EventRow;
use tokio::sync::{mpsc, oneshot};

/// Answers one append.
pub type Done = oneshot::Sender<Result<Receipt, LogError>>;

/// One committed event with the answer it is owed. Whoever takes it from the feed hands the event to the fan-out
/// first and answers `done` second, so that a sender's own event and ack leave in one write.
#[derive(Debug)]
pub struct Committed {
    /// The event as stored.
    pub event: EventRow,
    /// Whether it changed who may do what.
    pub access: bool,
    /// The receipt to answer with.
    pub receipt: Receipt,
    /// Where to.
    pub done: Done,
}

impl Committed {
    /// An append that was committed as its receipt says.
    pub(crate) fn new(append: Append, receipt: Receipt, done: Done) -> Self {
        Self {
            access: append.changes.iter().any(Change::is_access),
            event: append.into_event(receipt.seq, receipt.ordinal),
            receipt,
            done,
        }
    }
}

/// The log's end of the feed.
#[derive(Clone, Debug)]
pub struct CommitFeed(mpsc::UnboundedSender<Vec<Committed>>);

/// The channels' end of the feed.
pub type CommitReceiver = mpsc::UnboundedReceiver<Vec<Committed>>;

/// Makes a feed. It has no bound of its own: whoever appends waits for the answer, so what is in it is bounded by the
/// callers there are (`limits::COMMANDS_IN_FLIGHT_MAX` for each connection).
pub fn commit_feed() -> (CommitFeed, CommitReceiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (CommitFeed(sender), receiver)
}

impl CommitFeed {
    /// Passes on a committed batch, in commit order. If nobody listens any more (the server stops), the answers
    /// are given here.
    pub fn pass(&self, batch: Vec<Committed>) {
        if let Err(mpsc::error::SendError(batch)) = self.0.send(batch) {
            for committed in batch {
                committed.done.send(Ok(committed.receipt)).ok();
            }
        }
    }
}
