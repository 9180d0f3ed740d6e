//! Opening a database for reading alone, also while a server uses it: for operators' commands.

use super::handle::Sqlite;
use super::migrate::{self, SCHEMA_VERSION};
use super::open::{OpenOptions, meta, open_reader};
use super::queue::Queue;
use super::readers::Readers;
use crate::EngineError;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

impl Sqlite {
    /// Opens the database at `path` without taking its lock. Reads see what is committed, writes answer `Closed`.
    /// Errors: `TooNew`; `Other` if there is no database, or one that a server of this version has yet to migrate.
    pub fn open_read_only(path: &Path, options: &OpenOptions) -> Result<Self, EngineError> {
        let first = open_reader(path, options)?;
        let found = migrate::refuse_newer(&first)?;
        if found < SCHEMA_VERSION {
            let older = format!(
                "the database has schema version {found}: start `klatch serve` once to bring it up to date"
            );
            return Err(EngineError::Other(older));
        }
        let epoch = meta(&first, "epoch")?.unwrap_or_default();
        let mut readers = vec![first];
        for _ in 1..options.readers {
            readers.push(open_reader(path, options)?);
        }
        let queue = Queue::<()>::new(0);
        queue.close();
        // The sender is gone: a database without a writer has no writer that fails.
        let (_, has_failed) = watch::channel(None);
        Ok(Self::new(
            Arc::new(queue),
            Readers::new(readers),
            epoch,
            has_failed,
            None,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::NoAppends;

    #[tokio::test]
    async fn it_reads_beside_a_server_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("klatch.db");
        let options = OpenOptions::default();
        assert!(
            Sqlite::open_read_only(&path, &options).is_err(),
            "it makes no database"
        );
        let (server, _appends) = Sqlite::open(&path, NoAppends, &options).unwrap();
        let reader = Sqlite::open_read_only(&path, &options).unwrap();
        assert_eq!(reader.epoch(), server.epoch());
        let add = |c: &rusqlite::Connection| {
            c.execute("INSERT INTO meta VALUES ('seen', 'yes')", [])?;
            Ok(())
        };
        assert!(matches!(reader.write(add).await, Err(EngineError::Closed)));
        server.write(add).await.unwrap();
        let seen = reader
            .read(|c| {
                Ok(c.query_row("SELECT value FROM meta WHERE key = 'seen'", [], |r| {
                    r.get::<_, String>(0)
                })?)
            })
            .await
            .unwrap();
        assert_eq!(seen, "yes");
        server.close().await;
    }
}
