//! Opening a database: lock, version, health, migrations, epoch, then the writer and the readers.

use super::check::{self, Depth};
use super::checkpoint::Checkpointer;
use super::handle::Sqlite;
use super::migrate;
use super::queue::{Appends, Queue};
use super::readers::Readers;
use super::writer::{Appender, Writer};
use crate::EngineError;
use klatch_types::{Entropy, SystemEntropy, limits};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a statement waits for a lock that another process holds (an operator's tool, a backup).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared on each connection.
const STATEMENTS_CACHED: usize = 128;
/// After an unclean stop, databases up to this size are checked fully before serving: it takes well below the two
/// seconds that a restart may take (contract, faults).
const FULL_CHECK_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Databases up to this size are checked quickly at every start; for larger ones run `klatch check`.
const QUICK_CHECK_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How carefully a database is looked at before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartCheck {
    /// `quick_check`, or `integrity_check` after an unclean stop, as far as the size lets it end in time.
    Auto,
    /// `integrity_check` whatever it takes.
    Full,
}

/// How to open.
#[derive(Clone)]
pub struct OpenOptions {
    /// Connections that read at the same time.
    pub readers: usize,
    /// Page cache of the writer, KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each reader, KiB.
    pub reader_cache_kib: u32,
    /// How carefully to check first.
    pub check: StartCheck,
    /// Where a new epoch comes from.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            writer_cache_kib: 64 * 1024,
            reader_cache_kib: 8 * 1024,
            check: StartCheck::Auto,
            entropy: Arc::new(SystemEntropy),
        }
    }
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions")
            .field("readers", &self.readers)
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the database at `path`, making it if there is none, for this process alone, and starts the writer
    /// thread with `appender` in it. Errors: `Locked` if another process serves it, `TooNew`, `Damaged`.
    pub fn open<A: Appender>(
        path: &Path,
        appender: A,
        options: &OpenOptions,
    ) -> Result<(Self, Appends<A::Item>), EngineError> {
        let lock = lock(path)?;
        let mut connection = connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        let found = migrate::refuse_newer(&connection)?;
        tune_writer(&connection, options)?;
        if found > 0 {
            check_before_use(&connection, path, options.check)?;
        }
        migrate::migrate(&mut connection)?;
        let epoch = mark_running(&connection, options.entropy.as_ref())?;
        let readers = (0..options.readers.max(1))
            .map(|_| open_reader(path, options))
            .collect::<Result<_, _>>()?;

        let folder = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        tune_writer(
            &folder,
            &OpenOptions {
                writer_cache_kib: options.reader_cache_kib,
                ..options.clone()
            },
        )?;
        let checkpointer = Checkpointer::new(folder)?;
        let queue = Arc::new(Queue::new(limits::APPEND_QUEUE_MAX));
        let (failed, has_failed) = watch::channel(None);
        let writer = Writer {
            connection,
            appender,
            queue: Arc::clone(&queue),
            failed,
            lock,
            commits: 0,
            checkpointer,
        };
        let thread = std::thread::Builder::new()
            .name("klatch-writer".into())
            .spawn(move || writer.run())
            .map_err(|error| EngineError::Other(error.to_string()))?;
        tracing::info!(target: "database", path = %path.display(), epoch, "open");
        let writes = Arc::clone(&queue) as _;
        Ok((
            Self::new(writes, Readers::new(readers), epoch, has_failed, Some(thread)),
            Appends(queue),
        ))
    }
}

/// A connection with what all of them share.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, EngineError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Plans must not depend on bound values: where a partial index might, each use would parse the statement anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection
        .execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")?;
    Ok(connection)
}

/// Takes the lock file beside the database, so that two servers never write the same one. It is not SQLite's own
/// exclusive lock, because backup and check may read from other processes meanwhile.
pub(super) fn lock(path: &Path) -> Result<File, EngineError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let cannot =
        |error: std::io::Error| EngineError::Other(format!("{}: {error}", Path::new(&name).display()));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(&name))
        .map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EngineError::Locked),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

fn tune_writer(connection: &Connection, options: &OpenOptions) -> Result<(), EngineError> {
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -i64::from(options.writer_cache_kib))?;
    // The writer folds the log itself, where it sees the errors.
    connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))?;
    Ok(())
}

pub(super) fn open_reader(path: &Path, options: &OpenOptions) -> Result<Connection, EngineError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", -i64::from(options.reader_cache_kib))?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn check_before_use(connection: &Connection, path: &Path, check: StartCheck) -> Result<(), EngineError> {
    let clean = meta(connection, "clean_stop")?.as_deref() == Some("1");
    let bytes = path.metadata().map_or(0, |metadata| metadata.len());
    let depth = match check {
        StartCheck::Full => Depth::Full,
        StartCheck::Auto if !clean && bytes <= FULL_CHECK_BYTES_MAX => Depth::Full,
        StartCheck::Auto if bytes <= QUICK_CHECK_BYTES_MAX => Depth::Quick,
        StartCheck::Auto => {
            tracing::warn!(target: "database", bytes, clean, "too large to check at start: run `klatch check`");
            return Ok(());
        }
    };
    if !clean {
        tracing::warn!(target: "database", ?depth, "the last stop was not clean: checking");
    }
    check::verify(connection, depth)
}

/// Notes that the database is in use, so that an unclean stop shows; gives the epoch, made at first.
fn mark_running(connection: &Connection, entropy: &dyn Entropy) -> Result<String, EngineError> {
    let epoch = match meta(connection, "epoch")? {
        Some(epoch) => epoch,
        None => new_epoch(connection, entropy)?,
    };
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('clean_stop', '0')", [])?;
    Ok(epoch)
}

/// Gives the database a new epoch.
pub(super) fn new_epoch(connection: &Connection, entropy: &dyn Entropy) -> Result<String, EngineError> {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let epoch = format!("{:016x}", u64::from_be_bytes(random));
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?1)", [&epoch])?;
    Ok(epoch)
}

pub(super) fn meta(connection: &Connection, key: &str) -> Result<Option<String>, EngineError> {
    Ok(connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
        .optional()?)
}
