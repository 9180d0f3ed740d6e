//! Backup while the server runs, and restore while it does not.

use super::check::{self, Depth};
use super::migrate;
use super::open::{connect, lock, new_epoch};
use crate::EngineError;
use klatch_types::Entropy;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Copies the database at `source`, in use or not, to `destination`, which must not exist (`Exists`). The copy is
/// one committed state: it is taken inside one read transaction, so the server's writer is never held up. It is
/// checked and made durable before it gets its name.
pub fn backup(source: &Path, destination: &Path) -> Result<(), EngineError> {
    if destination.exists() {
        return Err(EngineError::Exists);
    }
    let from = connect(source, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    migrate::refuse_newer(&from)?;
    let part = copy(&from, destination)?;
    let copied = connect(&part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    as_single_file(&copied)?;
    check::verify(&copied, Depth::Full)?;
    drop(copied);
    publish(part, destination)?;
    tracing::info!(target: "database", destination = %destination.display(), "backed up");
    Ok(())
}

/// Copies a backup to `destination`, where no database may be (`Exists`), and gives it a new epoch, so that
/// clients who saw later events start afresh (contract, delivery 6). Errors: `Damaged`, `TooNew`, `Locked`.
pub fn restore(backup: &Path, destination: &Path, entropy: &dyn Entropy) -> Result<(), EngineError> {
    let lock = lock(destination)?;
    // A write-ahead log without its database would be replayed onto the restored one.
    let mut wal = destination.as_os_str().to_owned();
    wal.push("-wal");
    if destination.exists() || Path::new(&wal).exists() {
        return Err(EngineError::Exists);
    }
    let from = connect(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if migrate::refuse_newer(&from)? == 0 {
        return Err(EngineError::Damaged("it holds no Klatch schema".into()));
    }
    check::verify(&from, Depth::Full)?;
    let part = copy(&from, destination)?;
    let copied = connect(&part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    as_single_file(&copied)?;
    let epoch = new_epoch(&copied, entropy)?;
    drop(copied);
    publish(part, destination)?;
    drop(lock);
    tracing::info!(target: "database", destination = %destination.display(), epoch, "restored");
    Ok(())
}

/// Copies all pages into a new file beside `destination`, which is removed unless it is published.
fn copy(from: &Connection, destination: &Path) -> Result<TempPath, EngineError> {
    let mut name = destination.as_os_str().to_owned();
    name.push(".part");
    let part = TempPath::try_from_path(PathBuf::from(name)).map_err(|error| io(&error))?;
    // A part left by a killed run is worthless.
    remove(&part)?;
    let mut to = connect(
        &part,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    let copying = Backup::new(from, &mut to)?;
    // All pages in one step: one read transaction of the source, which in WAL mode hinders nobody.
    match copying.step(-1)? {
        StepResult::Done => Ok(part),
        _ => Err(EngineError::Locked),
    }
}

/// The copy comes with the source's WAL mode; a backup is one file, whole in itself.
fn as_single_file(copied: &Connection) -> Result<(), EngineError> {
    Ok(copied.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?)
}

/// Makes the file durable, then gives it its name, never over another.
fn publish(part: TempPath, destination: &Path) -> Result<(), EngineError> {
    File::open(&part)
        .and_then(|file| file.sync_all())
        .map_err(|error| io(&error))?;
    part.persist_noclobber(destination)
        .map_err(|refused| match refused.error.kind() {
            std::io::ErrorKind::AlreadyExists => EngineError::Exists,
            _ => io(&refused.error),
        })?;
    let folder = match destination.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| io(&error))
}

fn remove(path: &Path) -> Result<(), EngineError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(&error)),
        _ => Ok(()),
    }
}

fn io(error: &std::io::Error) -> EngineError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return EngineError::StorageFull;
    }
    EngineError::Other(error.to_string())
}
