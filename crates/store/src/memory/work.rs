//! Late work.

use super::{MemoryDirectory, page};
use crate::{StoreError, WorkClaim, WorkDepth, WorkQueue};
use async_trait::async_trait;
use klatch_engine::row::{FOR_GOOD, WorkId, WorkRow};
use klatch_types::Millis;

#[async_trait]
impl WorkQueue for MemoryDirectory {
    async fn claim(&self, claim: WorkClaim<'_>) -> Result<Vec<WorkRow>, StoreError> {
        let mut tables = self.tables.write();
        let rows = tables.work.values_mut();
        let mut due: Vec<&mut WorkRow> = rows
            .filter(|row| row.due_at <= claim.now && claim.kinds.contains(&row.kind))
            .collect();
        due.sort_by_key(|row| (row.due_at, row.id.seq, row.id));
        due.truncate(page(claim.limit));
        let take = |row: &mut WorkRow| {
            row.due_at = claim.now.plus(claim.lease);
            row.attempts += 1;
            row.clone()
        };
        Ok(due.into_iter().map(take).collect())
    }

    async fn done(&self, ids: &[WorkId]) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        for id in ids {
            tables.work.remove(id);
        }
        Ok(())
    }

    async fn retry_at(&self, claimed: &WorkRow, due_at: Millis) -> Result<bool, StoreError> {
        let mut tables = self.tables.write();
        let row = tables.work.get_mut(&claimed.id);
        let Some(row) = row.filter(|row| row.attempts == claimed.attempts) else {
            return Ok(false);
        };
        row.due_at = due_at;
        Ok(true)
    }

    async fn depth(&self) -> Result<WorkDepth, StoreError> {
        let tables = self.tables.read();
        let (given_up, waiting): (Vec<Millis>, Vec<Millis>) = tables
            .work
            .values()
            .map(|row| row.due_at)
            .partition(|due_at| *due_at >= FOR_GOOD);
        Ok(WorkDepth {
            waiting: waiting.len() as u64,
            oldest_due: waiting.into_iter().min(),
            given_up: given_up.len() as u64,
        })
    }
}
