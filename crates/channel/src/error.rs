//! What an operation can be refused with.

use klatch_log::LogError;
use klatch_store::StoreError;
use klatch_types::Role;
use std::time::Duration;

/// An error of the domain.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChannelError {
    /// It does not exist, or the actor may not see it: the same answer on purpose.
    #[error("not found")]
    NotFound,
    /// The actor sees it and may not do this; the text says who may.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The actor is muted.
    #[error("muted")]
    Muted,
    /// The meeting has not begun, and the actor is none of those who prepare it.
    #[error("the meeting has not begun")]
    NotStarted,
    /// The actor waits in the lobby.
    #[error("waiting to be let in")]
    Waiting,
    /// The actor sent a moment ago, and the channel is in slow mode: how long to wait.
    #[error("slow mode")]
    SlowMode(Duration),
    /// The actor is banned.
    #[error("banned")]
    Banned,
    /// The channel is closed.
    #[error("archived")]
    Archived,
    /// A value is out of its limits; the text names the field and what it must be.
    #[error("{0}")]
    Invalid(String),
    /// The text is longer than the policy allows.
    #[error("a message may have {characters_max} characters here, this one has {characters}")]
    TooLong {
        /// Allowed.
        characters_max: u32,
        /// Given.
        characters: usize,
    },
    /// The channel has as many members as the policy allows.
    #[error("this channel may have {members_max} members")]
    Full {
        /// Allowed.
        members_max: u32,
    },
    /// Another limit; the text names it.
    #[error("{0}")]
    LimitReached(String),
    /// It was there and is no longer (deleted message, spent invitation).
    #[error("{0}")]
    Gone(&'static str),
    /// The history is another one than the caller's copy.
    #[error("resync")]
    Resync,
    /// An import would drop more members than one import may.
    #[error(
        "this would drop {drops} of {before} members, and one import may drop {percent} % of them: look at the \
         difference, and allow the removals if they are meant"
    )]
    RosterUnsafe {
        /// Members that would be dropped.
        drops: usize,
        /// Members that rosters put in.
        before: usize,
        /// How many in a hundred one import may drop.
        percent: u32,
    },
    /// Another import of the space is under way.
    #[error("another import of this space is under way")]
    RosterBusy,
    /// The last owner cannot go.
    #[error("the last {0} must make another one first")]
    LastOfRole(Role),
    /// The log failed or refused.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The directory failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}
