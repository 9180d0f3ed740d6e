//! The trait of the log.

use crate::{Append, Done, LogError};
use async_trait::async_trait;
use klatch_engine::row::EventRow;
use klatch_types::{ChannelId, ClientKey, Ordinal, Seq, UserId};

/// Where a channel's log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event.
    pub seq: Seq,
    /// Count of messages.
    pub ordinal: Ordinal,
    /// Position of the last event that changed who may do what.
    pub access_seq: Seq,
}

/// Which way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// A page of a channel's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadPage {
    /// Only events above this position.
    pub after: Seq,
    /// Only events below this position, if given.
    pub before: Option<Seq>,
    /// Which way.
    pub order: Order,
    /// Only messages.
    pub messages_only: bool,
    /// At most so many, 1 to `limits::PAGE_MAX + 1`.
    pub limit: u32,
}

/// A store of channel logs. All implementations pass `klatch_log::conformance`.
#[async_trait]
pub trait ChannelLog: Send + Sync + 'static {
    /// Queues one append. Appends are committed in the order of these calls. `done` is answered after the commit,
    /// through the feed; duplicates and refusals are answered by the log itself. Never blocks: a full queue answers
    /// [`klatch_engine::EngineError::Overloaded`] at once.
    fn append(&self, append: Append, done: Done);

    /// Queues one append and waits for its receipt.
    async fn append_wait(&self, append: Append) -> Result<crate::Receipt, LogError> {
        let (done, answer) = tokio::sync::oneshot::channel();
        self.append(append, done);
        answer
            .await
            .unwrap_or(Err(LogError::Engine(klatch_engine::EngineError::Closed)))
    }

    /// Reads a page of events.
    async fn read(&self, channel: ChannelId, page: ReadPage) -> Result<Vec<EventRow>, LogError>;

    /// One event.
    async fn get(&self, channel: ChannelId, seq: Seq) -> Result<Option<EventRow>, LogError>;

    /// Later events that change any event from `first` to `last`, ascending by position, at most `limit`.
    async fn amendments(
        &self,
        channel: ChannelId,
        first: Seq,
        last: Seq,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError>;

    /// The event that this sender committed with this key.
    async fn find(
        &self,
        channel: ChannelId,
        actor: UserId,
        key: ClientKey,
    ) -> Result<Option<EventRow>, LogError>;

    /// Where these channels stand, in the order asked; `None` for those that do not exist.
    async fn heads(&self, channels: &[ChannelId]) -> Result<Vec<Option<Head>>, LogError>;

    /// Erases one event's payload outside any append (retention, legal erasure). Position, key and digest stay.
    async fn tombstone(&self, channel: ChannelId, seq: Seq) -> Result<(), LogError>;

    /// Names this history. Changes when a backup is restored: clients then start afresh (contract, delivery 6).
    fn epoch(&self) -> &str;
}
