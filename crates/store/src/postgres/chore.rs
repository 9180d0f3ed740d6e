//! Work that is due once in the whole cluster.

use klatch_engine::EngineError;
use klatch_engine::postgres::Postgres;
use klatch_types::Millis;
use std::time::Duration;

/// One statement: of those who come at once the first takes the row and the others, who waited for it, find it taken.
/// Time that was written by a clock that has been set back counts as passed.
const CLAIM: &str = "INSERT INTO chores (name, due_at) VALUES ($1, $3)
    ON CONFLICT (name) DO UPDATE SET due_at = $3 WHERE chores.due_at <= $2 OR chores.due_at > $4";

pub(super) async fn claim(
    db: &Postgres,
    name: &str,
    every: Duration,
    now: Millis,
) -> Result<bool, EngineError> {
    let (next, believed_until) = (now.plus(every), now.plus(every.saturating_mul(2)));
    let claimed = db
        .execute(CLAIM, &[&name, &now.0, &next.0, &believed_until.0])
        .await?;
    Ok(claimed > 0)
}
