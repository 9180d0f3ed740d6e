//! Late work. The one writer thread gives each piece to one claimer.

use super::SqliteDirectory;
use super::query::execute;
use crate::{StoreError, WorkClaim, WorkDepth, WorkQueue};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::row::{FOR_GOOD, WorkId, WorkRow};
use klatch_engine::sqlite::{id, int, millis, opt_millis, seq, uint};
use klatch_types::Millis;
use rusqlite::{Connection, Row, params};

/// What is due, longest first. The kinds are a JSON array.
pub(super) const DUE: &str = "SELECT c.id, w.seq, w.place, w.kind, w.attempts, w.due_at, w.payload
    FROM work w INDEXED BY work_due CROSS JOIN channels c ON c.no = w.channel
    WHERE w.due_at <= ?1 AND w.kind IN (SELECT value FROM json_each(?2))
    ORDER BY w.due_at, w.seq, c.id, w.place LIMIT ?3";

/// A piece, by its name.
const ONE: &str = "channel = (SELECT no FROM channels WHERE id = ?1) AND seq = ?2 AND place = ?3";

fn row(row: &Row<'_>) -> rusqlite::Result<WorkRow> {
    Ok(WorkRow {
        id: WorkId {
            channel: id(row, 0)?,
            seq: seq(row, 1)?,
            place: row.get(2)?,
        },
        kind: row.get(3)?,
        attempts: row.get(4)?,
        due_at: millis(row, 5)?,
        payload: row.get(6)?,
    })
}

fn due(db: &Connection, now: Millis, kinds: &str, limit: u32) -> Result<Vec<WorkRow>, EngineError> {
    let mut query = db.prepare_cached(DUE)?;
    let rows = query.query_map(params![now.0, kinds, limit], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes the due time and the attempts of a piece, if nobody claimed it since `attempts`.
fn put_off(db: &Connection, row: &WorkRow, attempts: u32) -> Result<bool, EngineError> {
    let sql = format!("UPDATE work SET due_at = ?4, attempts = ?5 WHERE {ONE} AND attempts = ?6");
    let values = params![
        row.id.channel.as_bytes(),
        int(row.id.seq.0),
        row.id.place,
        row.due_at.0,
        row.attempts,
        attempts
    ];
    Ok(execute(db, &sql, values)? > 0)
}

#[async_trait]
impl WorkQueue for SqliteDirectory {
    async fn claim(&self, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, StoreError> {
        let (now, until, limit) = (claim.now, claim.now.plus(claim.lease), claim.limit);
        let kinds = format!("{:?}", claim.kinds);
        // Looked for by a reader first: most of the time there is nothing, and the writer has other things to do.
        let look = {
            let kinds = kinds.clone();
            self.db.read(move |db| due(db, now, &kinds, limit.min(1)))
        };
        if look.await?.is_empty() {
            return Ok(Vec::new());
        }
        let taken = self.db.write(move |db| {
            let mut rows = due(db, now, &kinds, limit)?;
            for row in &mut rows {
                let before = row.attempts;
                row.attempts += 1;
                row.due_at = until;
                put_off(db, row, before)?;
            }
            Ok(rows)
        });
        Ok(taken.await?)
    }

    async fn done(&self, ids: &[WorkId]) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        let removed = self.db.write(move |db| {
            let sql = format!("DELETE FROM work WHERE {ONE}");
            for id in &ids {
                execute(db, &sql, params![id.channel.as_bytes(), int(id.seq.0), id.place])?;
            }
            Ok(())
        });
        Ok(removed.await?)
    }

    async fn retry_at(&self, claimed: &WorkRow, due_at: Millis) -> Result<bool, StoreError> {
        let row = WorkRow {
            due_at,
            ..claimed.clone()
        };
        Ok(self.db.write(move |db| put_off(db, &row, row.attempts)).await?)
    }

    async fn depth(&self) -> Result<WorkDepth, StoreError> {
        let counted = self.db.read(|db| {
            let mut query = db.prepare_cached(
                "SELECT count(*) FILTER (WHERE due_at < ?1), min(due_at) FILTER (WHERE due_at < ?1),
                   count(*) FILTER (WHERE due_at >= ?1) FROM work",
            )?;
            Ok(query.query_row([FOR_GOOD.0], |row| {
                Ok(WorkDepth {
                    waiting: uint(row, 0)?,
                    oldest_due: opt_millis(row, 1)?,
                    given_up: uint(row, 2)?,
                })
            })?)
        });
        Ok(counted.await?)
    }
}
