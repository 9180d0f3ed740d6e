//! Why a storage cannot be used, told to an operator.

use crate::config::{Problem, shown};
use klatch_engine::EngineError;
use klatch_engine::transfer::TransferError;
use std::path::{Path, PathBuf};

/// Why the storage cannot be used, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process has the database open for writing.
    #[error(
        "a klatch server uses {}: stop it first, or do this over its REST API with an API key",
        shown(path)
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// A server has the database that is to be moved.
    #[error("a klatch server uses {}: stop it first", shown(path))]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The database is newer than this program.
    #[error(
        "{} has schema version {found}, and this klatch knows up to {known}: use a newer klatch",
        shown(path)
    )]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database is damaged.
    #[error(
        "{} is damaged ({what}): move it away and put a backup in its place with `klatch restore FILE`",
        shown(path)
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// There is no database.
    #[error(
        "there is no database at {}: `klatch serve` makes one, --data names another folder",
        shown(path)
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What was to be made is there already.
    #[error("{} exists already: it is not overwritten", shown(path))]
    Exists {
        /// What.
        path: PathBuf,
    },
    /// A command needs a database, and the configuration has none.
    #[error("storage.kind is \"memory\": there is nothing on the disk that this command could use")]
    InMemory,
    /// The configuration does not say how the storage is reached.
    #[error("cannot open the storage")]
    Configuration(#[from] Problem),
    /// The command is for the embedded database, and the configuration has PostgreSQL.
    #[error("{command} is for the embedded database, and storage.kind is \"postgres\": {instead}")]
    NotEmbedded {
        /// What was asked for.
        command: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// The command is for PostgreSQL, and the configuration has another storage.
    #[error(
        "{command} is for PostgreSQL, and storage.kind is not \"postgres\": set it together with storage.url, such as in \
         KLATCH_STORAGE__KIND and KLATCH_STORAGE__URL"
    )]
    NotPostgres {
        /// What was asked for.
        command: &'static str,
    },
    /// The server of the database does not answer.
    #[error("cannot reach PostgreSQL at {place}: start it, or correct storage.url ({why})")]
    Unreachable {
        /// Hosts, ports and database.
        place: String,
        /// What went wrong.
        why: String,
    },
    /// The server does not let us in.
    #[error("PostgreSQL at {place} does not let klatch in: correct user and password in storage.url ({why})")]
    NotLetIn {
        /// Hosts, ports and database.
        place: String,
        /// What it said.
        why: String,
    },
    /// There is no such database.
    #[error("PostgreSQL has no database {place}: make it with `createdb`, or correct storage.url")]
    NoDatabase {
        /// Hosts, ports and database.
        place: String,
    },
    /// The database is newer than this program.
    #[error(
        "the database {place} has schema version {found}, and this klatch knows up to {known}: use a newer klatch"
    )]
    ServerTooNew {
        /// Hosts, ports and database.
        place: String,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A copy into the database was begun.
    #[error(
        "the database {place} holds a copy that is not finished: run `klatch migrate-store` again until it says that it \
         is done"
    )]
    HalfCopied {
        /// Hosts, ports and database.
        place: String,
    },
    /// An embedded database was not moved into PostgreSQL.
    #[error("cannot move the database to {place}")]
    Transfer {
        /// Hosts, ports and database.
        place: String,
        /// Why.
        source: TransferError,
    },
    /// Anything else that PostgreSQL says.
    #[error("cannot use the database {place}")]
    Server {
        /// Hosts, ports and database.
        place: String,
        /// Why.
        source: EngineError,
    },
    /// The data folder cannot be made.
    #[error("cannot use the folder {}", shown(path))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Anything else.
    #[error("cannot use {}", shown(path))]
    Other {
        /// The database.
        path: PathBuf,
        /// Why.
        source: EngineError,
    },
}

impl StorageError {
    /// What an engine's refusal means to an operator.
    pub(super) fn of(error: EngineError, path: &Path) -> Self {
        let path = path.to_owned();
        match error {
            EngineError::Locked => Self::Locked { path },
            EngineError::TooNew { found, known } => Self::TooNew { path, found, known },
            EngineError::Damaged(what) => Self::Damaged { path, what },
            EngineError::Exists => Self::Exists { path },
            source => Self::Other { path, source },
        }
    }

    /// The same for a PostgreSQL at `place`.
    pub(super) fn of_postgres(error: EngineError, place: String) -> Self {
        // The class of what the server says is in its code (SQLSTATE), which ends the sentence.
        match error {
            EngineError::TooNew { found, known } => Self::ServerTooNew { place, found, known },
            EngineError::Other(why) if ["(28P01)", "(28000)"].iter().any(|code| why.ends_with(code)) => {
                Self::NotLetIn { place, why }
            }
            EngineError::Other(why) if why.ends_with("(3D000)") => Self::NoDatabase { place },
            EngineError::Unavailable(why) | EngineError::Unknown(why) => Self::Unreachable { place, why },
            source => Self::Server { place, source },
        }
    }
}
