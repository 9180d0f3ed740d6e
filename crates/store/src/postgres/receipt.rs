//! Receipts: how far a message has come, and who hides what they read.

use super::query::{all, one};
use crate::ReceiptCounts;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, id, int, uint};
use klatch_types::{ChannelId, Seq, UserId};
use uuid::Uuid;

/// The counts of a message, in the channel's bucket.
pub(super) const COUNTS: &str = "SELECT count(*), count(*) FILTER (WHERE m.received >= $3),
    count(*) FILTER (WHERE m.read >= $3 AND h.user_id IS NULL)
  FROM members m LEFT JOIN receipts_hidden h ON h.user_id = m.user_id
  WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id <> $4 AND m.visible_after < $3";

pub(super) async fn counts(
    db: &Postgres,
    channel: ChannelId,
    seq: Seq,
    author: UserId,
) -> Result<ReceiptCounts, EngineError> {
    let found = db
        .query_opt(COUNTS, &[&channel.bucket(), &channel.0, &int(seq.0), &author.0])
        .await?;
    let counts = one(found, |row| {
        Ok(ReceiptCounts {
            members: uint(row, 0)?,
            received: uint(row, 1)?,
            read: uint(row, 2)?,
        })
    })?;
    Ok(counts.unwrap_or_default())
}

pub(super) async fn hide(db: &Postgres, user: UserId, hide: bool) -> Result<(), EngineError> {
    let sql = if hide {
        "INSERT INTO receipts_hidden (user_id) VALUES ($1) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM receipts_hidden WHERE user_id = $1"
    };
    db.execute(sql, &[&user.0]).await?;
    Ok(())
}

pub(super) async fn hidden(db: &Postgres, users: &[UserId]) -> Result<Vec<UserId>, EngineError> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let sql = "SELECT h.user_id FROM receipts_hidden h WHERE h.user_id = ANY($1)";
    all(&db.query(sql, &[&ids]).await?, |row| id(row, 0))
}
