//! Folding the write-ahead log into the database beside the writer, so that commits do not wait for it.
//!
//! A passive checkpoint copies what is committed and keeps nobody waiting, but while commits go on it never gets to
//! the end, and only a log that was copied to its end is written from its beginning again. So most is copied on a
//! thread of its own, and the writer copies the short rest between two commits.

use crate::EngineError;
use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// How the copying on the thread stands.
enum Stage {
    Idle,
    Copying,
    Copied(Result<(), EngineError>),
}

/// The thread that copies.
pub(super) struct Checkpointer {
    stage: Arc<Mutex<Stage>>,
    start: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own.
    pub(super) fn new(connection: Connection) -> Result<Self, EngineError> {
        // The thread's connection must not fold anything by being the last to close: after a failure nothing may.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let stage = Arc::new(Mutex::new(Stage::Idle));
        let (start, started) = sync_channel(1);
        let shared = Arc::clone(&stage);
        let thread = std::thread::Builder::new()
            .name("klatch-folder".into())
            .spawn(move || {
                while started.recv().is_ok() {
                    let copied = copy(&connection);
                    *shared.lock() = Stage::Copied(copied);
                }
            })
            .map_err(|error| EngineError::Other(error.to_string()))?;
        Ok(Self {
            stage,
            start: Some(start),
            thread: Some(thread),
        })
    }

    /// Called by the writer between two commits: starts copying when the log is long, and copies the rest when the
    /// thread has done its part. `frames` asks how long the log is.
    ///
    /// # Errors
    /// A failed write or fsync of either thread; the writer must stop.
    pub(super) fn between_commits(
        &mut self,
        writer: &Connection,
        frames: impl Fn() -> Result<i64, EngineError>,
        frames_max: i64,
    ) -> Result<(), EngineError> {
        let mut stage = self.stage.lock();
        match &*stage {
            Stage::Copying => Ok(()),
            Stage::Copied(outcome) => {
                let copied = outcome.clone();
                *stage = Stage::Idle;
                drop(stage);
                forgive_full(copied.and_then(|()| copy(writer)))
            }
            Stage::Idle => {
                if frames()? >= frames_max
                    && let Some(start) = &self.start
                    && start.try_send(()).is_ok()
                {
                    *stage = Stage::Copying;
                }
                Ok(())
            }
        }
    }
}

impl Checkpointer {
    /// Waits for the thread to end its work.
    pub(super) fn stop(&mut self) {
        self.start = None; // ends the thread's loop
        if let Some(thread) = self.thread.take() {
            thread.join().ok(); // a panic of it was told by the panic hook
        }
    }
}

/// Copies what can be copied without waiting for anyone.
fn copy(connection: &Connection) -> Result<(), EngineError> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |_| Ok(()))?;
    Ok(())
}

/// A full disk is no reason to stop: the commits are safe in the log, and sends hear of it.
fn forgive_full(copied: Result<(), EngineError>) -> Result<(), EngineError> {
    match copied {
        Err(EngineError::StorageFull) => Ok(()),
        other => other,
    }
}
