//! Finding users by the beginning of their username or name.
//!
//! A prefix is a range of the `lower(…)` indexes, so no character has a special meaning and the index is used whatever
//! the prefix is. The columns are COLLATE "C", where `lower` folds ASCII letters only.

use super::query::{all, page, storable};
use super::user::{self, COLUMNS};
use crate::prefix::end_of_prefix;
use klatch_engine::EngineError;
use klatch_engine::postgres::Postgres;
use klatch_engine::row::UserRow;
use klatch_types::SpaceId;
use std::sync::LazyLock;

/// Users whose username or name lies in a range. Each half gives its first by username, so that sorting both
/// together gives the first of all.
pub(super) static IN_RANGE: LazyLock<String> = LazyLock::new(|| {
    let half = |column: &str| {
        format!(
            "(SELECT u.id FROM users u WHERE u.space = $1 AND lower(u.{column}) >= $2 AND lower(u.{column}) < $3
               AND {FINDABLE} ORDER BY {BY_USERNAME} LIMIT $4)"
        )
    };
    let (username, name) = (half("username"), half("name"));
    format!(
        "SELECT {COLUMNS} FROM ({username} UNION {name}) found JOIN users u ON u.id = found.id
           ORDER BY {BY_USERNAME} LIMIT $4"
    )
});

/// All users, for the empty prefix.
pub(super) static ANY: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {COLUMNS} FROM users u WHERE u.space = $1 AND {FINDABLE} ORDER BY {BY_USERNAME} LIMIT $2")
});

const FINDABLE: &str = "u.kind <> 3 AND u.disabled_at IS NULL";
const BY_USERNAME: &str = "lower(u.username), u.username";
const _: () = assert!(klatch_types::UserKind::System as u8 == 3);

pub(super) async fn users(
    db: &Postgres,
    space: SpaceId,
    prefix: &str,
    limit: u32,
) -> Result<Vec<UserRow>, EngineError> {
    if !storable(prefix) {
        return Ok(Vec::new());
    }
    let rows = match end_of_prefix(prefix) {
        Some(end) => {
            let start = prefix.to_ascii_lowercase();
            db.query(&IN_RANGE, &[&space.0, &start, &end, &page(limit)])
                .await?
        }
        None => db.query(&ANY, &[&space.0, &page(limit)]).await?,
    };
    all(&rows, |found| user::row(found, 0))
}
