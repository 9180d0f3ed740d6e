//! What happened, in the domain's words. How it is stored is `stored.rs`'s business.

use klatch_types::{ChannelKind, InviteId, Role, Rules, Seq, UserId, Visibility};

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
        rules: Rules,
    },
    ChannelUpdated {
        name: Option<String>,
        topic: Option<String>,
        visibility: Option<Visibility>,
    },
    RulesChanged {
        rules: Rules,
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
    pub const RULES_CHANGED: u8 = 13;
    pub const MEMBER_JOINED: u8 = 20;
    pub const MEMBER_LEFT: u8 = 21;
    pub const MEMBER_REMOVED: u8 = 22;
    pub const MEMBER_BANNED: u8 = 23;
    pub const MEMBER_UNBANNED: u8 = 24;
    pub const MEMBER_MUTED: u8 = 25;
    pub const MEMBER_UNMUTED: u8 = 26;
    pub const MEMBER_ROLE_CHANGED: u8 = 27;

    /// Whether events of this type change who may do what. Types of later versions with such a number do, too.
    pub(crate) fn is_access(number: u8) -> bool {
        number >= CHANNEL_CREATED
    }
}

impl Fact {
    /// Who becomes a member by it.
    pub(crate) fn comes(&self) -> Vec<UserId> {
        match self {
            Self::ChannelCreated { members, .. } => members.iter().map(|(user, _)| *user).collect(),
            Self::MemberJoined { user, .. } => vec![*user],
            _ => Vec::new(),
        }
    }

    /// Who is no longer a member after it.
    pub(crate) fn goes(&self) -> Option<UserId> {
        match self {
            Self::MemberLeft { user }
            | Self::MemberRemoved { user, .. }
            | Self::MemberBanned { user, .. } => Some(*user),
            _ => None,
        }
    }

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
            Self::RulesChanged { .. } => kind::RULES_CHANGED,
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
}
