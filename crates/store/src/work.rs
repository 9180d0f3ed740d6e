//! The trait of the queue of late work.

use crate::StoreError;
use async_trait::async_trait;
use klatch_engine::row::{WorkId, WorkRow};
use klatch_types::Millis;
use std::time::Duration;

/// What a claimer would have.
#[derive(Clone, Copy, Debug)]
pub struct WorkClaim<'a> {
    /// The time now: what is due by then may be had.
    pub now: Millis,
    /// For how long it is the claimer's own. Whoever does not come back in that time loses it to others.
    pub lease: Duration,
    /// At most so many pieces.
    pub limit: u32,
    /// Only of these kinds: those of a later version are left to nodes that know them.
    pub kinds: &'a [u8],
}

/// How much late work there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkDepth {
    /// Pieces that are not done, those in hand and those that are due later included; not those that were given up.
    pub waiting: u64,
    /// When the first of those is due, or was.
    pub oldest_due: Option<Millis>,
    /// Pieces that were given up: due [`klatch_engine::row::FOR_GOOD`].
    pub given_up: u64,
}

/// Late work, written by the log in the transaction of the event that it follows from. Of all the nodes each piece is
/// with one at a time; it is done at least once, and more than once if a claimer dies or dawdles. All implementations
/// pass the suite of [`crate::conformance`].
#[async_trait]
pub trait WorkQueue: Send + Sync + 'static {
    /// Takes work that is due, longest due first. Until its lease ends nobody else gets it; each time it is taken counts
    /// as an attempt. The rows are as after the claim.
    async fn claim(&self, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, StoreError>;

    /// Removes what is done; what is gone already is no fault.
    async fn done(&self, ids: &[WorkId]) -> Result<(), StoreError>;

    /// Puts a claimed piece off until `due_at`; [`klatch_engine::row::FOR_GOOD`] gives it up. Nothing happens if it was
    /// claimed by someone else meanwhile, or is done. Whether it was still the claimer's own.
    async fn retry_at(&self, claimed: &WorkRow, due_at: Millis) -> Result<bool, StoreError>;

    /// How much there is, of all kinds.
    async fn depth(&self) -> Result<WorkDepth, StoreError>;
}
