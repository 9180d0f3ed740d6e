//! The directory: who there is, what they are signed in with, which channels they are in and how far they read.
//!
//! Rows of channels, members and bans are written by the log in the transaction of the event that changed them;
//! the directory reads them, and writes cursors and invitations. Late work is written by the log, too, and is taken
//! from the [`WorkQueue`].

mod admin;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
pub mod memory;
mod note;
pub mod postgres;
mod prefix;
mod roster;
pub mod sqlite;
#[cfg(test)]
mod tests;
mod traits;
mod work;

pub use admin::Administration;
pub use error::StoreError;
pub use klatch_engine::row;
pub use note::AuditNote;
pub use roster::Rosters;
pub use traits::{
    ChannelHead, ChannelListRow, ChannelSnapshot, CursorRow, Directory, LobbyPut, MembershipRow, PeerRow,
    PreviewRow, ReceiptCounts, Rotation,
};
pub use work::{WorkClaim, WorkDepth, WorkQueue};
