//! What the files here share: values kept as JSON, hashes, and texts that cannot be there.

use klatch_engine::EngineError;
use tokio_postgres::Row;

/// Whether a text can be in the database at all: PostgreSQL keeps no U+0000, and refuses it as a parameter too.
pub(super) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

/// A value that a text column keeps as JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> Result<T, EngineError> {
    serde_json::from_str(row.try_get(at)?).map_err(|error| EngineError::Damaged(error.to_string()))
}

/// What a text column keeps of a value.
pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, EngineError> {
    serde_json::to_string(value).map_err(|error| EngineError::Other(error.to_string()))
}

/// A SHA-256.
pub(super) fn hash(row: &Row, at: usize) -> Result<[u8; 32], EngineError> {
    let bytes: &[u8] = row.try_get(at)?;
    bytes
        .try_into()
        .map_err(|_| EngineError::Damaged("a hash that is not 32 bytes long".to_owned()))
}

/// How a limit is bound.
pub(super) fn page(limit: u32) -> i64 {
    i64::from(limit)
}

/// Maps all rows.
pub(super) fn all<T>(
    rows: &[Row],
    map: impl FnMut(&Row) -> Result<T, EngineError>,
) -> Result<Vec<T>, EngineError> {
    rows.iter().map(map).collect()
}

/// Maps the row, if there is one.
pub(super) fn one<T>(
    row: Option<Row>,
    map: impl FnOnce(&Row) -> Result<T, EngineError>,
) -> Result<Option<T>, EngineError> {
    match row {
        Some(row) => map(&row).map(Some),
        None => Ok(None),
    }
}
