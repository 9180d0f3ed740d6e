//! The storage that the configuration chose.

mod error;
mod postgres;
mod pulse;

pub use error::StorageError;
pub use postgres::{check_postgres, init, migrate_store, new_epoch};

use crate::config::{Config, StorageKind};
use klatch_engine::EngineError;
use klatch_engine::memory::SharedTables;
use klatch_engine::sqlite::{self, OpenOptions, Report, Sqlite};
use klatch_log::memory::MemoryLog;
use klatch_log::postgres::{PostgresLog, PostgresLogOptions};
use klatch_log::{ChannelLog, CommitReceiver, LogError, commit_feed};
use klatch_store::memory::MemoryDirectory;
use klatch_store::postgres::PostgresDirectory;
use klatch_store::sqlite::SqliteDirectory;
use klatch_store::{Directory, WorkQueue};
use klatch_types::SystemEntropy;
use pulse::Pulse;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What keeps running below the traits.
#[derive(Clone)]
pub struct Engine(Running);

#[derive(Clone)]
enum Running {
    Memory,
    Sqlite(Sqlite),
    Postgres {
        log: PostgresLog,
        /// Only while serving: commands end before it could tell anything.
        pulse: Option<Arc<Pulse>>,
    },
}

impl Engine {
    /// Waits until writing failed for good (a failed `fsync`), and says why. The process must then end. A PostgreSQL
    /// that fails is another process, and comes back.
    pub async fn failed(&self) -> EngineError {
        match &self.0 {
            Running::Sqlite(sqlite) => sqlite.failed().await,
            Running::Memory | Running::Postgres { .. } => std::future::pending().await,
        }
    }

    /// Why the storage cannot be used just now, in a sentence for `/readyz`; none if it can.
    pub fn not_ready(&self) -> Option<String> {
        match &self.0 {
            Running::Postgres {
                pulse: Some(pulse), ..
            } if !pulse.beats() => Some("the database does not answer".to_owned()),
            _ => None,
        }
    }

    /// Commits what is queued and, on the disk, marks the stop as clean.
    pub async fn close(&self) {
        match &self.0 {
            Running::Memory => {}
            Running::Sqlite(sqlite) => sqlite.close().await,
            Running::Postgres { log, .. } => log.close().await,
        }
    }
}

/// An open storage.
pub struct Storage {
    /// The logs of channels.
    pub log: Arc<dyn ChannelLog>,
    /// Everything else.
    pub directory: Arc<dyn Directory>,
    /// Late work.
    pub work: Arc<dyn WorkQueue>,
    /// What the log commits.
    pub commits: CommitReceiver,
    engine: Engine,
}

impl Storage {
    /// Opens the storage for a server; makes it if it is not there.
    pub async fn open(config: &Config) -> Result<Self, StorageError> {
        match config.storage.kind {
            StorageKind::Memory => Ok(Self::in_memory()),
            StorageKind::Sqlite => Self::open_on_disk(config).await,
            StorageKind::Postgres => Self::in_postgres(config, true).await,
        }
    }

    /// Opens the storage for a command that writes: there must be one.
    pub async fn open_existing(config: &Config) -> Result<Self, StorageError> {
        match config.storage.kind {
            StorageKind::Postgres => Self::in_postgres(config, false).await,
            StorageKind::Sqlite | StorageKind::Memory => Self::in_sqlite(&existing(config)?),
        }
    }

    /// Opens the storage for a command that writes; makes it if it is not there.
    pub async fn open_on_disk(config: &Config) -> Result<Self, StorageError> {
        if config.storage.kind == StorageKind::Postgres {
            return Self::in_postgres(config, false).await;
        }
        let path = database(config)?;
        make_folder(&config.storage.data_dir)?;
        Self::in_sqlite(&path)
    }

    /// Opens the directory for reading, whether or not a server runs.
    pub async fn read(config: &Config) -> Result<Arc<dyn Directory>, StorageError> {
        if config.storage.kind == StorageKind::Postgres {
            let database = postgres::open(config).await?;
            return Ok(Arc::new(PostgresDirectory::new(database)));
        }
        let path = existing(config)?;
        let options = OpenOptions {
            readers: 1,
            ..OpenOptions::default()
        };
        let sqlite =
            Sqlite::open_read_only(&path, &options).map_err(|error| StorageError::of(error, &path))?;
        Ok(Arc::new(SqliteDirectory::new(sqlite)))
    }

    /// Whether other processes may use it at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.engine.0, Running::Postgres { .. })
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
            work: directory.clone(),
            directory,
            commits,
            engine: Engine(Running::Sqlite(sqlite)),
        })
    }

    /// `serving` keeps an eye on whether the database answers.
    async fn in_postgres(config: &Config, serving: bool) -> Result<Self, StorageError> {
        if serving {
            // The file that tells where this server listens stands there.
            make_folder(&config.storage.data_dir)?;
        }
        let database = postgres::open(config).await?;
        let (feed, commits) = commit_feed();
        let options = PostgresLogOptions {
            lanes: config.storage.lanes,
        };
        let log = PostgresLog::start(database.clone(), options, feed);
        let pulse = serving.then(|| Arc::new(Pulse::start(database.clone())));
        let directory = Arc::new(PostgresDirectory::new(database));
        Ok(Self {
            log: Arc::new(log.clone()),
            work: directory.clone(),
            directory,
            commits,
            engine: Engine(Running::Postgres { log, pulse }),
        })
    }

    fn in_memory() -> Self {
        let (feed, commits) = commit_feed();
        let tables = SharedTables::default();
        let log = Arc::new(MemoryLog::new(Arc::clone(&tables), feed, &SystemEntropy));
        let directory = Arc::new(MemoryDirectory::new(tables));
        Self {
            log,
            work: directory.clone(),
            directory,
            commits,
            engine: Engine(Running::Memory),
        }
    }
}

/// Copies the database to a file, also while a server uses it.
pub fn backup(config: &Config, file: &Path) -> Result<(), StorageError> {
    need_embedded(
        config,
        "klatch backup",
        "use pg_dump for a copy, or pgBackRest for one of any moment; docs/operator.md tells how",
    )?;
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
    need_embedded(
        config,
        "klatch restore",
        "use pg_restore or pgBackRest, and then `klatch db new-epoch`; docs/operator.md tells how",
    )?;
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
    need_embedded(config, "klatch check", "use `klatch db check`")?;
    let path = existing(config)?;
    sqlite::check(&path).map_err(|error| StorageError::of(error, &path))
}

/// Refuses PostgreSQL, and says what to do there.
fn need_embedded(config: &Config, command: &'static str, instead: &'static str) -> Result<(), StorageError> {
    match config.storage.kind {
        StorageKind::Postgres => Err(StorageError::NotEmbedded { command, instead }),
        StorageKind::Sqlite | StorageKind::Memory => Ok(()),
    }
}

fn database(config: &Config) -> Result<PathBuf, StorageError> {
    match config.storage.kind {
        StorageKind::Sqlite => Ok(config.storage.database()),
        StorageKind::Memory | StorageKind::Postgres => Err(StorageError::InMemory),
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
