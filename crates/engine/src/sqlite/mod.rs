//! One SQLite database: migrations, the writer thread with group commit, readers, backup.
//!
//! Everything that writes goes through one thread (`klatch-writer`). What arrives while a commit runs is the next
//! commit, so one `fsync` is shared by all that waited for it. Readers have connections of their own and, in WAL
//! mode, neither wait for the writer nor hold it up.

mod backup;
mod check;
mod checkpoint;
mod codec;
mod handle;
mod migrate;
mod open;
mod queue;
mod read_only;
mod readers;
mod writer;

pub use backup::{backup, restore};
pub use check::{Report, check};
pub use codec::{
    BlobId, CHANNEL_COLUMNS, EVENT_COLUMNS, MEMBER_COLUMNS, blob16, channel_no, channel_row, code, coded,
    event_row, id, int, member_row, millis, opt_id, opt_millis, opt_seq, ordinal, seq, uint,
};
pub use handle::Sqlite;
pub use migrate::SCHEMA_VERSION;
pub use open::{OpenOptions, StartCheck};
pub use queue::Appends;
pub use writer::Appender;
