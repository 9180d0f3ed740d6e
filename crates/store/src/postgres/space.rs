//! Spaces.

use super::query::{all as rows, json, one, storable, to_json};
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, id, millis, ordinal, uint};
use klatch_engine::row::SpaceRow;
use klatch_types::{Ordinal, Policy, SpaceId};
use tokio_postgres::Row;

const COLUMNS: &str = "id, slug, name, policy, origins, created_at";

fn row(row: &Row) -> Result<SpaceRow, EngineError> {
    Ok(SpaceRow {
        id: id(row, 0)?,
        slug: row.try_get(1)?,
        name: row.try_get(2)?,
        policy: json(row, 3)?,
        origins: json(row, 4)?,
        created_at: millis(row, 5)?,
    })
}

pub(super) async fn add(db: &Postgres, space: &SpaceRow) -> Result<(), EngineError> {
    let sql = format!("INSERT INTO spaces ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)");
    let (policy, origins) = (to_json(&space.policy)?, to_json(&space.origins)?);
    let values: Params<'_> = &[
        &space.id.0,
        &space.slug,
        &space.name,
        &policy,
        &origins,
        &space.created_at.0,
    ];
    db.execute(&sql, values).await?;
    Ok(())
}

pub(super) async fn by_id(db: &Postgres, space: SpaceId) -> Result<Option<SpaceRow>, EngineError> {
    let sql = format!("SELECT {COLUMNS} FROM spaces WHERE id = $1");
    one(db.query_opt(&sql, &[&space.0]).await?, row)
}

pub(super) async fn is_there(db: &Postgres, space: SpaceId) -> Result<bool, EngineError> {
    let found = db
        .query_opt("SELECT 1 FROM spaces WHERE id = $1", &[&space.0])
        .await?;
    Ok(found.is_some())
}

pub(super) async fn by_slug(db: &Postgres, slug: &str) -> Result<Option<SpaceRow>, EngineError> {
    if !storable(slug) {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM spaces WHERE slug = $1");
    one(db.query_opt(&sql, &[&slug]).await?, row)
}

pub(super) async fn all(db: &Postgres) -> Result<Vec<SpaceRow>, EngineError> {
    let sql = format!("SELECT {COLUMNS} FROM spaces ORDER BY slug");
    rows(&db.query(&sql, &[]).await?, row)
}

pub(super) async fn update(
    db: &Postgres,
    space: SpaceId,
    policy: &Policy,
    origins: &[String],
) -> Result<bool, EngineError> {
    let sql = "UPDATE spaces SET policy = $2, origins = $3 WHERE id = $1";
    let (policy, origins) = (to_json(policy)?, to_json(&origins)?);
    Ok(db.execute(sql, &[&space.0, &policy, &origins]).await? > 0)
}

/// For operators: asks all buckets.
pub(super) async fn counts(db: &Postgres) -> Result<(u64, u64, u64, Ordinal), EngineError> {
    let sql =
        "SELECT (SELECT count(*) FROM spaces), (SELECT count(*) FROM users), (SELECT count(*) FROM channels),
               (SELECT coalesce(sum(ordinal), 0)::bigint FROM channels)";
    let counts = one(db.query_opt(sql, &[]).await?, |row| {
        Ok((uint(row, 0)?, uint(row, 1)?, uint(row, 2)?, ordinal(row, 3)?))
    })?;
    Ok(counts.unwrap_or_default())
}
