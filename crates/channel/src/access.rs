//! Who may do what in which kind of channel. Every permission question of Klatch is answered here, from one table;
//! what the table does not allow is refused.

use crate::{Actor, ChannelError, ChannelState};
use klatch_types::{AdminScope, ChannelKind, Millis, Role, UserId, UserKind, Visibility};

/// Something one may want to do to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Operation {
    View,
    ReadHistory,
    ListMembers,
    MoveCursor,
    Typing,
    SeePresence,
    Send,
    EditOwn,
    DeleteOwn,
    DeleteOther,
    React,
    Update,
    Archive,
    Invite,
    AddMember,
    RemoveMember,
    ChangeRole,
    Ban,
    Mute,
    Lobby,
    Export,
    Leave,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 22] = [
        Self::View,
        Self::ReadHistory,
        Self::ListMembers,
        Self::MoveCursor,
        Self::Typing,
        Self::SeePresence,
        Self::Send,
        Self::EditOwn,
        Self::DeleteOwn,
        Self::DeleteOther,
        Self::React,
        Self::Update,
        Self::Archive,
        Self::Invite,
        Self::AddMember,
        Self::RemoveMember,
        Self::ChangeRole,
        Self::Ban,
        Self::Mute,
        Self::Lobby,
        Self::Export,
        Self::Leave,
    ];

    /// Whether it works in a closed channel.
    fn works_archived(self) -> bool {
        use Operation::{Export, Leave, ListMembers, MoveCursor, ReadHistory, SeePresence, View};
        matches!(
            self,
            View | ReadHistory | ListMembers | MoveCursor | SeePresence | Leave | Export
        )
    }

    /// Whether a mute forbids it.
    fn needs_voice(self) -> bool {
        matches!(self, Self::Send | Self::EditOwn | Self::React | Self::Typing)
    }
}

/// The weakest role that may do this in this kind of channel; `None`: nobody may.
pub fn weakest_role(kind: ChannelKind, operation: Operation) -> Option<Role> {
    use ChannelKind::{Course, Direct, Group, Meeting};
    use Operation as Op;
    match (operation, kind) {
        (Op::View | Op::ReadHistory | Op::ListMembers | Op::MoveCursor | Op::Typing | Op::SeePresence, _) => {
            Some(Role::Guest)
        }
        (Op::Send | Op::EditOwn | Op::DeleteOwn | Op::React, _) => Some(Role::Guest),
        // A direct channel belongs to its two users for good; a course follows its roster.
        (_, Direct) => None,
        (Op::Leave, Course) => None,
        (Op::Leave, Group | Meeting) => Some(Role::Guest),
        (Op::Lobby, Group | Course) => None,
        (Op::AddMember, Group) => Some(Role::Member),
        (Op::AddMember, Meeting | Course) => Some(Role::Moderator),
        (
            Op::DeleteOther | Op::Update | Op::Invite | Op::RemoveMember | Op::Ban | Op::Mute | Op::Lobby,
            _,
        ) => Some(Role::Moderator),
        (Op::Archive | Op::ChangeRole | Op::Export, _) => Some(Role::Owner),
    }
}

/// Whether the actor may do this now. A channel the actor may not see answers [`ChannelError::NotFound`].
pub fn may(
    state: &ChannelState,
    actor: &Actor,
    operation: Operation,
    now: Millis,
) -> Result<(), ChannelError> {
    if actor.space != state.space {
        return Err(ChannelError::NotFound);
    }
    if actor.kind == UserKind::System {
        // A back end runs every channel of its space but the users' own conversations.
        return match is_run_by_back_ends(state.kind) {
            false => Err(ChannelError::NotFound),
            true => closed(state, operation, now),
        };
    }
    let Some(member) = state.members.get(&actor.user) else {
        return if is_open_to(state, actor) && operation == Operation::View {
            Ok(())
        } else if is_open_to(state, actor) {
            Err(ChannelError::Forbidden("join the channel first"))
        } else {
            Err(ChannelError::NotFound)
        };
    };
    match weakest_role(state.kind, operation) {
        Some(weakest) if member.role >= weakest => {}
        Some(Role::Owner) => {
            return Err(ChannelError::Forbidden(
                "only an owner of the channel may do this",
            ));
        }
        Some(Role::Moderator) => {
            return Err(ChannelError::Forbidden(
                "only moderators and owners of the channel may do this",
            ));
        }
        Some(Role::Member) => return Err(ChannelError::Forbidden("guests may not do this")),
        Some(Role::Guest) | None => {
            return Err(ChannelError::Forbidden(
                "nobody may do this in this kind of channel",
            ));
        }
    }
    closed(state, operation, now)?;
    if operation.needs_voice() && member.role < Role::Moderator {
        if state.rules.is_before_start(now) {
            return Err(ChannelError::NotStarted);
        }
        if state.rules.muted_all {
            return Err(ChannelError::Muted);
        }
    }
    if operation.needs_voice() && member.muted_until.is_some_and(|until| until > now) {
        return Err(ChannelError::Muted);
    }
    Ok(())
}

