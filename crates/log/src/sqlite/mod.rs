//! The log in SQLite. The engine's writer thread runs the [`appender`], which knows what an append means; reads go
//! through the engine's readers.

mod appender;
mod changes;
mod heads;
mod read;

use crate::{Append, ChannelLog, CommitFeed, Done, EventRow, Head, LogError, ReadPage};
use appender::{Appender, Queued};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::sqlite::{Appends, channel_no, int};
pub use klatch_engine::sqlite::{OpenOptions, Sqlite};
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use std::path::Path;

/// A store of logs in one SQLite database.
#[derive(Clone, Debug)]
pub struct SqliteLog {
    sqlite: Sqlite,
    appends: Appends<Queued>,
}

/// Opens the database at `path` (made if there is none) with a log in it; the directory takes the [`Sqlite`].
/// Committed batches go to `feed`. Errors are those of [`Sqlite::open`].
pub fn open(path: &Path, options: &OpenOptions, feed: CommitFeed) -> Result<(SqliteLog, Sqlite), LogError> {
    let (sqlite, appends) = Sqlite::open(path, Appender::new(feed), options)?;
    Ok((
        SqliteLog {
            sqlite: sqlite.clone(),
            appends,
        },
        sqlite,
    ))
}

impl SqliteLog {
    /// Reads of a channel, given its number; `NotFound` if there is none.
    async fn in_channel<T, F>(&self, channel: ChannelId, f: F) -> Result<T, LogError>
    where
        F: FnOnce(&rusqlite::Connection, i64) -> Result<T, EngineError> + Send + 'static,
        T: Send + 'static,
    {
        let found = self
            .sqlite
            .read(move |connection| match channel_no(connection, channel)? {
                Some(no) => f(connection, no).map(Some),
                None => Ok(None),
            });
        found.await?.ok_or(LogError::NotFound)
    }
}

#[async_trait]
impl ChannelLog for SqliteLog {
    fn append(&self, append: Append, done: Done) {
        if let Err((queued, error)) = self.appends.push(Queued { append, done }) {
            queued.done.send(Err(error.into())).ok();
        }
    }

    async fn read(&self, channel: ChannelId, page: ReadPage) -> Result<Vec<EventRow>, LogError> {
        self.in_channel(channel, move |connection, no| {
            read::page(connection, channel, no, page)
        })
        .await
    }

    async fn get(&self, channel: ChannelId, seq: Seq) -> Result<Option<EventRow>, LogError> {
        self.in_channel(channel, move |connection, no| {
            read::one(connection, channel, no, seq)
        })
        .await
    }

    async fn amendments(
        &self,
        channel: ChannelId,
        first: Seq,
        last: Seq,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        self.in_channel(channel, move |connection, no| {
            read::amendments(connection, channel, no, first, last, limit)
        })
        .await
    }

    async fn find(
        &self,
        channel: ChannelId,
        actor: UserId,
        key: ClientKey,
    ) -> Result<Option<EventRow>, LogError> {
        self.in_channel(channel, move |connection, no| {
            read::by_key(connection, channel, no, actor, key)
        })
        .await
    }

    async fn heads(&self, channels: &[ChannelId]) -> Result<Vec<Option<Head>>, LogError> {
        let channels = channels.to_vec();
        Ok(self
            .sqlite
            .read(move |connection| read::heads(connection, &channels))
            .await?)
    }

    async fn tombstone(&self, channel: ChannelId, seq: Seq) -> Result<(), LogError> {
        let erased = self.sqlite.write(move |transaction| {
            let Some(no) = channel_no(transaction, channel)? else {
                return Ok(false);
            };
            Ok(changes::erase(transaction, no, int(seq.0))? > 0)
        });
        if erased.await? {
            Ok(())
        } else {
            Err(LogError::NotFound)
        }
    }

    fn epoch(&self) -> &str {
        self.sqlite.epoch()
    }
}
