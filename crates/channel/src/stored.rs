//! How facts are stored: one flat JSON object with short keys, because it is by far the most common thing on disk.

use crate::fact::{Fact, kind};
use klatch_engine::row::EventRow;
use klatch_types::{ChannelKind, InviteId, Role, Rules, Seq, UserId, Visibility};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The stored form: every field any fact has, each left out when empty.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored<'a> {
    #[serde(rename = "t", borrow, skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    #[serde(rename = "m", skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<UserId>,
    #[serde(rename = "a", skip_serializing_if = "std::ops::Not::not")]
    mention_all: bool,
    #[serde(rename = "k", skip_serializing_if = "Option::is_none")]
    kind: Option<ChannelKind>,
    #[serde(rename = "n", borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "v", skip_serializing_if = "Option::is_none")]
    visibility: Option<Visibility>,
    #[serde(rename = "p", skip_serializing_if = "Vec::is_empty")]
    members: Vec<(UserId, Role)>,
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    invite: Option<InviteId>,
    #[serde(rename = "h", skip_serializing_if = "std::ops::Not::not")]
    sees_history: bool,
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    rules: Option<Rules>,
}

impl Fact {
    /// The payload to store.
    pub fn to_payload(&self) -> Vec<u8> {
        let stored = match self {
            Self::MessagePosted { .. }
            | Self::MessageEdited { .. }
            | Self::MessageDeleted
            | Self::ReactionAdded { .. }
            | Self::ReactionRemoved { .. } => self.message_part(),
            Self::ChannelCreated { .. }
            | Self::ChannelUpdated { .. }
            | Self::RulesChanged { .. }
            | Self::ChannelArchived => self.channel_part(),
            _ => self.member_part(),
        };
        serde_json::to_vec(&stored).expect("a stored fact has string keys only")
    }

