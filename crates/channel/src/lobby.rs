//! The lobby: those who come by themselves, by an invitation or by a token wait until a moderator lets them in. They are no
//! members and see nothing of the channel. Who waits is kept in the directory, so that it outlives connections and is the
//! same for every node; frames tell it to those whom it concerns.

use crate::access::{self, Operation};
use crate::membership::{enter, user_view};
use crate::{Actor, ChannelError, Channels};
use klatch_engine::row::{LobbyRow, UserRow};
use klatch_fanout::Frame;
use klatch_log::LogError;
use klatch_protocol::frame::{LobbySignal, LobbyState};
use klatch_protocol::{ServerFrame, codec, view};
use klatch_store::LobbyPut;
use klatch_types::{ChannelId, InviteId, Role, UserId, limits};

impl Channels {
    /// Lets one who came wait: what they are told. Those who wait already keep their place.
    pub(crate) async fn wait_in_lobby(
        &self,
        actor: &Actor,
        channel: ChannelId,
        role: Role,
        invite: Option<InviteId>,
    ) -> ChannelError {
        let row = LobbyRow {
            user: actor.user,
            role,
            invite,
            at: self.now(),
        };
        let put = self
            .parts
            .directory
            .lobby_put(channel, row, limits::LOBBY_MAX)
            .await;
        match put {
            Ok(LobbyPut::Waiting) => ChannelError::Waiting,
            Ok(LobbyPut::Full) => {
                let max = limits::LOBBY_MAX;
                ChannelError::LimitReached(format!("{max} people wait already; try again later"))
            }
            Ok(LobbyPut::Added) => match self.tell_lobby(channel, actor.user, LobbyState::Waiting).await {
                Ok(()) => ChannelError::Waiting,
                Err(error) => error,
            },
            Err(error) => error.into(),
        }
    }

    /// The refusal of one who may not see a channel: that they wait before it, if they do.
    pub(crate) async fn waiting_or(
        &self,
        actor: &Actor,
        channel: ChannelId,
        refusal: ChannelError,
    ) -> ChannelError {
        if !matches!(refusal, ChannelError::NotFound) {
            return refusal;
        }
        let Ok(state) = self.state(channel).await else {
            return refusal;
        };
        let may_wait = {
            let state = state.read();
            state.rules.lobby && state.space == actor.space && !state.is_closed(self.now())
        };
        if !may_wait {
            return refusal;
        }
        match self.parts.directory.lobby_get(channel, actor.user).await {
            Ok(Some(_)) => ChannelError::Waiting,
            Ok(None) => refusal,
            Err(error) => error.into(),
        }
    }

    /// Who waits, longest first.
    pub async fn lobby(&self, actor: &Actor, channel: ChannelId) -> Result<view::Lobby, ChannelError> {
        let state = self.check(actor, channel, Operation::Lobby).await?;
        let mut rows = self.parts.directory.lobby_of(channel).await?;
        {
            let state = state.read();
            rows.retain(|row| !state.members.contains_key(&row.user));
        }
        let ids: Vec<UserId> = rows.iter().map(|row| row.user).collect();
        let users = self.parts.directory.users(&ids).await?;
        let user_of = |id: UserId| users.iter().find(|user| user.id == id);
        let entry = |row: &LobbyRow| {
            let user = user_of(row.user).filter(|user| user.disabled_at.is_none())?;
            Some(view::LobbyEntry {
                user: user_view(user),
                role: row.role,
                invite: row.invite,
                at: row.at.0,
            })
        };
        Ok(view::Lobby {
            waiting: rows.iter().filter_map(entry).collect(),
        })
    }

    /// Lets one in who waits, or all of them; answers who still waits.
    ///
    /// # Errors
    /// `NotFound` for one who does not wait, and why one may not come in: `Full`, `Banned`.
    pub async fn admit_waiting(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: Option<UserId>,
    ) -> Result<view::Lobby, ChannelError> {
        self.check(actor, channel, Operation::Lobby).await?;
        let directory = &self.parts.directory;
        let rows = match user {
            Some(user) => {
                let row = directory.lobby_get(channel, user).await?;
                vec![row.ok_or(ChannelError::NotFound)?]
            }
            None => directory.lobby_of(channel).await?,
        };
        for row in rows {
            match self.let_in(actor, channel, &row).await {
                // Of many, one who may not come in holds up nobody else.
                Err(ChannelError::Banned | ChannelError::LimitReached(_)) if user.is_none() => {}
                other => other?,
            }
        }
        self.lobby(actor, channel).await
    }

