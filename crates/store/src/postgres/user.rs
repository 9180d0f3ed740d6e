//! Users.

use super::query::{all, one, page, storable};
use super::space;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, coded, id, millis, opt_id, opt_millis, small};
use klatch_engine::row::UserRow;
use klatch_types::{IssuerId, Millis, SpaceId, UserId};
use std::sync::LazyLock;
use tokio_postgres::Row;
use uuid::Uuid;

/// Columns that [`row`] reads, from `users u`.
pub(super) const COLUMNS: &str = "u.id, u.space, u.username, u.name, u.kind, u.issuer, u.subject, \
    u.password_hash, u.created_at, u.disabled_at";

/// Many users by id.
pub(super) static MANY: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM users u WHERE u.id = ANY($1)"));

/// Many users by exact username.
pub(super) static BY_USERNAME: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM users u WHERE u.space = $1 AND u.username = ANY($2)"));

/// One user by external identity.
pub(super) static BY_EXTERNAL: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM users u WHERE u.issuer = $1 AND u.subject = $2"));

/// A user from [`COLUMNS`], of which the first stands at `at`.
pub(super) fn row(row: &Row, at: usize) -> Result<UserRow, EngineError> {
    Ok(UserRow {
        id: id(row, at)?,
        space: id(row, at + 1)?,
        username: row.try_get(at + 2)?,
        name: row.try_get(at + 3)?,
        kind: coded(row, at + 4)?,
        external: opt_id(row, at + 5)?.zip(row.try_get(at + 6)?),
        password_hash: row.try_get(at + 7)?,
        created_at: millis(row, at + 8)?,
        disabled_at: opt_millis(row, at + 9)?,
    })
}

fn first(found: &Row) -> Result<UserRow, EngineError> {
    row(found, 0)
}

/// Adds a user of a space that is there; spaces are never removed.
pub(super) async fn add(db: &Postgres, user: &UserRow) -> Result<bool, EngineError> {
    if !space::is_there(db, user.space).await? {
        return Ok(false);
    }
    let (issuer, subject) = user.external.as_ref().map(|(i, s)| (i.0, s)).unzip();
    let sql = "INSERT INTO users (id, space, username, name, kind, issuer, subject, password_hash, created_at, disabled_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (kind, disabled_at) = (small(user.kind.code()), user.disabled_at.map(|at| at.0));
    let values: Params<'_> = &[
        &user.id.0,
        &user.space.0,
        &user.username,
        &user.name,
        &kind,
        &issuer,
        &subject,
        &user.password_hash,
        &user.created_at.0,
        &disabled_at,
    ];
    Ok(db.execute(sql, values).await? > 0)
}

pub(super) async fn is_there(db: &Postgres, user: UserId) -> Result<bool, EngineError> {
    let found = db
        .query_opt("SELECT 1 FROM users WHERE id = $1", &[&user.0])
        .await?;
    Ok(found.is_some())
}

pub(super) async fn many(db: &Postgres, users: &[UserId]) -> Result<Vec<UserRow>, EngineError> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    all(&db.query(&MANY, &[&ids]).await?, first)
}

pub(super) async fn by_username(
    db: &Postgres,
    space: SpaceId,
    usernames: &[&str],
) -> Result<Vec<UserRow>, EngineError> {
    let usernames: Vec<&str> = usernames.iter().copied().filter(|name| storable(name)).collect();
    all(&db.query(&BY_USERNAME, &[&space.0, &usernames]).await?, first)
}

pub(super) async fn by_external(
    db: &Postgres,
    issuer: IssuerId,
    subject: &str,
) -> Result<Option<UserRow>, EngineError> {
    if !storable(subject) {
        return Ok(None);
    }
    one(db.query_opt(&BY_EXTERNAL, &[&issuer.0, &subject]).await?, first)
}

pub(super) async fn of_space(
    db: &Postgres,
    space: SpaceId,
    after: &str,
    limit: u32,
) -> Result<Vec<UserRow>, EngineError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users u WHERE u.space = $1 AND u.username > $2 ORDER BY u.username LIMIT $3"
    );
    all(&db.query(&sql, &[&space.0, &after, &page(limit)]).await?, first)
}

pub(super) async fn rename(db: &Postgres, user: UserId, name: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET name = $2 WHERE id = $1";
    Ok(db.execute(sql, &[&user.0, &name]).await? > 0)
}

pub(super) async fn change_username(
    db: &Postgres,
    user: UserId,
    username: &str,
) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET username = $2 WHERE id = $1";
    Ok(db.execute(sql, &[&user.0, &username]).await? > 0)
}

pub(super) async fn password(db: &Postgres, user: UserId, hash: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET password_hash = $2 WHERE id = $1";
    Ok(db.execute(sql, &[&user.0, &hash]).await? > 0)
}

pub(super) async fn disable(db: &Postgres, user: UserId, at: Option<Millis>) -> Result<bool, EngineError> {
    let sql = "UPDATE users SET disabled_at = $2 WHERE id = $1";
    Ok(db.execute(sql, &[&user.0, &at.map(|at| at.0)]).await? > 0)
}
