//! Receipts: how far a message has come, and who hides what they read.

use super::query::{execute, exists, one};
use crate::ReceiptCounts;
use klatch_engine::EngineError;
use klatch_engine::sqlite::int;
use klatch_types::{ChannelId, Seq, UserId};
use rusqlite::{Connection, params};

/// The counts of a message: ?1 is the channel, ?2 the position, ?3 the author.
pub(super) const COUNTS: &str = "SELECT count(*), ifnull(sum(m.received >= ?2), 0),
    ifnull(sum(m.read >= ?2 AND h.user IS NULL), 0)
  FROM channels c CROSS JOIN members m ON m.channel = c.no
    LEFT JOIN receipts_hidden h ON h.user = m.user
  WHERE c.id = ?1 AND m.user <> ?3 AND m.visible_after < ?2";

pub(super) fn counts(
    db: &Connection,
    channel: ChannelId,
    seq: Seq,
    author: UserId,
) -> Result<ReceiptCounts, EngineError> {
    let of = params![channel.as_bytes(), int(seq.0), author.as_bytes()];
    let counts = one(db, COUNTS, of, |row| {
        let count = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
        Ok(ReceiptCounts {
            members: count(0)?,
            received: count(1)?,
            read: count(2)?,
        })
    })?;
    Ok(counts.unwrap_or_default())
}

pub(super) fn hide(db: &Connection, user: UserId, hide: bool) -> Result<(), EngineError> {
    let sql = if hide {
        "INSERT OR IGNORE INTO receipts_hidden (user) VALUES (?1)"
    } else {
        "DELETE FROM receipts_hidden WHERE user = ?1"
    };
    execute(db, sql, [user.as_bytes()])?;
    Ok(())
}

/// Asked one by one: a point read costs microseconds, and one statement serves every number of users.
pub(super) fn hidden(db: &Connection, users: Vec<UserId>) -> Result<Vec<UserId>, EngineError> {
    let mut hidden = Vec::new();
    for user in users {
        let sql = "SELECT 1 FROM receipts_hidden WHERE user = ?1";
        if exists(db, sql, [user.as_bytes()])? {
            hidden.push(user);
        }
    }
    Ok(hidden)
}