    fn message_part(&self) -> Stored<'_> {
        match self {
            Self::MessagePosted {
                text,
                reply_to,
                mentions,
                mention_all,
            } => Stored {
                text: Some(text.into()),
                reply_to: *reply_to,
                mentions: mentions.clone(),
                mention_all: *mention_all,
                ..Stored::default()
            },
            Self::MessageEdited { text } => Stored {
                text: Some(text.into()),
                ..Stored::default()
            },
            Self::ReactionAdded { emoji } | Self::ReactionRemoved { emoji } => Stored {
                text: Some(emoji.into()),
                ..Stored::default()
            },
            _ => Stored::default(),
        }
    }

    fn channel_part(&self) -> Stored<'_> {
        match self {
            Self::ChannelCreated {
                kind,
                name,
                topic,
                visibility,
                members,
                rules,
            } => Stored {
                kind: Some(*kind),
                name: name.as_deref().map(Cow::Borrowed),
                text: topic.as_deref().map(Cow::Borrowed),
                visibility: Some(*visibility),
                members: members.clone(),
                rules: (*rules != Rules::default()).then_some(*rules),
                ..Stored::default()
            },
            Self::RulesChanged { rules } => Stored {
                rules: Some(*rules),
                ..Stored::default()
            },
            Self::ChannelUpdated {
                name,
                topic,
                visibility,
            } => Stored {
                name: name.as_deref().map(Cow::Borrowed),
                text: topic.as_deref().map(Cow::Borrowed),
                visibility: *visibility,
                ..Stored::default()
            },
            _ => Stored::default(),
        }
    }

    fn member_part(&self) -> Stored<'_> {
        let of = |user: &UserId| Stored {
            user: Some(*user),
            ..Stored::default()
        };
        match self {
            Self::MemberJoined {
                user,
                role,
                invite,
                sees_history,
            } => Stored {
                role: Some(*role),
                invite: *invite,
                sees_history: *sees_history,
                ..of(user)
            },
            Self::MemberRoleChanged { user, role } => Stored {
                role: Some(*role),
                ..of(user)
            },
            Self::MemberRemoved { user, reason } => Stored {
                text: reason.as_deref().map(Cow::Borrowed),
                ..of(user)
            },
            Self::MemberBanned { user, reason, until } => Stored {
                text: reason.as_deref().map(Cow::Borrowed),
                until: *until,
                ..of(user)
            },
            Self::MemberMuted { user, until } => Stored {
                until: *until,
                ..of(user)
            },
            Self::MemberLeft { user } | Self::MemberUnbanned { user } | Self::MemberUnmuted { user } => {
                of(user)
            }
            _ => Stored::default(),
        }
    }

    /// The fact an event stores; erased content reads as empty. `None` for an event this version does not know.
    pub fn of(event: &EventRow) -> Option<Self> {
        Self::from_payload(event.kind, &event.payload)
    }

    /// The fact of a type and a payload.
    pub fn from_payload(number: u8, payload: &[u8]) -> Option<Self> {
        let stored: Stored<'_> = if payload.is_empty() {
            Stored::default()
        } else {
            serde_json::from_slice(payload).ok()?
        };
        let text = || stored.text.as_deref().unwrap_or_default().to_owned();
        let some_text = || stored.text.as_deref().map(str::to_owned);
        let some_name = || stored.name.as_deref().map(str::to_owned);
        Some(match number {
            kind::MESSAGE_POSTED => Self::MessagePosted {
                text: text(),
                reply_to: stored.reply_to,
                mention_all: stored.mention_all,
                mentions: stored.mentions,
            },
            kind::MESSAGE_EDITED => Self::MessageEdited { text: text() },
            kind::MESSAGE_DELETED => Self::MessageDeleted,
            kind::REACTION_ADDED => Self::ReactionAdded { emoji: text() },
            kind::REACTION_REMOVED => Self::ReactionRemoved { emoji: text() },
            kind::CHANNEL_CREATED => Self::ChannelCreated {
                kind: stored.kind?,
                name: some_name(),
                topic: some_text(),
                visibility: stored.visibility?,
                members: stored.members,
                rules: stored.rules.unwrap_or_default(),
            },
            kind::CHANNEL_UPDATED => Self::ChannelUpdated {
                name: some_name(),
                topic: some_text(),
                visibility: stored.visibility,
            },
            kind::RULES_CHANGED => Self::RulesChanged { rules: stored.rules? },
            kind::CHANNEL_ARCHIVED => Self::ChannelArchived,
            kind::MEMBER_JOINED => Self::MemberJoined {
                user: stored.user?,
                role: stored.role?,
                invite: stored.invite,
                sees_history: stored.sees_history,
            },
            kind::MEMBER_LEFT => Self::MemberLeft { user: stored.user? },
            kind::MEMBER_REMOVED => Self::MemberRemoved {
                user: stored.user?,
                reason: some_text(),
            },
            kind::MEMBER_BANNED => Self::MemberBanned {
                user: stored.user?,
                reason: some_text(),
                until: stored.until,
            },
            kind::MEMBER_UNBANNED => Self::MemberUnbanned { user: stored.user? },
            kind::MEMBER_MUTED => Self::MemberMuted {
                user: stored.user?,
                until: stored.until,
            },
            kind::MEMBER_UNMUTED => Self::MemberUnmuted { user: stored.user? },
            kind::MEMBER_ROLE_CHANGED => Self::MemberRoleChanged {
                user: stored.user?,
                role: stored.role?,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{Entropy, Millis, SeededEntropy};

    #[test]
    fn every_fact_comes_back_as_it_was_stored() {
        let entropy: &dyn Entropy = &SeededEntropy::new(3);
        let user = UserId::new(Millis(1), entropy);
        let text = || "é\"\n".to_owned();
        let rules = Rules {
            ends_at: Some(Millis(9)),
            lobby: true,
            ..Rules::default()
        };
        let facts = [
            Fact::MessagePosted {
                text: text(),
                reply_to: Some(Seq(2)),
                mentions: vec![user],
                mention_all: true,
            },
            Fact::MessageEdited { text: text() },
            Fact::MessageDeleted,
            Fact::ReactionAdded { emoji: "👍".into() },
            Fact::ReactionRemoved { emoji: "👍".into() },
            Fact::ChannelCreated {
                kind: ChannelKind::Meeting,
                name: Some(text()),
                topic: None,
                visibility: Visibility::Open,
                members: vec![(user, Role::Owner)],
                rules,
            },
            Fact::RulesChanged { rules },
            Fact::RulesChanged {
                rules: Rules::default(),
            },
            Fact::ChannelUpdated {
                name: None,
                topic: Some(String::new()),
                visibility: Some(Visibility::Private),
            },
            Fact::ChannelArchived,
            Fact::MemberJoined {
                user,
                role: Role::Guest,
                invite: None,
                sees_history: true,
            },
            Fact::MemberLeft { user },
            Fact::MemberRemoved {
                user,
                reason: Some(text()),
            },
            Fact::MemberBanned {
                user,
                reason: None,
                until: Some(7),
            },
            Fact::MemberUnbanned { user },
            Fact::MemberMuted { user, until: None },
            Fact::MemberUnmuted { user },
            Fact::MemberRoleChanged {
                user,
                role: Role::Moderator,
            },
        ];
        for fact in facts {
            assert_eq!(Fact::from_payload(fact.kind(), &fact.to_payload()), Some(fact));
        }
        assert_eq!(Fact::from_payload(200, b"{}"), None);
    }
}
