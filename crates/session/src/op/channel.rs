//! Making, finding and changing channels.

use super::{ack, page};
use crate::{SessionError, Sessions};
use klatch_channel::{Actor, NewChannelRequest};
use klatch_protocol::command::channel::{
    ChannelArchive, ChannelCreate, ChannelGet, ChannelList, ChannelScope, ChannelUpdate,
};
use klatch_protocol::view::{ChannelCreated, Reply};
use klatch_types::{Visibility, limits};

/// Channels in a list when the caller does not say.
const LIST_DEFAULT: u32 = 200;

impl Sessions {
    pub(crate) async fn channel_create(
        &self,
        actor: &Actor,
        c: ChannelCreate,
    ) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        let request = NewChannelRequest {
            kind: c.kind,
            name: c.name,
            topic: c.topic,
            visibility: c.visibility.unwrap_or(Visibility::Private),
            members: c.members,
            rules: c.rules.unwrap_or_default(),
            key: c.key,
        };
        let (id, existed) = self.channels.create(actor, request).await?;
        Ok(Reply::ChannelCreated(ChannelCreated {
            channel: self.channels.get(actor, id).await?,
            existed,
        }))
    }

    pub(crate) async fn channel_get(&self, actor: &Actor, c: ChannelGet) -> Result<Reply, SessionError> {
        Ok(Reply::Channel(self.channels.get(actor, c.channel).await?))
    }

    pub(crate) async fn channel_list(&self, actor: &Actor, c: ChannelList) -> Result<Reply, SessionError> {
        let limit = page(c.limit, LIST_DEFAULT, limits::CHANNEL_LIST_MAX)?;
        Ok(Reply::Channels(match c.scope {
            ChannelScope::Mine => self.channels.list(actor, limit).await?,
            ChannelScope::Open => self.channels.list_open(actor, limit).await?,
        }))
    }

    pub(crate) async fn channel_update(
        &self,
        actor: &Actor,
        c: ChannelUpdate,
    ) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .update(actor, c.channel, c.name, c.topic, c.visibility, c.key)
            .await?))
    }

    pub(crate) async fn channel_archive(
        &self,
        actor: &Actor,
        c: ChannelArchive,
    ) -> Result<Reply, SessionError> {
        Ok(ack(self.channels.archive(actor, c.channel, c.key).await?))
    }
}
