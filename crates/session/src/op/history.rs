//! Reading the past.

use super::page;
use crate::{Principal, SessionError, Sessions};
use klatch_channel::{Actor, Asked, ChannelError, HistoryPage, Range};
use klatch_protocol::ErrorCode;
use klatch_protocol::command::history::{Events, History, MessageGet};
use klatch_protocol::view::Reply;
use klatch_types::limits::{PAGE_DEFAULT, PAGE_MAX, RANGE_MAX};
use klatch_types::{Millis, Seq};

impl Sessions {
    pub(crate) async fn history(&self, actor: &Actor, c: History) -> Result<Reply, SessionError> {
        let limit = page(c.limit, PAGE_DEFAULT, PAGE_MAX)?;
        let which = match (c.before, c.after, c.since) {
            (before, None, None) => HistoryPage::Before(before),
            (None, Some(after), None) => HistoryPage::After(after),
            (None, None, Some(since)) => HistoryPage::Since(Millis(since)),
            _ => {
                return Err(SessionError::refused(
                    ErrorCode::Invalid,
                    "give one of `before`, `after` and `since`",
                ));
            }
        };
        Ok(Reply::Messages(
            self.channels.history(actor, c.channel, which, limit).await?,
        ))
    }

    pub(crate) async fn message_get(&self, actor: &Actor, c: MessageGet) -> Result<Reply, SessionError> {
        Ok(Reply::Message(
            self.channels.message(actor, c.channel, c.target).await?,
        ))
    }

    pub(crate) async fn events(&self, actor: &Actor, c: Events) -> Result<Reply, SessionError> {
        if let Some(until) = c.until {
            let range = self.range_of(actor, &c, until).await?;
            return Ok(Reply::Events(range.page()));
        }
        let limit = page(c.limit, PAGE_DEFAULT, PAGE_MAX)?;
        Ok(Reply::Events(
            self.channels
                .events(actor, c.channel, c.after, limit, c.epoch.as_deref())
                .await?,
        ))
    }

    /// A range of events that has an end, as it goes over the wire: what many pull is read and encoded once. None if the
    /// command gives no end; then it runs as any other.
    ///
    /// # Errors
    /// As for [`Sessions::run`].
    pub async fn pull(&self, who: &Principal, c: &Events) -> Result<Option<Range>, SessionError> {
        let Some(until) = c.until else {
            return Ok(None);
        };
        if !who.channels.is_empty() {
            Box::pin(self.admit(who)).await?;
        }
        self.range_of(&who.actor(), c, until).await.map(Some)
    }

    async fn range_of(&self, actor: &Actor, c: &Events, until: Seq) -> Result<Range, SessionError> {
        let limit = page(c.limit, PAGE_DEFAULT, RANGE_MAX)?;
        if until <= c.after {
            let detail = "`until` must be above `after`".to_owned();
            return Err(ChannelError::Invalid(detail).into());
        }
        let asked = Asked {
            channel: c.channel,
            after: c.after,
            until,
            limit,
            epoch: c.epoch.clone(),
        };
        Ok(self.channels.range(actor, &asked).await?)
    }
}
