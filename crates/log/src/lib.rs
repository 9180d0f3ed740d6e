//! The log: a channel is a log, and this is the trait every store of logs implements.
//!
//! An append is one event and the changes of projected rows (members, mentions, channel properties) that belong
//! to it, committed together. Appends of many channels share a commit. After a commit the whole batch goes to the
//! [`CommitFeed`], in commit order, and only then may anything be acknowledged.

mod append;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod feed;
pub mod memory;
pub mod postgres;
pub mod sqlite;
#[cfg(test)]
mod tests;
mod traits;

pub use append::{Append, Change, Expect, NewChannel, NewWork, Receipt, digest};
pub use error::LogError;
pub use feed::{CommitFeed, CommitReceiver, Committed, Done, commit_feed};
pub use klatch_engine::row::EventRow;
pub use traits::{ChannelLog, Head, Order, ReadPage};
