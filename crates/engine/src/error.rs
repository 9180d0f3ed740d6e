//! What can go wrong under the log and the directory.

/// An error of a storage engine. `Clone`, because one failed commit answers every write that was in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The disk is full: writes are refused, reads go on, it recovers by itself.
    #[error("storage is full")]
    StorageFull,
    /// The engine is stopping, or stopped after a failure it must not survive (a failed fsync).
    #[error("storage is closed")]
    Closed,
    /// More writes wait than the bound allows.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The database was made by a newer version of Klatch.
    #[error("the database has schema version {found}, this build knows {known}: use a newer klatch")]
    TooNew {
        /// Version in the database.
        found: i64,
        /// Newest version this build knows.
        known: i64,
    },
    /// The integrity check found damage.
    #[error("the database is damaged: {0}; restore a backup with `klatch restore FILE`")]
    Damaged(String),
    /// Another process has the database open.
    #[error("another process uses this database")]
    Locked,
    /// A unique constraint was violated; the caller knows which it can be.
    #[error("exists already")]
    Exists,
    /// The database cannot be reached, or takes no writes just now; nothing was done.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection was lost before the answer came: whether it was done cannot be told.
    #[error("the database did not answer: {0}")]
    Unknown(String),
    /// Another transaction was in the way for too long; nothing was done, and the same may be tried again.
    #[error("the database is contended: {0}")]
    Contended(String),
    /// Anything else the database said; for operators only.
    #[error("storage: {0}")]
    Other(String),
}

#[allow(clippy::needless_pass_by_value)] // the signature of the trait
impl From<rusqlite::Error> for EngineError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        use rusqlite::ffi;
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Other(error.to_string());
        };
        match failure.code {
            ErrorCode::ConstraintViolation
                if [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY]
                    .contains(&failure.extended_code) =>
            {
                Self::Exists
            }
            ErrorCode::DiskFull => Self::StorageFull,
            // The shared-memory index of the log is a file too, and could not grow.
            ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
                Self::StorageFull
            }
            ErrorCode::SystemIoFailure => {
                tracing::error!(target: "database", %error, code = failure.extended_code, "the disk failed");
                Self::Closed
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}
