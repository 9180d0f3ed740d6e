//! What deciding about a channel needs, kept in memory and changed by the channel's own events.

use crate::fact::Fact;
use klatch_engine::row::{EventRow, FOR_GOOD};
use klatch_store::ChannelSnapshot;
use klatch_types::{ChannelId, ChannelKind, Millis, Role, Rules, Seq, SpaceId, UserId, Visibility};
use std::collections::HashMap;

/// A member, as far as deciding needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemberState {
    /// As what.
    pub role: Role,
    /// May not speak until then.
    pub muted_until: Option<Millis>,
    /// Events at or below this position are not theirs to see.
    pub visible_after: Seq,
}

/// The end of the ban of one who was removed and not banned: it is over from the start, so that it bars nobody and is
/// in no list; but an access token that puts its bearer into the channel does so no more, until someone lets them in.
pub(crate) const REMOVED: Millis = Millis(0);

/// A channel as of its last access event. An append relies on `access_seq`; the log refuses it when the channel
/// has moved on, so a state that is late can delay an operation and never wrongly allow one.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelState {
    /// The channel.
    pub id: ChannelId,
    /// Its space.
    pub space: SpaceId,
    /// What it is for.
    pub kind: ChannelKind,
    /// Who can find it.
    pub visibility: Visibility,
    /// Whether it is closed.
    pub archived: bool,
    /// What holds in it beside the policy of its space.
    pub rules: Rules,
    /// Position of the last event that changed who may do what.
    pub access_seq: Seq,
    /// Members.
    pub members: HashMap<UserId, MemberState>,
    /// Banned users and until when; of those who were removed, a time long past.
    pub bans: HashMap<UserId, Millis>,
}

impl ChannelState {
    /// Whether it can only be read: it was closed, or its meeting is over by the clock, whether or not that was noted yet.
    pub fn is_closed(&self, now: Millis) -> bool {
        self.archived || self.rules.is_over(now)
    }

    /// From what the directory read in one transaction.
    pub fn of(snapshot: ChannelSnapshot) -> Self {
        let members = snapshot.members.into_iter().map(|row| {
            let state = MemberState {
                role: row.role,
                muted_until: row.muted_until,
                visible_after: row.visible_after,
            };
            (row.user, state)
        });
        Self {
            id: snapshot.row.id,
            space: snapshot.row.space,
            kind: snapshot.row.kind,
            visibility: snapshot.row.visibility,
            archived: snapshot.row.archived_at.is_some(),
            rules: snapshot.row.rules,
            access_seq: snapshot.row.access_seq,
            members: members.collect(),
            bans: snapshot
                .bans
                .into_iter()
                .map(|ban| (ban.user, ban.until))
                .collect(),
        }
    }

    /// Follows a committed access event; events that are in the state already change nothing.
    pub fn apply(&mut self, event: &EventRow, fact: &Fact) {
        self.follow(event.seq, fact);
    }

    /// The same for an event of which the position is enough.
    pub(crate) fn follow(&mut self, seq: Seq, fact: &Fact) {
        if seq <= self.access_seq {
            return;
        }
        self.access_seq = seq;
        match fact {
            Fact::ChannelUpdated {
                visibility: Some(visibility),
                ..
            } => self.visibility = *visibility,
            Fact::RulesChanged { rules } => self.rules = *rules,
            Fact::ChannelArchived => self.archived = true,
            Fact::MemberJoined {
                user,
                role,
                sees_history,
                ..
            } => {
                let visible_after = if *sees_history { Seq::ZERO } else { seq.prev() };
                let member = MemberState {
                    role: *role,
                    muted_until: None,
                    visible_after,
                };
                self.members.insert(*user, member);
                self.bans.remove(user);
            }
            Fact::MemberLeft { user } => {
                self.members.remove(user);
            }
            Fact::MemberRemoved { user, .. } => {
                self.members.remove(user);
                self.bans.insert(*user, REMOVED);
            }
            Fact::MemberBanned { user, until, .. } => {
                self.members.remove(user);
                self.bans.insert(*user, until.map_or(FOR_GOOD, Millis));
            }
            Fact::MemberUnbanned { user } => {
                self.bans.remove(user);
            }
            Fact::MemberMuted { user, until } => {
                if let Some(member) = self.members.get_mut(user) {
                    member.muted_until = Some(until.map_or(FOR_GOOD, Millis));
                }
            }
            Fact::MemberUnmuted { user } => {
                if let Some(member) = self.members.get_mut(user) {
                    member.muted_until = None;
                }
            }
            Fact::MemberRoleChanged { user, role } => {
                if let Some(member) = self.members.get_mut(user) {
                    member.role = *role;
                }
            }
            Fact::ChannelUpdated { visibility: None, .. }
            | Fact::ChannelCreated { .. }
            | Fact::MessagePosted { .. }
            | Fact::MessageEdited { .. }
            | Fact::MessageDeleted
            | Fact::ReactionAdded { .. }
            | Fact::ReactionRemoved { .. } => {}
        }
    }
}
