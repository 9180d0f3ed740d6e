//! The schema, version by version. `PRAGMA user_version` says where a database stands.

use crate::EngineError;
use rusqlite::Connection;

/// Every migration, oldest first; the version is the place in this list, counted from one. What was released is
/// never changed: a correction is the next migration.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "0001_initial",
        include_str!("../migrations/sqlite/0001_initial.sql"),
    ),
    (
        "0002_chores",
        include_str!("../migrations/sqlite/0002_chores.sql"),
    ),
    ("0003_work", include_str!("../migrations/sqlite/0003_work.sql")),
    (
        "0004_receipts",
        include_str!("../migrations/sqlite/0004_receipts.sql"),
    ),
    (
        "0005_rosters",
        include_str!("../migrations/sqlite/0005_rosters.sql"),
    ),
    (
        "0006_meetings",
        include_str!("../migrations/sqlite/0006_meetings.sql"),
    ),
    (
        "0007_presence",
        include_str!("../migrations/sqlite/0007_presence.sql"),
    ),
    ("0008_admin", include_str!("../migrations/sqlite/0008_admin.sql")),
];

/// The schema version that this build reads and writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// The version of a database; zero for an empty one.
pub(super) fn version(connection: &Connection) -> Result<i64, EngineError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Refuses a database that a newer build made, before anything in it is touched.
pub(super) fn refuse_newer(connection: &Connection) -> Result<i64, EngineError> {
    let found = version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(EngineError::TooNew {
            found,
            known: SCHEMA_VERSION,
        });
    }
    Ok(found)
}

/// Brings a database to [`SCHEMA_VERSION`], each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), EngineError> {
    let found = refuse_newer(connection)?;
    for (version, (name, sql)) in (1i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
        tracing::info!(target: "database", version, name, "migrated");
    }
    Ok(())
}
