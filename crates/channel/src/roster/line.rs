//! Many changes to one channel, one after the other.
//!
//! The state that each relies on is the one that the change before left, and the log refuses it if something else came in
//! between: so the channel is read once, not once for each change.

use crate::fact::Fact;
use crate::membership::{enter, remove};
use crate::publish::Draft;
use crate::{Actor, ChannelError, ChannelState, Channels, access};
use klatch_engine::EngineError;
use klatch_log::{Change, LogError};
use klatch_types::{ChannelId, ChannelKind, DisplayName, Policy, Role, Rules, UserId, Visibility, limits};
use std::time::Duration;

/// Pause after the log had no room, growing with each attempt.
const PAUSE: Duration = Duration::from_millis(50);
/// What a member who is no longer enrolled is told.
const NO_LONGER: &str = "no longer enrolled";

/// One channel and its state as of the last change.
pub(super) struct Line<'a> {
    channels: &'a Channels,
    actor: &'a Actor,
    channel: ChannelId,
    state: ChannelState,
}

impl Channels {
    /// The channel as it is now; none if there is none yet.
    pub(super) async fn roster_line<'a>(
        &'a self,
        actor: &'a Actor,
        channel: ChannelId,
    ) -> Result<Option<Line<'a>>, ChannelError> {
        let snapshot = self.parts.directory.channel_snapshot(channel).await?;
        Ok(snapshot.map(|snapshot| Line {
            channels: self,
            actor,
            channel,
            state: ChannelState::of(snapshot),
        }))
    }

    /// Makes a group's channel with its first members, unless it is there.
    pub(super) async fn make_group(
        &self,
        actor: &Actor,
        channel: ChannelId,
        name: &str,
        members: &[(UserId, Role)],
    ) -> Result<(), ChannelError> {
        let fact = Fact::ChannelCreated {
            kind: ChannelKind::Course,
            name: Some(name.to_owned()),
            topic: None,
            visibility: Visibility::Private,
            members: members.to_vec(),
            rules: Rules::default(),
        };
        for attempt in 0.. {
            let first = self.first_event(actor, channel, None, &fact, members, None);
            match self.parts.log.append_wait(first).await {
                Ok(_) | Err(LogError::Exists(_)) => break,
                Err(error) => pause(attempt, error).await?,
            }
        }
        Ok(())
    }
}

impl Line<'_> {
    /// Puts someone in who is not, unless the channel is closed or they are banned.
    pub(super) async fn join(
        &mut self,
        policy: &Policy,
        user: UserId,
        role: Role,
    ) -> Result<(), ChannelError> {
        let now = self.channels.now();
        self.append(|state| {
            let enters = !state.members.contains_key(&user) && access::may_enter(state, user, now).is_ok();
            enters.then(|| enter(state, policy, user, role, None)).transpose()
        })
        .await
    }

    /// Gives a member another role, unless people gave them a third one.
    pub(super) async fn change_role(
        &mut self,
        user: UserId,
        from: Role,
        to: Role,
    ) -> Result<(), ChannelError> {
        self.append(|state| {
            let has = state.members.get(&user).map(|member| member.role);
            let changes = has == Some(from) && from != to && !state.archived;
            let fact = Fact::MemberRoleChanged { user, role: to };
            Ok(changes.then(|| Draft::new(fact, None, vec![Change::MemberRole { user, role: to }])))
        })
        .await
    }

    /// Takes a member out.
    pub(super) async fn remove(&mut self, user: UserId) -> Result<(), ChannelError> {
        let (now, actor) = (self.channels.now(), self.actor);
        self.append(|state| {
            let is_member = state.members.contains_key(&user);
            Ok(is_member.then(|| remove(state, actor, user, Some(NO_LONGER.to_owned()), now)))
        })
        .await
    }

    /// Gives the channel another name.
    pub(super) async fn rename(&mut self, name: &DisplayName) -> Result<(), ChannelError> {
        self.append(|state| {
            let name = Some(name.as_str().to_owned());
            let fact = Fact::ChannelUpdated {
                name: name.clone(),
                topic: None,
                visibility: None,
            };
            let change = Change::Update {
                name,
                topic: None,
                visibility: None,
            };
            Ok((!state.archived).then(|| Draft::new(fact, None, vec![change])))
        })
        .await
    }

    async fn append(
        &mut self,
        decide: impl Fn(&ChannelState) -> Result<Option<Draft>, ChannelError> + Send,
    ) -> Result<(), ChannelError> {
        for attempt in 0.. {
            let Some(draft) = decide(&self.state)? else {
                return Ok(());
            };
            let at = self.state.access_seq;
            let append = self
                .channels
                .append_of(self.actor, self.channel, None, &draft, at);
            match self.channels.parts.log.append_wait(append).await {
                Ok(receipt) => {
                    self.state.follow(receipt.seq, &draft.fact);
                    if !draft.work.is_empty() {
                        self.channels.work().notify_one();
                    }
                    break;
                }
                Err(LogError::Stale { .. }) if attempt < limits::STALE_RETRIES_MAX => {
                    self.read_again().await?
                }
                Err(error) => pause(attempt, error).await?,
            }
        }
        Ok(())
    }

    async fn read_again(&mut self) -> Result<(), ChannelError> {
        let snapshot = self
            .channels
            .parts
            .directory
            .channel_snapshot(self.channel)
            .await?;
        self.state = ChannelState::of(snapshot.ok_or(ChannelError::NotFound)?);
        Ok(())
    }
}

/// Waits if the log has no room just now; people come before rosters.
async fn pause(attempt: usize, error: LogError) -> Result<(), ChannelError> {
    match error {
        LogError::Engine(EngineError::Overloaded | EngineError::Contended(_))
            if attempt < limits::STALE_RETRIES_MAX =>
        {
            let factor = u32::try_from(attempt + 1).unwrap_or(u32::MAX);
            tokio::time::sleep(PAUSE.saturating_mul(factor)).await;
            Ok(())
        }
        error => Err(error.into()),
    }
}
