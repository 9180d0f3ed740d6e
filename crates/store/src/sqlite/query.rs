//! How the files here ask and tell: one cached statement each.

use klatch_engine::EngineError;
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

/// The first row.
pub(super) fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, EngineError> {
    Ok(db.prepare_cached(sql)?.query_row(params, map).optional()?)
}

/// All rows.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, EngineError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, map)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Runs a statement; how many rows it touched.
pub(super) fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<usize, EngineError> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

/// Whether a query has a row.
pub(super) fn exists(db: &Connection, sql: &str, params: impl Params) -> Result<bool, EngineError> {
    Ok(db.prepare_cached(sql)?.exists(params)?)
}

/// A value that a TEXT column keeps as JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(at)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// What a TEXT column keeps of a value.
pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, EngineError> {
    serde_json::to_string(value).map_err(|error| EngineError::Other(error.to_string()))
}
