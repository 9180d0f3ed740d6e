//! What became of messages, for the figures.

use std::collections::BTreeMap;

/// A message on its way from its first attempt to its ack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trip {
    /// When it was first tried, in the recorder's nanoseconds.
    pub(crate) begun_ns: u64,
    /// When it was acknowledged.
    pub(crate) acked_ns: u64,
}

/// One answer to a message, definite or not.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// Which node was asked.
    pub(crate) node: usize,
    /// From when, in the recorder's nanoseconds.
    pub(crate) begun_ns: u64,
    /// Until when.
    pub(crate) ended_ns: u64,
}

/// What is known of messages since the ledger was last emptied.
#[derive(Default)]
pub(crate) struct Ledger {
    /// When each that is not acknowledged was first tried, by its number.
    pub(crate) unanswered: BTreeMap<u64, u64>,
    /// Those that were acknowledged.
    pub(crate) trips: Vec<Trip>,
    /// All answers.
    pub(crate) attempts: Vec<Attempt>,
}
