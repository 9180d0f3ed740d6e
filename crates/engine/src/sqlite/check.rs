//! Is the database healthy? `klatch check` asks, every start asks, and so does a backup of itself.

use super::codec::uint;
use super::migrate;
use super::open::{connect, meta};
use crate::EngineError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Pages and rows, without comparing tables with their indexes.
    Quick,
    /// Everything.
    Full,
}

/// What a check found in a sound database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Schema version.
    pub schema_version: i64,
    /// The history's name.
    pub epoch: String,
    /// Channels.
    pub channels: u64,
    /// Events of all channels.
    pub events: u64,
    /// Size of the database, bytes, without what is still in the write-ahead log.
    pub bytes: u64,
}

/// Checks the database at `path` fully, also while a server uses it: pages, indexes, foreign keys, schema version,
/// and that every channel's events are contiguous up to its head. Errors: `Damaged`, `TooNew`.
pub fn check(path: &Path) -> Result<Report, EngineError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let schema_version = migrate::refuse_newer(&connection)?;
    if schema_version == 0 {
        return Err(EngineError::Damaged("it holds no Klatch schema".into()));
    }
    // One snapshot for all the questions.
    connection.execute_batch("BEGIN")?;
    verify(&connection, Depth::Full)?;
    verify_heads(&connection)?;
    let count = |sql: &str| connection.query_row(sql, [], |row| uint(row, 0));
    Ok(Report {
        schema_version,
        epoch: meta(&connection, "epoch")?.unwrap_or_default(),
        channels: count("SELECT count(*) FROM channels")?,
        events: count("SELECT count(*) FROM events")?,
        bytes: count("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?,
    })
}

/// Asks SQLite itself.
pub(super) fn verify(connection: &Connection, depth: Depth) -> Result<(), EngineError> {
    let pragma = match depth {
        Depth::Quick => "PRAGMA quick_check(1)",
        Depth::Full => "PRAGMA integrity_check(1)",
    };
    let said: String = connection.query_row(pragma, [], |row| row.get(0))?;
    if said != "ok" {
        return Err(EngineError::Damaged(said));
    }
    if depth == Depth::Full && connection.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(EngineError::Damaged("a foreign key points nowhere".into()));
    }
    Ok(())
}

/// The log's own invariants: positions 1 to head without holes, ordinals as many as messages.
fn verify_heads(connection: &Connection) -> Result<(), EngineError> {
    let mut broken = connection.prepare(
        "SELECT c.no FROM channels c LEFT JOIN
           (SELECT channel, count(*) AS events, max(seq) AS last, sum(message) AS messages FROM events GROUP BY channel) e
           ON e.channel = c.no
         WHERE c.head <> ifnull(e.last, 0) OR c.head <> ifnull(e.events, 0) OR c.ordinal <> ifnull(e.messages, 0)
         LIMIT 1",
    )?;
    let mut rows = broken.query([])?;
    match rows.next()? {
        None => Ok(()),
        Some(row) => {
            let no: i64 = row.get(0)?;
            Err(EngineError::Damaged(format!(
                "the events of channel number {no} do not add up to its head"
            )))
        }
    }
}
