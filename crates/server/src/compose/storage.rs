//! The storage that the configuration chose.

use crate::config::{Config, StorageKind, shown};
use klatch_engine::EngineError;
use klatch_engine::memory::SharedTables;
use klatch_engine::sqlite::{self, OpenOptions, Report, Sqlite};
use klatch_log::memory::MemoryLog;
use klatch_log::{ChannelLog, CommitReceiver, LogError, commit_feed};
use klatch_store::Directory;
use klatch_store::memory::MemoryDirectory;
use klatch_store::sqlite::SqliteDirectory;
use klatch_types::SystemEntropy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    fn of(error: EngineError, path: &Path) -> Self {
        let path = path.to_owned();
        match error {
            EngineError::Locked => Self::Locked { path },
            EngineError::TooNew { found, known } => Self::TooNew { path, found, known },
            EngineError::Damaged(what) => Self::Damaged { path, what },
            EngineError::Exists => Self::Exists { path },
            source => Self::Other { path, source },
        }
    }
}

/// What keeps running below the traits.
#[derive(Clone)]
pub struct Engine(Option<Sqlite>);

impl Engine {
    /// Waits until writing failed for good (a failed `fsync`), and says why. The process must then end.
    pub async fn failed(&self) -> EngineError {
        match &self.0 {
            Some(sqlite) => sqlite.failed().await,
            None => std::future::pending().await,
        }
    }

    /// Commits what is queued and marks the stop as clean.
    pub async fn close(&self) {
        if let Some(sqlite) = &self.0 {
            sqlite.close().await;
        }
    }
}

/// An open storage.
pub struct Storage {
    /// The logs of channels.
    pub log: Arc<dyn ChannelLog>,
    /// Everything else.
    pub directory: Arc<dyn Directory>,
    /// What the log commits.
    pub commits: CommitReceiver,
    engine: Engine,
}

impl Storage {
    /// Opens the storage for this process alone; makes it if it is not there.
    pub fn open(config: &Config) -> Result<Self, StorageError> {
        match config.storage.kind {
            StorageKind::Memory => Ok(Self::in_memory()),
            StorageKind::Sqlite => Self::open_on_disk(config),
        }
    }

    /// Opens the storage for a command that writes: there must be one.
    pub fn open_existing(config: &Config) -> Result<Self, StorageError> {
        Self::in_sqlite(&existing(config)?)
    }

    /// Opens the storage for a command that writes; makes it if it is not there.
    pub fn open_on_disk(config: &Config) -> Result<Self, StorageError> {
        let path = database(config)?;
        make_folder(&config.storage.data_dir)?;
        Self::in_sqlite(&path)
    }

    /// Opens the directory for reading, whether or not a server runs.
    pub fn read(config: &Config) -> Result<Arc<dyn Directory>, StorageError> {
        let path = existing(config)?;
        let options = OpenOptions {
            readers: 1,
            ..OpenOptions::default()
        };
        let sqlite =
            Sqlite::open_read_only(&path, &options).map_err(|error| StorageError::of(error, &path))?;
        Ok(Arc::new(SqliteDirectory::new(sqlite)))
    }

    /// What must be closed at the end.
    pub fn engine(&self) -> Engine {
        self.engine.clone()
    }

    fn in_sqlite(path: &Path) -> Result<Self, StorageError> {
        let (feed, commits) = commit_feed();
        let opened = klatch_log::sqlite::open(path, &OpenOptions::default(), feed);
        let (log, sqlite) = opened.map_err(|error| match error {
            LogError::Engine(error) => StorageError::of(error, path),
            other => StorageError::of(EngineError::Other(other.to_string()), path),
        })?;
        let directory = Arc::new(SqliteDirectory::new(sqlite.clone()));
        Ok(Self {
            log: Arc::new(log),
            directory,
            commits,
            engine: Engine(Some(sqlite)),
        })
    }

    fn in_memory() -> Self {
        let (feed, commits) = commit_feed();
        let tables = SharedTables::default();
        let log = Arc::new(MemoryLog::new(Arc::clone(&tables), feed, &SystemEntropy));
        Self {
            log,
            directory: Arc::new(MemoryDirectory::new(tables)),
            commits,
            engine: Engine(None),
        }
    }
}

/// Copies the database to a file, also while a server uses it.
pub fn backup(config: &Config, file: &Path) -> Result<(), StorageError> {
    let path = existing(config)?;
    if file.exists() {
        return Err(StorageError::Exists {
            path: file.to_owned(),
        });
    }
    sqlite::backup(&path, file).map_err(|error| StorageError::of(error, &path))
}

/// Makes a backup the database.
pub fn restore(config: &Config, file: &Path) -> Result<(), StorageError> {
    let path = database(config)?;
    if !file.is_file() {
        return Err(StorageError::Missing {
            path: file.to_owned(),
        });
    }
    make_folder(&config.storage.data_dir)?;
    sqlite::restore(file, &path, &SystemEntropy).map_err(|error| match error {
        // These are about the backup, the rest about where it goes.
        EngineError::Damaged(_) | EngineError::TooNew { .. } => StorageError::of(error, file),
        error => StorageError::of(error, &path),
    })
}

/// Checks the database fully, also while a server uses it.
pub fn check(config: &Config) -> Result<Report, StorageError> {
    let path = existing(config)?;
    sqlite::check(&path).map_err(|error| StorageError::of(error, &path))
}

fn database(config: &Config) -> Result<PathBuf, StorageError> {
    match config.storage.kind {
        StorageKind::Sqlite => Ok(config.storage.database()),
        StorageKind::Memory => Err(StorageError::InMemory),
    }
}

fn existing(config: &Config) -> Result<PathBuf, StorageError> {
    let path = database(config)?;
    if path.is_file() {
        Ok(path)
    } else {
        Err(StorageError::Missing { path })
    }
}

/// Makes the folder, for this account alone: it holds messages and keys.
fn make_folder(path: &Path) -> Result<(), StorageError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|source| StorageError::Folder {
        path: path.to_owned(),
        source,
    })
}
