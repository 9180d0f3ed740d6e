//! Joining, leaving, adding, removing, and roles.

use crate::access::{self, Operation};
use crate::fact::Fact;
use crate::publish::Draft;
use crate::state::REMOVED;
use crate::uninvite::invitations_lost;
use crate::{Actor, ChannelError, ChannelState, Channels};
use klatch_engine::row::{BanRow, InviteRow, UserRow};
use klatch_log::{Change, LogError, Receipt};
use klatch_protocol::view;
use klatch_types::{
    ChannelId, ClientKey, HistoryVisibility, InviteId, Millis, Policy, Role, Seq, UserId, UserKind, limits,
};

impl Channels {
    /// Joins an open channel.
    ///
    /// # Errors
    /// `Exists` if a member already, `Banned`, `Full`, `Waiting` where there is a lobby, and `NotFound` if the channel is
    /// not open.
    pub async fn join(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        let policy = &self.space(actor.space).await?.policy;
        self.room_for_one_more(actor.user).await?;
        let now = self.now();
        let joined = self
            .commit(actor, channel, key, |state| {
                if !state.members.contains_key(&actor.user) {
                    access::may_join(state, actor, now)?;
                    access::may_pass_lobby(state, Role::Member)?;
                }
                enter(state, policy, actor.user, Role::Member, None)
            })
            .await;
        match joined {
            Err(ChannelError::Waiting) => Err(self.wait_in_lobby(actor, channel, Role::Member, None).await),
            other => other,
        }
    }

    /// Leaves a channel.
    ///
    /// # Errors
    /// `LastOfRole` for the last owner while others are there.
    pub async fn leave(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.commit_as(actor, channel, key, Operation::Leave, |state| {
            if !state.members.contains_key(&actor.user) {
                return Err(ChannelError::NotFound);
            }
            keep_an_owner(state, actor.user)?;
            let change = Change::MemberRemove { user: actor.user };
            let work = invitations_lost(state, actor.user, None, self.now());
            let fact = Fact::MemberLeft { user: actor.user };
            Ok(Draft::new(fact, None, vec![change]).and_later(work))
        })
        .await
    }

    /// Adds a user of the space.
    ///
    /// # Errors
    /// `Exists` if a member already, `Full`, `Invalid` if there is no such user in the space.
    pub async fn add_member(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        role: Option<Role>,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        let policy = &self.space(actor.space).await?.policy;
        self.check(actor, channel, Operation::View).await?;
        let row = self.user_of_space(actor, user).await;
        let now = self.now();
        self.commit_as(actor, channel, key, Operation::AddMember, |state| {
            let row = row.as_ref().map_err(Clone::clone)?;
            let role = role.unwrap_or(if row.kind == UserKind::Guest {
                Role::Guest
            } else {
                Role::Member
            });
            access::may_give(state, actor, role)?;
            access::may_enter(state, user, now)?;
            enter(state, policy, user, role, None)
        })
        .await
    }

    /// Puts a user in as a verified token of an external issuer or a guest token says. Nothing happens if they are
    /// a member. Who was banned or removed stays out: the token is as old as their membership.
    pub async fn admit(&self, actor: &Actor, channel: ChannelId, role: Role) -> Result<(), ChannelError> {
        let state = self.state(channel).await?;
        let is_member = state.read().members.contains_key(&actor.user);
        if is_member {
            return Ok(());
        }
        let policy = &self.space(actor.space).await?.policy;
        let now = self.now();
        let admitted = self
            .commit(actor, channel, None, |state| {
                if state.space != actor.space {
                    return Err(ChannelError::NotFound);
                }
                access::may_enter(state, actor.user, now)?;
                if state.bans.get(&actor.user) == Some(&REMOVED) {
                    return Err(ChannelError::NotFound);
                }
                if !state.members.contains_key(&actor.user) {
                    access::may_pass_lobby(state, role)?;
                }
                enter(state, policy, actor.user, role, None)
            })
            .await;
        match admitted {
            Ok(_) => Ok(()),
            Err(ChannelError::Log(LogError::Exists(_))) => Ok(()),
            Err(ChannelError::Waiting) => Err(self.wait_in_lobby(actor, channel, role, None).await),
            Err(other) => Err(other),
        }
    }

    /// Joins by an invitation that was looked up when the channel's access position was `looked_up_at`; `Stale` if
    /// it has moved since, because then the invitation may be used up.
    pub(crate) async fn enter_by_invite(
        &self,
        actor: &Actor,
        invite: &InviteRow,
        key: Option<ClientKey>,
        looked_up_at: Seq,
    ) -> Result<Receipt, ChannelError> {
        let policy = &self.space(actor.space).await?.policy;
        self.room_for_one_more(actor.user).await?;
        let now = self.now();
        let role = if actor.kind == UserKind::Guest {
            Role::Guest
        } else {
            invite.role
        };
        let entered = self.commit(actor, invite.channel, key, |state| {
            if state.access_seq != looked_up_at {
                return Err(LogError::Stale {
                    access_seq: state.access_seq,
                }
                .into());
            }
            access::may_enter(state, actor.user, now)?;
            if !state.members.contains_key(&actor.user) {
                access::may_pass_lobby(state, role)?;
            }
            enter(state, policy, actor.user, role, Some(invite.id))
        });
        match entered.await {
            Err(ChannelError::Waiting) => {
                let waiting = self.wait_in_lobby(actor, invite.channel, role, Some(invite.id));
                Err(waiting.await)
            }
            other => other,
        }
    }

