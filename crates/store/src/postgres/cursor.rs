//! Cursors.

use super::query::one;
use crate::CursorRow;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, int, seq, uint};
use klatch_types::{ChannelId, Seq, UserId};

/// All of a move, in the channel's bucket. The member's row is locked, so that what is compared and what is written
/// are of one moment; a commit that moves the same cursor meanwhile is waited for. The counts at the new place are
/// the running counts of the last row at or below it. Nothing is written if nothing moves. No row if they are not a
/// member.
pub(super) const MOVE: &str = "WITH place AS (
    SELECT c.head, c.ordinal, c.broadcasts, m.read, m.received, m.read_ordinal, m.read_mentions,
        m.read_broadcasts, m.mentions, greatest(m.read, least($4, c.head)) AS to_read
      FROM channels c JOIN members m ON m.bucket = $1 AND m.channel = c.id AND m.user_id = $3
      WHERE c.bucket = $1 AND c.id = $2 FOR NO KEY UPDATE OF m),
  goal AS (
    SELECT p.to_read, greatest(p.received, least($5, p.head), p.to_read) AS to_received,
        CASE WHEN p.to_read = p.read THEN p.read_ordinal ELSE coalesce(
          (SELECT e.ordinal FROM events e WHERE e.bucket = $1 AND e.channel = $2 AND e.seq <= p.to_read
             ORDER BY e.seq DESC LIMIT 1), 0) END AS to_ordinal,
        CASE WHEN p.to_read = p.read THEN p.read_mentions ELSE coalesce(
          (SELECT n.ordinal FROM mentions n WHERE n.bucket = $1 AND n.channel = $2 AND n.user_id = $3
             AND n.seq <= p.to_read ORDER BY n.seq DESC LIMIT 1), 0) END AS to_mentions,
        CASE WHEN p.to_read = p.read THEN p.read_broadcasts ELSE coalesce(
          (SELECT b.ordinal FROM broadcasts b WHERE b.bucket = $1 AND b.channel = $2 AND b.seq <= p.to_read
             ORDER BY b.seq DESC LIMIT 1), 0) END AS to_broadcasts,
        p.read, p.received, p.ordinal, p.mentions, p.broadcasts
      FROM place p),
  moved AS (
    UPDATE members w SET read = g.to_read, received = g.to_received, read_ordinal = g.to_ordinal,
        read_mentions = g.to_mentions, read_broadcasts = g.to_broadcasts
      FROM goal g WHERE w.bucket = $1 AND w.channel = $2 AND w.user_id = $3
        AND (g.to_read > g.read OR g.to_received > g.received))
  SELECT g.to_read, g.to_received, greatest(g.ordinal - g.to_ordinal, 0),
      greatest(g.mentions - g.to_mentions, 0) + greatest(g.broadcasts - g.to_broadcasts, 0),
      g.to_read > g.read, g.to_received > g.received
    FROM goal g";

pub(super) async fn advance(
    db: &Postgres,
    channel: ChannelId,
    user: UserId,
    read: Option<Seq>,
    received: Option<Seq>,
) -> Result<Option<CursorRow>, EngineError> {
    // No cursor is below zero: where there is no wish, this is none.
    let wish = |to: Option<Seq>| to.map_or(0, |to| int(to.0));
    let moved = db
        .write_returning(
            MOVE,
            &[
                &channel.bucket(),
                &channel.0,
                &user.0,
                &wish(read),
                &wish(received),
            ],
        )
        .await?;
    one(moved.into_iter().next(), |row| {
        Ok(CursorRow {
            read: seq(row, 0)?,
            received: seq(row, 1)?,
            unread: uint(row, 2)?,
            mentions: uint(row, 3)?,
            read_moved: row.try_get(4)?,
            received_moved: row.try_get(5)?,
        })
    })
}
