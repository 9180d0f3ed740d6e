//! Late work. `FOR UPDATE SKIP LOCKED` gives each piece to one claimer and lets none wait for another.
//!
//! What is due is asked of all buckets: it is late work, and asked for about once a second. Where the tables are
//! distributed, no lock can be taken over all buckets at once: there the buckets with something due are asked one by one.

use super::PostgresDirectory;
use super::query::all;
use crate::{StoreError, WorkClaim, WorkDepth, WorkQueue};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, Spread, id, int, millis, opt_millis, seq, small, uint};
use klatch_engine::row::{FOR_GOOD, WorkId, WorkRow};
use klatch_types::Millis;
use std::collections::BTreeMap;
use tokio_postgres::Row;

/// The statement that claims, in all buckets or in the one that is `$4`. The limit is part of the text: a plan made
/// without it would expect many rows, and read the whole table to join them.
fn claim_sql(limit: u32, in_bucket: bool) -> String {
    let bucket = if in_bucket { "w.bucket = $4 AND" } else { "" };
    format!(
        "WITH due AS MATERIALIZED (
           SELECT w.bucket, w.channel, w.seq, w.place, w.due_at FROM work w
             WHERE {bucket} w.due_at <= $1 AND w.kind = ANY($2::int2[])
             ORDER BY w.due_at, w.seq, w.channel, w.place LIMIT {limit} FOR UPDATE SKIP LOCKED),
         taken AS (
           UPDATE work w SET due_at = $3, attempts = w.attempts + 1 FROM due d
             WHERE {bucket} w.bucket = d.bucket AND w.channel = d.channel AND w.seq = d.seq AND w.place = d.place
             RETURNING w.channel, w.seq, w.place, w.kind, w.attempts, w.due_at, w.payload, d.due_at AS was)
         SELECT t.channel, t.seq, t.place, t.kind, t.attempts, t.due_at, t.payload FROM taken t
           ORDER BY t.was, t.seq, t.channel, t.place"
    )
}

/// Claims in all buckets, as the test of plans sees it.
#[cfg(test)]
pub(super) static CLAIM: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| claim_sql(16, false));

/// The same in one bucket.
#[cfg(test)]
pub(super) static CLAIM_IN_BUCKET: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| claim_sql(16, true));

/// Buckets with something due, that with the longest due first.
pub(super) const DUE_BUCKETS: &str = "\
    SELECT w.bucket FROM work w WHERE w.due_at <= $1 AND w.kind = ANY($2::int2[])
    GROUP BY w.bucket ORDER BY min(w.due_at), w.bucket LIMIT $3";

pub(super) const DONE: &str = "\
    DELETE FROM work w WHERE w.bucket = $1 AND w.channel = $2 AND w.seq = $3 AND w.place = ANY($4::int2[])";

pub(super) const RETRY_AT: &str = "\
    UPDATE work w SET due_at = $6 WHERE w.bucket = $1 AND w.channel = $2 AND w.seq = $3 AND w.place = $4
      AND w.attempts = $5";

const DEPTH: &str = "\
    SELECT count(*) FILTER (WHERE w.due_at < $1), min(w.due_at) FILTER (WHERE w.due_at < $1),
      count(*) FILTER (WHERE w.due_at >= $1) FROM work w";

fn row(row: &Row) -> Result<WorkRow, EngineError> {
    let small_at = |at| {
        let number: i16 = row.try_get(at)?;
        u8::try_from(number).map_err(|_| damaged("a kind or place of work out of range"))
    };
    let attempts: i32 = row.try_get(4)?;
    Ok(WorkRow {
        id: WorkId {
            channel: id(row, 0)?,
            seq: seq(row, 1)?,
            place: small_at(2)?,
        },
        kind: small_at(3)?,
        attempts: u32::try_from(attempts).map_err(|_| damaged("attempts below zero"))?,
        due_at: millis(row, 5)?,
        payload: row.try_get(6)?,
    })
}

fn damaged(what: &str) -> EngineError {
    EngineError::Damaged(what.to_owned())
}

async fn claim_in_all(db: &Postgres, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, EngineError> {
    let kinds: Vec<i16> = claim.kinds.iter().copied().map(small).collect();
    let until = claim.now.plus(claim.lease);
    let rows = db
        .write_returning(&claim_sql(claim.limit, false), &[&claim.now.0, &kinds, &until.0])
        .await?;
    all(&rows, row)
}

async fn claim_by_bucket(db: &Postgres, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, EngineError> {
    let kinds: Vec<i16> = claim.kinds.iter().copied().map(small).collect();
    let (limit, until) = (i64::from(claim.limit), claim.now.plus(claim.lease));
    let buckets = db.query(DUE_BUCKETS, &[&claim.now.0, &kinds, &limit]).await?;
    let mut taken = Vec::new();
    for bucket in buckets {
        let bucket: i16 = bucket.try_get(0)?;
        let room = claim
            .limit
            .saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        if room == 0 {
            break;
        }
        let values: Params<'_> = &[&claim.now.0, &kinds, &until.0, &bucket];
        let rows = db.write_returning(&claim_sql(room, true), values).await;
        match rows {
            Ok(rows) => taken.extend(all(&rows, row)?),
            // What was taken before is the caller's to do.
            Err(error) if taken.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(taken)
}

#[async_trait]
impl WorkQueue for PostgresDirectory {
    async fn claim(&self, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, StoreError> {
        Ok(match self.db.spread() {
            Spread::Whole => claim_in_all(&self.db, claim).await?,
            Spread::ByBucket => claim_by_bucket(&self.db, claim).await?,
        })
    }

    async fn done(&self, ids: &[WorkId]) -> Result<(), StoreError> {
        let mut events: BTreeMap<_, Vec<i16>> = BTreeMap::new();
        for id in ids {
            let places = events.entry((id.channel, id.seq)).or_default();
            places.push(small(id.place));
        }
        for ((channel, seq), places) in events {
            let (bucket, seq) = (channel.bucket(), int(seq.0));
            self.db
                .execute(DONE, &[&bucket, &channel.0, &seq, &places])
                .await?;
        }
        Ok(())
    }

    async fn retry_at(&self, claimed: &WorkRow, due_at: Millis) -> Result<bool, StoreError> {
        let WorkId { channel, seq, place } = claimed.id;
        let attempts = i32::try_from(claimed.attempts).unwrap_or(i32::MAX);
        let (bucket, seq, place) = (channel.bucket(), int(seq.0), small(place));
        let values: Params<'_> = &[&bucket, &channel.0, &seq, &place, &attempts, &due_at.0];
        Ok(self.db.execute(RETRY_AT, values).await? > 0)
    }

    async fn depth(&self) -> Result<WorkDepth, StoreError> {
        let rows = self.db.query(DEPTH, &[&FOR_GOOD.0]).await?;
        let Some(row) = rows.first() else {
            return Ok(WorkDepth::default());
        };
        Ok(WorkDepth {
            waiting: uint(row, 0)?,
            oldest_due: opt_millis(row, 1)?,
            given_up: uint(row, 2)?,
        })
    }
}