    async fn let_in(&self, actor: &Actor, channel: ChannelId, row: &LobbyRow) -> Result<(), ChannelError> {
        let policy = &self.space(actor.space).await?.policy;
        self.room_for_one_more(row.user).await?;
        let now = self.now();
        let entered = self
            .commit_as(actor, channel, None, Operation::Lobby, |state| {
                access::may_enter(state, row.user, now)?;
                enter(state, policy, row.user, row.role, row.invite)
            })
            .await;
        match entered {
            Ok(_) | Err(ChannelError::Log(LogError::Exists(_))) => {}
            Err(ChannelError::Banned) => {
                self.parts.directory.lobby_remove(channel, Some(row.user)).await?;
                return Err(ChannelError::Banned);
            }
            Err(other) => return Err(other),
        }
        self.parts.directory.lobby_remove(channel, Some(row.user)).await?;
        self.tell_lobby(channel, row.user, LobbyState::Admitted).await
    }

    /// Sends one away who waits. Whoever waits may go by themselves.
    ///
    /// # Errors
    /// `NotFound` for one who does not wait.
    pub async fn deny_waiting(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
    ) -> Result<(), ChannelError> {
        let refused = match self.check(actor, channel, Operation::Lobby).await {
            Err(refusal) if user != actor.user => return Err(refusal),
            Err(refusal) => Some(refusal),
            Ok(_) => None,
        };
        if self.parts.directory.lobby_remove(channel, Some(user)).await? == 0 {
            return Err(refused.unwrap_or(ChannelError::NotFound));
        }
        self.tell_lobby(channel, user, LobbyState::Gone).await
    }

    /// Lets one who was banned wait no longer.
    pub(crate) async fn out_of_lobby(&self, channel: ChannelId, user: UserId) -> Result<(), ChannelError> {
        if self.parts.directory.lobby_remove(channel, Some(user)).await? == 0 {
            return Ok(());
        }
        self.tell_lobby(channel, user, LobbyState::Gone).await
    }

    /// Lets nobody wait any longer: the channel is closed.
    pub(crate) async fn empty_lobby(&self, channel: ChannelId) -> Result<(), ChannelError> {
        let rows = self.parts.directory.lobby_of(channel).await?;
        if rows.is_empty() {
            return Ok(());
        }
        self.parts.directory.lobby_remove(channel, None).await?;
        let ids: Vec<UserId> = rows.iter().map(|row| row.user).collect();
        for user in self.parts.directory.users(&ids).await? {
            self.tell_user(user.id, &lobby_frame(channel, &user, LobbyState::Gone));
        }
        Ok(())
    }

    /// Tells it to the one whom it is about, and to the channel's moderators.
    async fn tell_lobby(
        &self,
        channel: ChannelId,
        user: UserId,
        what: LobbyState,
    ) -> Result<(), ChannelError> {
        let Some(row) = self.parts.directory.user(user).await? else {
            return Ok(());
        };
        let frame = lobby_frame(channel, &row, what);
        let state = self.state(channel).await?;
        let moderators: Vec<UserId> = {
            let state = state.read();
            let members = state.members.iter();
            let keeps_order = members.filter(|(id, member)| member.role >= Role::Moderator && **id != user);
            let ids = keeps_order.map(|(id, _)| *id);
            ids.take(limits::LOBBY_TOLD_MAX).collect()
        };
        for told in moderators.into_iter().chain([user]) {
            self.tell_user(told, &frame);
        }
        Ok(())
    }

    fn tell_user(&self, user: UserId, frame: &Frame) {
        self.parts.hub.publish_user(user, frame);
        self.parts.peers.user(user, frame.payload());
    }
}

fn lobby_frame(channel: ChannelId, user: &UserRow, state: LobbyState) -> Frame {
    let signal = ServerFrame::Lobby(LobbySignal {
        channel,
        user: user_view(user),
        state,
    });
    Frame::text(&codec::write(&signal))
}
