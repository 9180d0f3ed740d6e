//! Membership and moderation.

use super::{ack, page};
use crate::{SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::command::member::{
    Ban, BanList, Join, Leave, MemberAdd, MemberList, MemberRemove, MemberRole, Mute, Unban, Unmute,
};
use klatch_protocol::view::Reply;
use klatch_types::limits::{PAGE_DEFAULT, PAGE_MAX};

impl Sessions {
    pub(crate) async fn join(&self, actor: &Actor, c: Join) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self.channels.join(actor, c.channel, c.key).await?))
    }

    pub(crate) async fn leave(&self, actor: &Actor, c: Leave) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self.channels.leave(actor, c.channel, c.key).await?))
    }

    pub(crate) async fn member_list(&self, actor: &Actor, c: MemberList) -> Result<Reply, SessionError> {
        let limit = page(c.limit, PAGE_DEFAULT, PAGE_MAX)?;
        Ok(Reply::Members(
            self.channels.members(actor, c.channel, c.after, limit).await?,
        ))
    }

    pub(crate) async fn member_add(&self, actor: &Actor, c: MemberAdd) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .add_member(actor, c.channel, c.user, c.role, c.key)
            .await?))
    }

    pub(crate) async fn member_remove(&self, actor: &Actor, c: MemberRemove) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .remove_member(actor, c.channel, c.user, c.reason, c.key)
            .await?))
    }

    pub(crate) async fn member_role(&self, actor: &Actor, c: MemberRole) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .change_role(actor, c.channel, c.user, c.role, c.key)
            .await?))
    }

    pub(crate) async fn ban(&self, actor: &Actor, c: Ban) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .ban(actor, c.channel, c.user, c.reason, c.until, c.key)
            .await?))
    }

    pub(crate) async fn unban(&self, actor: &Actor, c: Unban) -> Result<Reply, SessionError> {
        Ok(ack(self.channels.unban(actor, c.channel, c.user, c.key).await?))
    }

    pub(crate) async fn ban_list(&self, actor: &Actor, c: BanList) -> Result<Reply, SessionError> {
        Ok(Reply::Bans(self.channels.bans(actor, c.channel).await?))
    }

    pub(crate) async fn mute(&self, actor: &Actor, c: Mute) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .mute(actor, c.channel, c.user, c.until, c.key)
            .await?))
    }

    pub(crate) async fn unmute(&self, actor: &Actor, c: Unmute) -> Result<Reply, SessionError> {
        Ok(ack(self.channels.unmute(actor, c.channel, c.user, c.key).await?))
    }
}
