//! Who does the work.

use async_trait::async_trait;
use klatch_engine::row::WorkRow;

/// Does the pieces of one kind.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The kind, as the log has it.
    fn kind(&self) -> u8;

    /// What metrics and log lines call the kind.
    fn name(&self) -> &'static str;

    /// Does one piece. It may have been done before, wholly or in part, and others of its kind may be under way: the
    /// outcome must be the same. Dropped if it takes longer than [`crate::WorkerOptions::run_max`].
    ///
    /// # Errors
    /// A reason to try again later.
    async fn run(&self, row: &WorkRow) -> Result<(), Retry>;
}

/// Why a piece is to be tried again, in words for the operator. Any error is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry(pub String);

impl<E: std::error::Error> From<E> for Retry {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
