//! Reading the past.

use super::page;
use crate::{SessionError, Sessions};
use klatch_channel::{Actor, HistoryPage};
use klatch_protocol::ErrorCode;
use klatch_protocol::command::history::{Events, History, MessageGet};
use klatch_protocol::view::Reply;
use klatch_types::limits::{PAGE_DEFAULT, PAGE_MAX};

impl Sessions {
    pub(crate) async fn history(&self, actor: &Actor, c: History) -> Result<Reply, SessionError> {
        let limit = page(c.limit, PAGE_DEFAULT, PAGE_MAX)?;
        let which = match (c.before, c.after) {
            (Some(_), Some(_)) => {
                return Err(SessionError::refused(
                    ErrorCode::Invalid,
                    "give `before` or `after`, not both",
                ));
            }
            (before, None) => HistoryPage::Before(before),
            (None, Some(after)) => HistoryPage::After(after),
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
        let limit = page(c.limit, PAGE_DEFAULT, PAGE_MAX)?;
        Ok(Reply::Events(
            self.channels
                .events(actor, c.channel, c.after, limit, c.epoch.as_deref())
                .await?,
        ))
    }
}
