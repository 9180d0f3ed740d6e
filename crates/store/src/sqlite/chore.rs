//! Work that is due once in the whole cluster; here one node is the cluster.

use super::query::execute;
use klatch_engine::EngineError;
use klatch_types::Millis;
use rusqlite::{Connection, params};
use std::time::Duration;

/// One statement: the row is taken only if its time has come, or was written by a clock that has been set back.
const CLAIM: &str = "INSERT INTO chores (name, due_at) VALUES (?1, ?3)
    ON CONFLICT (name) DO UPDATE SET due_at = ?3 WHERE due_at <= ?2 OR due_at > ?4";

pub(super) fn claim(db: &Connection, name: &str, every: Duration, now: Millis) -> Result<bool, EngineError> {
    let (next, believed_until) = (now.plus(every), now.plus(every.saturating_mul(2)));
    Ok(execute(db, CLAIM, params![name, now.0, next.0, believed_until.0])? > 0)
}
