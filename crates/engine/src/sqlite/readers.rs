//! Connections that only read. In WAL mode each read sees one committed state and waits for nobody.

use crate::EngineError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A bounded pool of read-only connections.
pub(super) struct Readers {
    connections: u32,
    /// One permit for each connection.
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self {
            connections: u32::try_from(connections.len()).unwrap_or(u32::MAX),
            permits: Arc::new(Semaphore::new(connections.len())),
            idle: Arc::new(Mutex::new(connections)),
        }
    }

    /// Runs `f` on a thread that may block, in one read transaction.
    pub(super) async fn run<T, F>(&self, f: F) -> Result<T, EngineError>
    where
        F: FnOnce(&Connection) -> Result<T, EngineError> + Send + 'static,
        T: Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| EngineError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let read = move || {
            let Some(connection) = idle.lock().pop() else {
                return Err(EngineError::Closed);
            };
            let result = catch_unwind(AssertUnwindSafe(|| in_snapshot(&connection, f)));
            // Whatever happened, the connection goes back without a transaction, before its permit.
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK").ok();
            }
            idle.lock().push(connection);
            drop(permit);
            result.unwrap_or_else(|_| Err(EngineError::Other("a read panicked".into())))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(result) => result,
            Err(error) => Err(EngineError::Other(error.to_string())),
        }
    }

    /// Waits for the reads under way, closes the connections and refuses further reads.
    pub(super) async fn close(&self) {
        // All permits in hand means no connection is out.
        let all = self.permits.acquire_many(self.connections).await;
        self.permits.close();
        self.idle.lock().clear();
        drop(all);
    }
}

fn in_snapshot<T>(
    connection: &Connection,
    f: impl FnOnce(&Connection) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let value = f(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(value)
}
