//! Who shows nobody whether they are online.

use super::query::{execute, exists};
use klatch_engine::EngineError;
use klatch_types::UserId;
use rusqlite::Connection;

pub(super) fn hide(db: &Connection, user: UserId, hide: bool) -> Result<(), EngineError> {
    let sql = if hide {
        "INSERT OR IGNORE INTO presence_hidden (user) VALUES (?1)"
    } else {
        "DELETE FROM presence_hidden WHERE user = ?1"
    };
    execute(db, sql, [user.as_bytes()])?;
    Ok(())
}

/// Asked one by one: a point read costs microseconds, and one statement serves every number of users.
pub(super) fn hidden(db: &Connection, users: Vec<UserId>) -> Result<Vec<UserId>, EngineError> {
    let mut hidden = Vec::new();
    for user in users {
        let sql = "SELECT 1 FROM presence_hidden WHERE user = ?1";
        if exists(db, sql, [user.as_bytes()])? {
            hidden.push(user);
        }
    }
    Ok(hidden)
}
