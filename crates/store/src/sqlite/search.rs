//! Finding users by the beginning of their username or name.
//!
//! A prefix is a range of the NOCASE indexes, so no character has a special meaning and the index is used whatever
//! the prefix is, which `LIKE` with a bound pattern does not promise.

use super::query::all;
use super::user::{self, COLUMNS};
use crate::prefix::end_of_prefix;
use klatch_engine::EngineError;
use klatch_engine::row::UserRow;
use klatch_types::SpaceId;
use rusqlite::{Connection, params};
use std::sync::LazyLock;

/// Users whose username or name lies in a range. Each half gives its first by username, so that sorting both
/// together gives the first of all.
pub(super) static IN_RANGE: LazyLock<String> = LazyLock::new(|| {
    let half = |column: &str| {
        format!(
            "SELECT id FROM (SELECT u.id FROM users u WHERE u.space = ?1 AND u.{column} >= ?2 COLLATE NOCASE
               AND u.{column} < ?3 COLLATE NOCASE AND {FINDABLE} ORDER BY {BY_USERNAME} LIMIT ?4)"
        )
    };
    let (username, name) = (half("username"), half("name"));
    format!(
        "SELECT {COLUMNS} FROM ({username} UNION {name}) found CROSS JOIN users u ON u.id = found.id
           ORDER BY {BY_USERNAME} LIMIT ?4"
    )
});

/// All users, for the empty prefix.
pub(super) static ANY: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {COLUMNS} FROM users u WHERE u.space = ?1 AND {FINDABLE} ORDER BY {BY_USERNAME} LIMIT ?2")
});

const FINDABLE: &str = "u.kind <> 3 AND u.disabled_at IS NULL";
const BY_USERNAME: &str = "u.username COLLATE NOCASE, u.username";
const _: () = assert!(klatch_types::UserKind::System as u8 == 3);

pub(super) fn users(
    db: &Connection,
    space: SpaceId,
    prefix: &str,
    limit: u32,
) -> Result<Vec<UserRow>, EngineError> {
    let space = space.as_bytes();
    let row = |row: &rusqlite::Row<'_>| user::row(row, 0);
    match end_of_prefix(prefix) {
        Some(end) => all(db, &IN_RANGE, params![space, prefix, end, limit], row),
        None => all(db, &ANY, params![space, limit], row),
    }
}
