//! Invitation links.

use super::done;
use crate::{SessionError, Sessions};
use klatch_channel::{Actor, NewInvite};
use klatch_protocol::command::invite::{InviteAccept, InviteCreate, InviteList, InvitePreview, InviteRevoke};
use klatch_protocol::view::Reply;
use klatch_types::Role;
use std::time::Duration;

/// Life of an invitation when its maker does not say.
const LIFE_DEFAULT: Duration = Duration::from_secs(7 * 24 * 3600);

impl Sessions {
    pub(crate) async fn invite_create(&self, actor: &Actor, c: InviteCreate) -> Result<Reply, SessionError> {
        let new = NewInvite {
            role: c.role.unwrap_or(Role::Member),
            life: c.expires_in_s.map_or(LIFE_DEFAULT, Duration::from_secs),
            uses_max: c.uses_max,
        };
        Ok(Reply::Invite(
            self.channels.create_invite(actor, c.channel, new).await?,
        ))
    }

    pub(crate) async fn invite_list(&self, actor: &Actor, c: InviteList) -> Result<Reply, SessionError> {
        Ok(Reply::Invites(self.channels.invites(actor, c.channel).await?))
    }

    pub(crate) async fn invite_revoke(&self, actor: &Actor, c: InviteRevoke) -> Result<Reply, SessionError> {
        self.channels.revoke_invite(actor, c.channel, c.invite).await?;
        Ok(done())
    }

    pub(crate) async fn invite_preview(
        &self,
        actor: &Actor,
        c: InvitePreview,
    ) -> Result<Reply, SessionError> {
        Ok(Reply::InvitePreview(
            self.channels.preview_invite(actor, &c.code).await?,
        ))
    }

    pub(crate) async fn invite_accept(&self, actor: &Actor, c: InviteAccept) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        let (channel, _) = self.channels.accept_invite(actor, &c.code, c.key).await?;
        Ok(Reply::Channel(self.channels.get(actor, channel).await?))
    }
}
