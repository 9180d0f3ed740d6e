//! Moving an embedded database into PostgreSQL: every row as it is, in pieces that a kill may come between, compared at
//! the end.
//!
//! Each piece is one transaction that also notes in `meta` how far its table has come (`copy.<table>`), so that running
//! it again goes on where it stopped. `copy.source` names the history that is on its way; as long as it is there, no
//! server may use the database. `copy.done` takes its place at the end.

mod cell;
mod copy;
mod source;
mod tables;
#[cfg(test)]
mod tests;
mod verify;

#[cfg(test)]
pub(crate) use source::NoAppends;
pub use source::Source;

use crate::EngineError;
use crate::postgres::{Postgres, meta_of as meta, put_meta as put};
use std::time::Duration;
use tokio_postgres::Client;

/// The history that is being copied into a database, if one is.
const SOURCE: &str = "copy.source";
/// The history that was copied into it.
const DONE: &str = "copy.done";
/// Key of the advisory lock of whoever copies: the letters `klatcp`.
const LOCK: i64 = 0x6b6c_6174_6370;
/// How long a copy that was killed may hold its lock until the server notices.
const LOCK_WAIT: Duration = Duration::from_secs(15);
/// How often it is tried.
const LOCK_LOOK: Duration = Duration::from_millis(250);

/// Why a database was not moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The target is somebody's already.
    #[error("the target is not empty: {0}")]
    Occupied(String),
    /// Somebody else copies into the target.
    #[error("another `klatch migrate-store` is copying into the target: wait for its end")]
    Busy,
    /// The copy is not what it was copied from.
    #[error("the copy differs from the source: {0}")]
    Differs(String),
    /// An engine failed; what was copied stays, and running it again goes on from there.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<tokio_postgres::Error> for TransferError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// What is going on, for the person who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many rows of a table have been copied by this run.
    Copied {
        /// The table.
        table: &'static str,
        /// Rows so far.
        rows: u64,
        /// Whether that is all of it.
        complete: bool,
    },
    /// A table is the same on both sides.
    Verified(TableReport),
}

/// One table, the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// Channels that have rows in it and were compared one by one; 0 for tables that belong to no channel.
    pub channels: u64,
    /// Sum of the checksums of all rows.
    pub checksum: u128,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is there, and the same.
    Moved(Vec<TableReport>),
    /// An earlier run has moved this database; the target was not looked at, because it may have been used since.
    DoneBefore,
}

/// Copies everything of `source` into `target`, compares both and gives the target the source's epoch.
///
/// # Errors
/// `Occupied` if the target holds anything but an unfinished copy of this very source, `Busy`, `Differs`, or what an
/// engine says; then running it again goes on.
pub async fn to_postgres(
    source: &Source,
    target: &Postgres,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Outcome, TransferError> {
    let mut client = target.connect().await?;
    lock(&client).await?;
    if claim(&client, source.epoch()).await? {
        return Ok(Outcome::DoneBefore);
    }
    for table in tables::TABLES {
        copy::table(source, &mut client, table, told).await?;
    }
    let mut reports = Vec::new();
    for table in tables::TABLES {
        let report = verify::table(source, &client, table).await?;
        told(Progress::Verified(report.clone()));
        reports.push(report);
    }
    finish(&mut client, source.epoch()).await?;
    Ok(Outcome::Moved(reports))
}

/// The epoch of the history whose copy into this database has begun and not ended, if there is one: it must not be served.
///
/// # Errors
/// If the database cannot be read.
pub async fn unfinished(target: &Postgres) -> Result<Option<String>, EngineError> {
    let row = target
        .query_opt("SELECT value FROM meta WHERE key = $1", &[&SOURCE])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Takes the lock of those who copy, for as long as the connection lives.
async fn lock(client: &Client) -> Result<(), TransferError> {
    let locking = async {
        loop {
            let row = client
                .query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK])
                .await?;
            if row.get(0) {
                return Ok(());
            }
            tokio::time::sleep(LOCK_LOOK).await;
        }
    };
    tokio::time::timeout(LOCK_WAIT, locking)
        .await
        .unwrap_or(Err(TransferError::Busy))
}

/// Makes the target the source's own; whether it was moved before.
async fn claim(client: &Client, epoch: &str) -> Result<bool, TransferError> {
    match (meta(client, DONE).await?, meta(client, SOURCE).await?) {
        (Some(done), _) if done == epoch => Ok(true),
        (_, Some(begun)) if begun == epoch => Ok(false),
        (_, Some(begun)) => Err(TransferError::Occupied(format!(
            "the copy of another database (epoch {begun}) was begun there and not finished"
        ))),
        (_, None) => {
            for table in tables::TABLES {
                let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table.name);
                if client.query_one(&sql, &[]).await?.get(0) {
                    return Err(TransferError::Occupied(format!(
                        "its table `{}` has rows; name a new database",
                        table.name
                    )));
                }
            }
            put(client, SOURCE, epoch).await?;
            Ok(false)
        }
    }
}

/// Lets servers in: the target is the source from now on.
async fn finish(client: &mut Client, epoch: &str) -> Result<(), TransferError> {
    client.batch_execute("ANALYZE").await?;
    let transaction = client.transaction().await?;
    let sql = "INSERT INTO meta VALUES ('epoch', $1), ($2, $1) ON CONFLICT (key) DO UPDATE SET value = $1";
    transaction.execute(sql, &[&epoch, &DONE]).await?;
    transaction
        .execute("DELETE FROM meta WHERE key LIKE 'copy.%' AND key <> $1", &[&DONE])
        .await?;
    Ok(transaction.commit().await?)
}
