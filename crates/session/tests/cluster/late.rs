//! A log whose answers come late, as those of a database elsewhere do: meanwhile what is in them comes another way.

use async_trait::async_trait;
use klatch_log::{Append, ChannelLog, Done, EventRow, Head, LogError, ReadPage};
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use std::time::Duration;

/// How late.
const LATE: Duration = Duration::from_millis(60);

/// Wraps a log.
pub(crate) struct Late<L> {
    pub(crate) inner: L,
}

#[async_trait]
impl<L: ChannelLog> ChannelLog for Late<L> {
    fn append(&self, append: Append, done: Done) {
        self.inner.append(append, done);
    }

    async fn read(&self, channel: ChannelId, page: ReadPage) -> Result<Vec<EventRow>, LogError> {
        let rows = self.inner.read(channel, page).await;
        tokio::time::sleep(LATE).await;
        rows
    }

    async fn get(&self, channel: ChannelId, seq: Seq) -> Result<Option<EventRow>, LogError> {
        self.inner.get(channel, seq).await
    }

    async fn amendments(
        &self,
        channel: ChannelId,
        first: Seq,
        last: Seq,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        self.inner.amendments(channel, first, last, limit).await
    }

    async fn find(
        &self,
        channel: ChannelId,
        actor: UserId,
        key: ClientKey,
    ) -> Result<Option<EventRow>, LogError> {
        self.inner.find(channel, actor, key).await
    }

    async fn heads(&self, channels: &[ChannelId]) -> Result<Vec<Option<Head>>, LogError> {
        let heads = self.inner.heads(channels).await;
        tokio::time::sleep(LATE).await;
        heads
    }

    async fn tombstone(&self, channel: ChannelId, seq: Seq) -> Result<(), LogError> {
        self.inner.tombstone(channel, seq).await
    }

    fn epoch(&self) -> &str {
        self.inner.epoch()
    }
}
