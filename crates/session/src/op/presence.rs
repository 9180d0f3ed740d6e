//! Who is online, and whether one shows that oneself is.

use super::done;
use crate::{Principal, SessionError, Sessions};
use klatch_channel::{Actor, Line};
use klatch_protocol::ErrorCode;
use klatch_protocol::command::presence::{PresenceGet, PresenceSet, Presentness};
use klatch_protocol::view::{Done, OwnPresence, PresenceSetting, Reply, UserPresence};
use klatch_types::{ChannelId, UserId};

impl Sessions {
    pub(crate) async fn presence_get(&self, actor: &Actor, c: PresenceGet) -> Result<Reply, SessionError> {
        if c.watch.is_some() {
            return Err(only_on_a_socket());
        }
        Ok(Reply::Presence(self.channels.presence(actor, c.channel).await?))
    }

    pub(crate) async fn presence_watch(
        &self,
        line: &Line,
        actor: &Actor,
        channel: ChannelId,
        watch: bool,
    ) -> Result<Reply, SessionError> {
        let watched = self.channels.watch_presence(actor, channel, line, watch);
        Ok(Reply::Presence(watched.await?))
    }

    pub(crate) fn presence_set(&self, line: &Line, c: &PresenceSet) -> Result<Reply, SessionError> {
        self.channels.set_away(line, c.status == Presentness::Away);
        Ok(done())
    }

    /// How present a user is with whom the caller shares a channel.
    ///
    /// # Errors
    /// `not_found` for everyone else.
    pub async fn presence_of(&self, who: &Principal, user: UserId) -> Result<UserPresence, SessionError> {
        Ok(self.channels.presence_of(&who.actor(), user).await?)
    }

    /// Shows a user as online without a connection, or no longer.
    ///
    /// # Errors
    /// `forbidden` to all but API keys.
    pub async fn set_online(
        &self,
        who: &Principal,
        user: UserId,
        online: bool,
    ) -> Result<Done, SessionError> {
        self.channels.set_online(&who.actor(), user, online).await?;
        Ok(Done {})
    }

    /// How the caller is shown to others.
    ///
    /// # Errors
    /// Failures of the directory.
    pub async fn own_presence(&self, who: &Principal) -> Result<OwnPresence, SessionError> {
        Ok(self.channels.own_presence(&who.actor()).await?)
    }

    /// Changes whether they are.
    ///
    /// # Errors
    /// Failures of the directory.
    pub async fn set_presence_setting(
        &self,
        who: &Principal,
        setting: PresenceSetting,
    ) -> Result<PresenceSetting, SessionError> {
        self.channels.show_presence(&who.actor(), setting.visible).await?;
        Ok(setting)
    }
}

pub(crate) fn only_on_a_socket() -> SessionError {
    SessionError::refused(ErrorCode::Invalid, "only a socket may do this")
}
