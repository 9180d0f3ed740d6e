//! Users.

use super::query::{all, execute, exists, one};
use klatch_engine::EngineError;
use klatch_engine::row::UserRow;
use klatch_engine::sqlite::{code, coded, id, millis, opt_id, opt_millis};
use klatch_types::{IssuerId, Millis, SpaceId, UserId};
use rusqlite::{Connection, Row, params};
use std::sync::LazyLock;

/// Columns that [`row`] reads, from `users u`.
pub(super) const COLUMNS: &str = "u.id, u.space, u.username, u.name, u.kind, u.issuer, u.subject, \
    u.password_hash, u.created_at, u.disabled_at";

/// One user by external identity.
pub(super) static BY_EXTERNAL: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM users u WHERE u.issuer = ?1 AND u.subject = ?2"));

/// A user from [`COLUMNS`], of which the first stands at `at`.
pub(super) fn row(row: &Row<'_>, at: usize) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: id(row, at)?,
        space: id(row, at + 1)?,
        username: row.get(at + 2)?,
        name: row.get(at + 3)?,
        kind: coded(row, at + 4)?,
        external: opt_id(row, at + 5)?.zip(row.get(at + 6)?),
        password_hash: row.get(at + 7)?,
        created_at: millis(row, at + 8)?,
        disabled_at: opt_millis(row, at + 9)?,
    })
}

pub(super) fn add(db: &Connection, user: &UserRow) -> Result<bool, EngineError> {
    if !exists(db, "SELECT 1 FROM spaces WHERE id = ?1", [user.space.as_bytes()])? {
        return Ok(false);
    }
    let (issuer, subject) = user.external.as_ref().map(|(i, s)| (i.as_bytes(), s)).unzip();
    let values = params![
        user.id.as_bytes(),
        user.space.as_bytes(),
        user.username,
        user.name,
        code(user.kind.code()),
        issuer,
        subject,
        user.password_hash,
        user.created_at.0,
        user.disabled_at.map(|at| at.0),
    ];
    let sql =
        "INSERT INTO users (id, space, username, name, kind, issuer, subject, password_hash, created_at,
                 disabled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    execute(db, sql, values)?;
    Ok(true)
}

pub(super) fn by_id(db: &Connection, user: UserId) -> Result<Option<UserRow>, EngineError> {
    let sql = format!("SELECT {COLUMNS} FROM users u WHERE u.id = ?1");
    one(db, &sql, [user.as_bytes()], |found| row(found, 0))
}

/// Asked one by one: a point read costs microseconds, and one statement serves every number of ids.
pub(super) fn many(db: &Connection, mut ids: Vec<UserId>) -> Result<Vec<UserRow>, EngineError> {
    ids.sort_unstable();
    ids.dedup();
    let found = ids.into_iter().map(|user| by_id(db, user));
    found.filter_map(Result::transpose).collect()
}

pub(super) fn by_username(
    db: &Connection,
    space: SpaceId,
    username: &str,
) -> Result<Option<UserRow>, EngineError> {
    let sql = format!("SELECT {COLUMNS} FROM users u WHERE u.space = ?1 AND u.username = ?2");
    one(db, &sql, params![space.as_bytes(), username], |found| {
        row(found, 0)
    })
}

pub(super) fn many_by_username(
    db: &Connection,
    space: SpaceId,
    mut usernames: Vec<String>,
) -> Result<Vec<UserRow>, EngineError> {
    usernames.sort_unstable();
    usernames.dedup();
    let found = usernames.iter().map(|username| by_username(db, space, username));
    found.filter_map(Result::transpose).collect()
}

pub(super) fn by_external(
    db: &Connection,
    issuer: IssuerId,
    subject: &str,
) -> Result<Option<UserRow>, EngineError> {
    one(db, &BY_EXTERNAL, params![issuer.as_bytes(), subject], |found| {
        row(found, 0)
    })
}

pub(super) fn of_space(
    db: &Connection,
    space: SpaceId,
    after: &str,
    limit: u32,
) -> Result<Vec<UserRow>, EngineError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users u WHERE u.space = ?1 AND u.username > ?2 ORDER BY u.username LIMIT ?3"
    );
    all(db, &sql, params![space.as_bytes(), after, limit], |found| {
        row(found, 0)
    })
}

pub(super) fn rename(db: &Connection, user: UserId, name: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET name = ?2 WHERE id = ?1";
    Ok(execute(db, sql, params![user.as_bytes(), name])? > 0)
}

pub(super) fn change_username(db: &Connection, user: UserId, username: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET username = ?2 WHERE id = ?1";
    Ok(execute(db, sql, params![user.as_bytes(), username])? > 0)
}

pub(super) fn password(db: &Connection, user: UserId, hash: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1";
    Ok(execute(db, sql, params![user.as_bytes(), hash])? > 0)
}

pub(super) fn disable(db: &Connection, user: UserId, at: Option<Millis>) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET disabled_at = ?2 WHERE id = ?1";
    Ok(execute(db, sql, params![user.as_bytes(), at.map(|at| at.0)])? > 0)
}
