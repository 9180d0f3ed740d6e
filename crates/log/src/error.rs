//! What an append or a read can be refused with.

use klatch_engine::EngineError;
use klatch_types::{ChannelId, Seq};

/// An error of the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// There is no such channel.
    #[error("no such channel")]
    NotFound,
    /// The channel's membership or rights changed since the append was checked: check again and append again.
    #[error("the channel changed at {access_seq}")]
    Stale {
        /// Position of the change.
        access_seq: Seq,
    },
    /// The key was used by the same sender for another body (contract, delivery 2).
    #[error("the key was used for another body")]
    Conflict,
    /// The content that the append would change was erased.
    #[error("the target was erased")]
    Gone,
    /// A channel with this id or this pair exists.
    #[error("exists as {0}")]
    Exists(ChannelId),
    /// The engine below failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
