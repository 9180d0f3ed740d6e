//! The lobby.

use super::done;
use crate::{SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::command::lobby::{LobbyAdmit, LobbyDeny, LobbyList};
use klatch_protocol::view::Reply;

impl Sessions {
    pub(crate) async fn lobby_list(&self, actor: &Actor, c: LobbyList) -> Result<Reply, SessionError> {
        Ok(Reply::Lobby(self.channels.lobby(actor, c.channel).await?))
    }

    pub(crate) async fn lobby_admit(&self, actor: &Actor, c: LobbyAdmit) -> Result<Reply, SessionError> {
        Ok(Reply::Lobby(
            self.channels.admit_waiting(actor, c.channel, c.user).await?,
        ))
    }

    pub(crate) async fn lobby_deny(&self, actor: &Actor, c: LobbyDeny) -> Result<Reply, SessionError> {
        self.channels.deny_waiting(actor, c.channel, c.user).await?;
        Ok(done())
    }
}
