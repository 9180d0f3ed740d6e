//! What happened, in the domain's words, and how it is stored. The stored form is one flat JSON object with short
//! keys, because it is by far the most common thing on disk.

use klatch_engine::row::EventRow;
use klatch_types::{ChannelKind, InviteId, Role, Seq, UserId, Visibility};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something that happened in a channel. What it changes (`target`) stands beside it in the event.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // documented at `klatch_protocol::EventBody`, which has the same fields
pub enum Fact {
    MessagePosted {
        text: String,
        reply_to: Option<Seq>,
        mentions: Vec<UserId>,
        mention_all: bool,
    },
    MessageEdited {
        text: String,
    },
    MessageDeleted,
    ReactionAdded {
        emoji: String,
    },
    ReactionRemoved {
        emoji: String,
    },
    ChannelCreated {
        kind: ChannelKind,
        name: Option<String>,
        topic: Option<String>,
        visibility: Visibility,
        members: Vec<(UserId, Role)>,
    },
    ChannelUpdated {
        name: Option<String>,
        topic: Option<String>,
        visibility: Option<Visibility>,
    },
    ChannelArchived,
    MemberJoined {
        user: UserId,
        role: Role,
        invite: Option<InviteId>,
        /// Whether the history before is theirs to see; not on the wire.
        sees_history: bool,
    },
    MemberLeft {
        user: UserId,
    },
    MemberRemoved {
        user: UserId,
        reason: Option<String>,
    },
    MemberBanned {
        user: UserId,
        reason: Option<String>,
        until: Option<i64>,
    },
    MemberUnbanned {
        user: UserId,
    },
    MemberMuted {
        user: UserId,
        until: Option<i64>,
    },
    MemberUnmuted {
        user: UserId,
    },
    MemberRoleChanged {
        user: UserId,
        role: Role,
    },
}

/// Numbers of the event types, for ever.
pub mod kind {
    #![allow(missing_docs)]
    pub const MESSAGE_POSTED: u8 = 1;
    pub const MESSAGE_EDITED: u8 = 2;
    pub const MESSAGE_DELETED: u8 = 3;
    pub const REACTION_ADDED: u8 = 4;
    pub const REACTION_REMOVED: u8 = 5;
    pub const CHANNEL_CREATED: u8 = 10;
    pub const CHANNEL_UPDATED: u8 = 11;
    pub const CHANNEL_ARCHIVED: u8 = 12;
    pub const MEMBER_JOINED: u8 = 20;
    pub const MEMBER_LEFT: u8 = 21;
    pub const MEMBER_REMOVED: u8 = 22;
    pub const MEMBER_BANNED: u8 = 23;
    pub const MEMBER_UNBANNED: u8 = 24;
    pub const MEMBER_MUTED: u8 = 25;
    pub const MEMBER_UNMUTED: u8 = 26;
    pub const MEMBER_ROLE_CHANGED: u8 = 27;
}

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
}

impl Fact {
    /// The number of its type.
    pub fn kind(&self) -> u8 {
        match self {
            Self::MessagePosted { .. } => kind::MESSAGE_POSTED,
            Self::MessageEdited { .. } => kind::MESSAGE_EDITED,
            Self::MessageDeleted => kind::MESSAGE_DELETED,
            Self::ReactionAdded { .. } => kind::REACTION_ADDED,
            Self::ReactionRemoved { .. } => kind::REACTION_REMOVED,
            Self::ChannelCreated { .. } => kind::CHANNEL_CREATED,
            Self::ChannelUpdated { .. } => kind::CHANNEL_UPDATED,
            Self::ChannelArchived => kind::CHANNEL_ARCHIVED,
            Self::MemberJoined { .. } => kind::MEMBER_JOINED,
            Self::MemberLeft { .. } => kind::MEMBER_LEFT,
            Self::MemberRemoved { .. } => kind::MEMBER_REMOVED,
            Self::MemberBanned { .. } => kind::MEMBER_BANNED,
            Self::MemberUnbanned { .. } => kind::MEMBER_UNBANNED,
            Self::MemberMuted { .. } => kind::MEMBER_MUTED,
            Self::MemberUnmuted { .. } => kind::MEMBER_UNMUTED,
            Self::MemberRoleChanged { .. } => kind::MEMBER_ROLE_CHANGED,
        }
    }

    /// The payload to store.
    pub fn to_payload(&self) -> Vec<u8> {
        let text = |text: &'_ String| Some(Cow::Owned(text.clone()));
        let stored = match self {
            Self::MessagePosted {
                text,
                reply_to,
                mentions,
                mention_all,
            } => Stored {
                text: Some(Cow::Borrowed(text)),
                reply_to: *reply_to,
                mentions: mentions.clone(),
                mention_all: *mention_all,
                ..Stored::default()
            },
            Self::MessageEdited { text } => Stored {
                text: Some(Cow::Borrowed(text)),
                ..Stored::default()
            },
            Self::ReactionAdded { emoji } | Self::ReactionRemoved { emoji } => Stored {
                text: text(emoji),
                ..Stored::default()
            },
            Self::MessageDeleted | Self::ChannelArchived => Stored::default(),
            Self::ChannelCreated {
                kind,
                name,
                topic,
                visibility,
                members,
            } => Stored {
                kind: Some(*kind),
                name: name.as_ref().and_then(text),
                text: topic.as_ref().and_then(text),
                visibility: Some(*visibility),
                members: members.clone(),
                ..Stored::default()
            },
            Self::ChannelUpdated {
                name,
                topic,
                visibility,
            } => Stored {
                name: name.as_ref().and_then(text),
                text: topic.as_ref().and_then(text),
                visibility: *visibility,
                ..Stored::default()
            },
            Self::MemberJoined {
                user,
                role,
                invite,
                sees_history,
            } => Stored {
                user: Some(*user),
                role: Some(*role),
                invite: *invite,
                sees_history: *sees_history,
                ..Stored::default()
            },
            Self::MemberRoleChanged { user, role } => Stored {
                user: Some(*user),
                role: Some(*role),
                ..Stored::default()
            },
            Self::MemberRemoved { user, reason } => Stored {
                user: Some(*user),
                text: reason.as_ref().and_then(text),
                ..Stored::default()
            },
            Self::MemberBanned { user, reason, until } => Stored {
                user: Some(*user),
                text: reason.as_ref().and_then(text),
                until: *until,
                ..Stored::default()
            },
            Self::MemberMuted { user, until } => Stored {
                user: Some(*user),
                until: *until,
                ..Stored::default()
            },
            Self::MemberLeft { user } | Self::MemberUnbanned { user } | Self::MemberUnmuted { user } => {
                Stored {
                    user: Some(*user),
                    ..Stored::default()
                }
            }
        };
        serde_json::to_vec(&stored).expect("a stored fact has string keys only")
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
            },
            kind::CHANNEL_UPDATED => Self::ChannelUpdated {
                name: some_name(),
                topic: some_text(),
                visibility: stored.visibility,
            },
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