    /// Removes a member of lower rank.
    pub async fn remove_member(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        reason: Option<String>,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        check_reason(reason.as_deref())?;
        let now = self.now();
        self.commit_as(actor, channel, key, Operation::RemoveMember, |state| {
            member_of(state, user)?;
            access::outranks(state, actor, user)?;
            Ok(remove(state, actor, user, reason.clone(), now))
        })
        .await
    }

    /// Gives a member another role. Owners may step down as long as one is left.
    pub async fn change_role(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        role: Role,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.commit_as(actor, channel, key, Operation::ChangeRole, |state| {
            let before = member_of(state, user)?;
            access::may_give(state, actor, role)?;
            if before == Role::Owner && role != Role::Owner {
                if user != actor.user {
                    access::outranks(state, actor, user)?;
                }
                keep_an_owner(state, user)?;
            }
            let fact = Fact::MemberRoleChanged { user, role };
            let work = invitations_lost(state, user, Some(role), self.now());
            Ok(Draft::new(fact, None, vec![Change::MemberRole { user, role }]).and_later(work))
        })
        .await
    }

    /// A page of members.
    pub async fn members(
        &self,
        actor: &Actor,
        channel: ChannelId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<view::Members, ChannelError> {
        self.check(actor, channel, Operation::ListMembers).await?;
        let mut rows = self.parts.directory.members(channel, after, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let users: Vec<UserId> = rows.iter().map(|(member, _)| member.user).collect();
        let hidden = self.hide_reading(&users).await?;
        let shown = self.shown_receipts(actor).await?;
        let members = rows.into_iter().map(|(member, user)| view::Member {
            read: (member.user == actor.user || shown.read && !hidden.contains(&member.user))
                .then_some(member.read),
            received: (member.user == actor.user || shown.received).then_some(member.received),
            user: user_view(&user),
            role: member.role,
            joined_at: member.joined_at.0,
            muted_until: member.muted_until.map(|until| until.0),
        });
        Ok(view::Members {
            members: members.collect(),
            more,
        })
    }

    /// A user of the actor's space.
    pub(crate) async fn user_of_space(&self, actor: &Actor, user: UserId) -> Result<UserRow, ChannelError> {
        let row = self.parts.directory.user(user).await?;
        row.filter(|row| {
            row.space == actor.space && row.disabled_at.is_none() && row.kind != UserKind::System
        })
        .ok_or_else(|| ChannelError::Invalid("`user` must be a user of this space".into()))
    }
}

/// A user as others see them.
pub(crate) fn user_view(user: &UserRow) -> view::User {
    view::User {
        id: user.id,
        username: user.username.clone(),
        name: user.name.clone(),
        kind: user.kind,
    }
}

/// The draft of a user becoming a member.
pub(crate) fn enter(
    state: &ChannelState,
    policy: &Policy,
    user: UserId,
    role: Role,
    invite: Option<InviteId>,
) -> Result<Draft, ChannelError> {
    if state.members.contains_key(&user) {
        return Err(LogError::Exists(state.id).into());
    }
    if state.members.len() >= policy.members_max as usize {
        return Err(ChannelError::Full {
            members_max: policy.members_max,
        });
    }
    let history = state.rules.history.unwrap_or(policy.history);
    let sees_history = policy.history == HistoryVisibility::All && history == HistoryVisibility::All;
    let mut changes = vec![Change::MemberPut {
        user,
        role,
        sees_history,
        invite,
    }];
    if state.bans.contains_key(&user) {
        changes.push(Change::BanRemove { user }); // it is over
    }
    Ok(Draft::new(
        Fact::MemberJoined {
            user,
            role,
            invite,
            sees_history,
        },
        None,
        changes,
    ))
}

/// The draft of a member being removed.
pub(crate) fn remove(
    state: &ChannelState,
    actor: &Actor,
    user: UserId,
    reason: Option<String>,
    now: Millis,
) -> Draft {
    let fact = Fact::MemberRemoved { user, reason };
    let removed = BanRow {
        user,
        by: actor.user,
        at: now,
        until: REMOVED,
        reason: None,
    };
    let changes = vec![Change::MemberRemove { user }, Change::BanPut(removed)];
    Draft::new(fact, None, changes).and_later(invitations_lost(state, user, None, now))
}

pub(crate) fn member_of(state: &ChannelState, user: UserId) -> Result<Role, ChannelError> {
    state
        .members
        .get(&user)
        .map(|member| member.role)
        .ok_or(ChannelError::NotFound)
}

/// Refuses to let the last owner go while others stay behind.
fn keep_an_owner(state: &ChannelState, leaving: UserId) -> Result<(), ChannelError> {
    let owns = |(_, member): &(&UserId, &crate::state::MemberState)| member.role == Role::Owner;
    let leaving_owns = state
        .members
        .get(&leaving)
        .is_some_and(|member| member.role == Role::Owner);
    let another = state
        .members
        .iter()
        .filter(owns)
        .any(|(user, _)| *user != leaving);
    if leaving_owns && !another && state.members.len() > 1 {
        Err(ChannelError::LastOfRole(Role::Owner))
    } else {
        Ok(())
    }
}

pub(crate) fn check_reason(reason: Option<&str>) -> Result<(), ChannelError> {
    let max = limits::REASON_CHARS_MAX;
    match reason {
        Some(text) if text.chars().count() > max || text.contains('\0') => Err(ChannelError::Invalid(
            format!("`reason` must have at most {max} characters and no U+0000"),
        )),
        _ => Ok(()),
    }
}