/// Whether the actor administers this: persons only, and whoever administers the server administers their space as well.
pub fn may_administer(actor: &Actor, what: AdminScope) -> Result<(), ChannelError> {
    if actor.kind == UserKind::Person && actor.admin >= Some(what) {
        return Ok(());
    }
    Err(ChannelError::Forbidden(match what {
        AdminScope::Space => "only an administrator of the space may do this",
        AdminScope::Server => "only an administrator of the server may do this",
    }))
}

/// Whether the actor may see and change what a space keeps of its enrolment source: back ends and administrators.
pub fn may_keep_rosters(actor: &Actor) -> Result<(), ChannelError> {
    if actor.kind == UserKind::System || may_administer(actor, AdminScope::Space).is_ok() {
        return Ok(());
    }
    Err(ChannelError::Forbidden(
        "only an API key or an administrator of the space may do this",
    ))
}

/// Whether the actor has a circle of people whom they share classes with: persons only.
pub fn may_have_circle(actor: &Actor) -> Result<(), ChannelError> {
    match actor.kind {
        UserKind::Person => Ok(()),
        UserKind::Guest => Err(ChannelError::Forbidden("guests are in no roster")),
        UserKind::System => Err(ChannelError::Forbidden("an API key has no circle")),
    }
}

/// Whether the actor may follow all channels of the space that a back end runs: back ends only.
pub fn may_follow_space(actor: &Actor) -> Result<(), ChannelError> {
    match actor.kind {
        UserKind::System => Ok(()),
        UserKind::Person | UserKind::Guest => Err(ChannelError::Forbidden("only an API key may do this")),
    }
}

/// Whether a back end runs the space's channels of this kind: all but the users' own conversations.
pub fn is_run_by_back_ends(kind: ChannelKind) -> bool {
    kind != ChannelKind::Direct
}

/// Whether the actor may join by themselves. A back end needs no membership and never becomes a member.
pub fn may_join(state: &ChannelState, actor: &Actor, now: Millis) -> Result<(), ChannelError> {
    if actor.kind == UserKind::System && may(state, actor, Operation::View, now).is_ok() {
        return Err(ChannelError::Forbidden("an API key needs no membership"));
    }
    if !is_open_to(state, actor) {
        return Err(ChannelError::NotFound);
    }
    may_enter(state, actor.user, now)
}

/// Whether a user may become a member at all, by whatever way.
pub fn may_enter(state: &ChannelState, user: UserId, now: Millis) -> Result<(), ChannelError> {
    if state.is_closed(now) {
        return Err(ChannelError::Archived);
    }
    if state.kind == ChannelKind::Direct {
        return Err(ChannelError::Forbidden(
            "a direct channel has two members for good",
        ));
    }
    if state.bans.get(&user).is_some_and(|until| *until > now) {
        return Err(ChannelError::Banned);
    }
    Ok(())
}

/// Whether one who comes by themselves, by an invitation or by a token may come in as this role, or waits in the lobby.
pub fn may_pass_lobby(state: &ChannelState, role: Role) -> Result<(), ChannelError> {
    if state.rules.lobby && role < Role::Moderator {
        Err(ChannelError::Waiting)
    } else {
        Ok(())
    }
}

/// Whether the actor's rank is above the target's: removing, banning, muting and re-ranking need it.
pub fn outranks(state: &ChannelState, actor: &Actor, target: UserId) -> Result<(), ChannelError> {
    let target_role = state.members.get(&target).map(|member| member.role);
    let actor_role = state.members.get(&actor.user).map(|member| member.role);
    match (target_role, actor_role) {
        _ if actor.kind == UserKind::System => Ok(()),
        (None, _) => Ok(()),
        (Some(target), Some(actor)) if actor > target => Ok(()),
        _ => Err(ChannelError::Forbidden("this member's role is not below yours")),
    }
}

/// The highest role the actor may give: below their own, and an owner may make owners.
pub fn may_give(state: &ChannelState, actor: &Actor, role: Role) -> Result<(), ChannelError> {
    let own = state.members.get(&actor.user).map(|member| member.role);
    let may = actor.kind == UserKind::System
        || own == Some(Role::Owner)
        || own.is_some_and(|own| role < own || (role == Role::Member && own == Role::Member));
    if may {
        Ok(())
    } else {
        Err(ChannelError::Forbidden("you may give roles below your own only"))
    }
}

fn is_open_to(state: &ChannelState, actor: &Actor) -> bool {
    actor.space == state.space
        && state.visibility == Visibility::Open
        && actor.kind == UserKind::Person
        && state.kind != ChannelKind::Direct
}

fn closed(state: &ChannelState, operation: Operation, now: Millis) -> Result<(), ChannelError> {
    if state.is_closed(now) && !operation.works_archived() {
        Err(ChannelError::Archived)
    } else {
        Ok(())
    }
}
