//! The handle that the log and the directory share.

use super::queue::{Job, Writes};
use super::readers::Readers;
use crate::EngineError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

/// Writes other than appends that may wait for the writer; further callers wait to be let in.
const WRITES_WAITING_MAX: usize = 256;

/// An open database. Cheap to clone; the last one dropped stops the writer after what was queued.
#[derive(Clone)]
pub struct Sqlite(Arc<Shared>);

struct Shared {
    writes: Arc<dyn Writes>,
    write_permits: Arc<Semaphore>,
    readers: Readers,
    epoch: String,
    failed: watch::Receiver<Option<EngineError>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Sqlite {
    pub(super) fn new(
        writes: Arc<dyn Writes>,
        readers: Readers,
        epoch: String,
        failed: watch::Receiver<Option<EngineError>>,
        writer: Option<JoinHandle<()>>,
    ) -> Self {
        Self(Arc::new(Shared {
            writes,
            write_permits: Arc::new(Semaphore::new(WRITES_WAITING_MAX)),
            readers,
            epoch,
            failed,
            writer: Mutex::new(writer),
        }))
    }

    /// Runs `f` on a read-only connection, off the runtime's threads; all its statements see the same committed
    /// state. Use `prepare_cached`. Errors are those of `f`, or `Closed` after [`Self::close`].
    pub async fn read<T, F>(&self, f: F) -> Result<T, EngineError>
    where
        F: FnOnce(&Connection) -> Result<T, EngineError> + Send + 'static,
        T: Send + 'static,
    {
        self.0.readers.run(f).await
    }

    /// Runs `f` on the writer thread, inside the current group's transaction and a savepoint of its own: if `f`
    /// fails or panics, its changes alone are undone. Answered after the commit, so `Ok` means durable. `f` must
    /// not begin or end transactions. Errors are those of `f`, or of the commit.
    pub async fn write<T, F>(&self, f: F) -> Result<T, EngineError>
    where
        F: FnOnce(&Connection) -> Result<T, EngineError> + Send + 'static,
        T: Send + 'static,
    {
        let permit = Arc::clone(&self.0.write_permits)
            .acquire_owned()
            .await
            .map_err(|_| EngineError::Closed)?;
        let (done, answer) = oneshot::channel();
        self.0.writes.submit(Box::new(WriteJob {
            f: Some(f),
            result: None,
            done,
            _permit: permit,
        }));
        answer.await.unwrap_or(Err(EngineError::Closed))
    }

    /// Names this history; changes when a backup is restored.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// Waits until the writer stopped because it must not go on (a failed `fsync`), and says why. The process
    /// should then end: what is on the disk is only known again after a restart. Never ready otherwise.
    pub async fn failed(&self) -> EngineError {
        let mut failed = self.0.failed.clone();
        loop {
            if let Some(error) = failed.borrow_and_update().clone() {
                return error;
            }
            if failed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Commits what is queued, folds the write-ahead log into the database, marks the stop as clean and ends the
    /// writer thread. Reads and writes from now on answer `Closed`.
    pub async fn close(&self) {
        self.0.writes.close();
        self.0.readers.close().await;
        let writer = self.0.writer.lock().take();
        if let Some(writer) = writer {
            tokio::task::spawn_blocking(move || writer.join()).await.ok();
        }
    }
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("epoch", &self.0.epoch)
            .finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.writes.close();
        let Some(writer) = self.writer.lock().take() else {
            return;
        };
        // A write's closure may have held the last handle: the writer cannot wait for itself.
        if writer.thread().id() != std::thread::current().id() {
            writer.join().ok();
        }
    }
}

struct WriteJob<T, F> {
    f: Option<F>,
    result: Option<T>,
    done: oneshot::Sender<Result<T, EngineError>>,
    _permit: OwnedSemaphorePermit,
}

impl<T, F> Job for WriteJob<T, F>
where
    F: FnOnce(&Connection) -> Result<T, EngineError> + Send,
    T: Send,
{
    fn run(&mut self, transaction: &Connection) -> Result<(), EngineError> {
        let f = self.f.take().expect("a job runs once");
        self.result = Some(f(transaction)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), EngineError>) {
        let Self { result, done, .. } = *self;
        done.send(outcome.and_then(|()| result.ok_or(EngineError::Closed)))
            .ok();
    }
}
