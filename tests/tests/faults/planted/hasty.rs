//! The planted bug that tells first: a log that passes an event on before it is committed, at the position that it will
//! probably get.

use async_trait::async_trait;
use klatch_log::{
    Append, ChannelLog, CommitFeed, Committed, Done, EventRow, Head, LogError, ReadPage, Receipt,
};
use klatch_types::{ChannelId, ClientKey, Ordinal, Seq, UserId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Wraps a log.
pub(super) struct Hasty {
    /// The log that commits.
    pub(super) inner: Arc<dyn ChannelLog>,
    /// Where committed events go.
    pub(super) feed: CommitFeed,
}

/// A message as if it were committed after this head.
fn told(append: &Append, head: Head) -> Committed {
    let (seq, ordinal) = (head.seq.next(), Ordinal(head.ordinal.0 + 1));
    let receipt = Receipt {
        seq,
        prev: head.seq,
        ordinal,
        at: append.at,
        duplicate: false,
    };
    let event = EventRow {
        channel: append.channel,
        seq,
        ordinal,
        at: append.at,
        actor: append.actor,
        key: append.key,
        kind: append.kind,
        message: true,
        target: append.target,
        digest: append.digest,
        tombstone: false,
        payload: append.payload.clone(),
    };
    Committed {
        event,
        access: false,
        receipt,
        // Nobody waits for it: the sender is answered by the commit.
        done: oneshot::channel().0,
    }
}

#[async_trait]
impl ChannelLog for Hasty {
    fn append(&self, append: Append, done: Done) {
        if !append.message {
            return self.inner.append(append, done);
        }
        let (inner, feed) = (Arc::clone(&self.inner), self.feed.clone());
        tokio::spawn(async move {
            if let Ok([Some(head)]) = inner.heads(&[append.channel]).await.as_deref() {
                feed.pass(vec![told(&append, *head)]); // the planted bug: before the commit
            }
            inner.append(append, done);
        });
    }

    async fn read(&self, channel: ChannelId, page: ReadPage) -> Result<Vec<EventRow>, LogError> {
        self.inner.read(channel, page).await
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
        self.inner.heads(channels).await
    }

    async fn tombstone(&self, channel: ChannelId, seq: Seq) -> Result<(), LogError> {
        self.inner.tombstone(channel, seq).await
    }

    fn epoch(&self) -> &str {
        self.inner.epoch()
    }
}
