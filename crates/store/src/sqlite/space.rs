//! Spaces.

use super::query::{all as rows, execute, json, one, to_json};
use klatch_engine::EngineError;
use klatch_engine::row::SpaceRow;
use klatch_engine::sqlite::{id, millis, ordinal, uint};
use klatch_types::{Ordinal, Policy, SpaceId};
use rusqlite::{Connection, Row, params};

const COLUMNS: &str = "id, slug, name, policy, origins, created_at";

fn row(row: &Row<'_>) -> rusqlite::Result<SpaceRow> {
    Ok(SpaceRow {
        id: id(row, 0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        policy: json(row, 3)?,
        origins: json(row, 4)?,
        created_at: millis(row, 5)?,
    })
}

pub(super) fn add(db: &Connection, space: &SpaceRow) -> Result<(), EngineError> {
    let values = params![
        space.id.as_bytes(),
        space.slug,
        space.name,
        to_json(&space.policy)?,
        to_json(&space.origins)?,
        space.created_at.0,
    ];
    let sql = format!("INSERT INTO spaces ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    execute(db, &sql, values)?;
    Ok(())
}

pub(super) fn by_id(db: &Connection, space: SpaceId) -> Result<Option<SpaceRow>, EngineError> {
    one(
        db,
        &format!("SELECT {COLUMNS} FROM spaces WHERE id = ?1"),
        [space.as_bytes()],
        row,
    )
}

pub(super) fn by_slug(db: &Connection, slug: &str) -> Result<Option<SpaceRow>, EngineError> {
    one(
        db,
        &format!("SELECT {COLUMNS} FROM spaces WHERE slug = ?1"),
        [slug],
        row,
    )
}

pub(super) fn all(db: &Connection) -> Result<Vec<SpaceRow>, EngineError> {
    rows(
        db,
        &format!("SELECT {COLUMNS} FROM spaces ORDER BY slug"),
        [],
        row,
    )
}

pub(super) fn update(
    db: &Connection,
    space: SpaceId,
    policy: &Policy,
    origins: &[String],
) -> Result<bool, EngineError> {
    let values = params![space.as_bytes(), to_json(policy)?, to_json(&origins)?];
    let sql = "UPDATE spaces SET policy = ?2, origins = ?3 WHERE id = ?1";
    Ok(execute(db, sql, values)? > 0)
}

pub(super) fn counts(db: &Connection) -> Result<(u64, u64, u64, Ordinal), EngineError> {
    let sql = "SELECT (SELECT count(*) FROM spaces), (SELECT count(*) FROM users), count(*),
               ifnull(sum(ordinal), 0) FROM channels";
    let counts = one(db, sql, [], |row| {
        Ok((uint(row, 0)?, uint(row, 1)?, uint(row, 2)?, ordinal(row, 3)?))
    })?;
    Ok(counts.unwrap_or_default())
}
