//! Entries of a channel's log as clients see them.

use klatch_types::{ChannelId, ChannelKind, ClientKey, InviteId, Role, Rules, Seq, UserId, Visibility};
use serde::{Deserialize, Serialize};

/// One entry of a channel's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// The channel.
    pub channel: ChannelId,
    /// Its position: 1, 2, 3 … without holes.
    pub seq: Seq,
    /// The position before it. If it is not the last one the client has, something is missing (S3.1).
    pub prev: Seq,
    /// When it was committed, Unix milliseconds; to show, not to order.
    pub at: i64,
    /// Who did it.
    pub actor: UserId,
    /// The key the actor's client gave, so that it knows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// A member as named in `channel.created`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InitialMember {
    /// The user.
    pub user: UserId,
    /// Their role.
    pub role: Role,
}

/// What happened; `type` on the wire names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type")]
pub enum EventBody {
    /// A message was posted.
    #[serde(rename = "message.posted")]
    MessagePosted {
        /// How many messages the channel has up to this one.
        ordinal: u64,
        /// The text; empty if the content was erased.
        text: String,
        /// The message this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// Members mentioned by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// Whether everyone was mentioned.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        mention_all: bool,
        /// Whether the content was erased and only the place is left.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        tombstone: bool,
    },
    /// A message's text was replaced.
    #[serde(rename = "message.edited")]
    MessageEdited {
        /// The message.
        target: Seq,
        /// The new text; empty if the message was deleted later.
        text: String,
        /// Whether the content was erased and only the place is left.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        tombstone: bool,
    },
    /// A message was deleted.
    #[serde(rename = "message.deleted")]
    MessageDeleted {
        /// The message.
        target: Seq,
    },
    /// Someone reacted.
    #[serde(rename = "reaction.added")]
    ReactionAdded {
        /// The message.
        target: Seq,
        /// The emoji.
        emoji: String,
    },
    /// Someone took a reaction back.
    #[serde(rename = "reaction.removed")]
    ReactionRemoved {
        /// The message.
        target: Seq,
        /// The emoji.
        emoji: String,
    },
    /// The channel was made; always its first event.
    #[serde(rename = "channel.created")]
    ChannelCreated {
        /// What it is for.
        kind: ChannelKind,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        /// Who can find it.
        visibility: Visibility,
        /// Its first members.
        members: Vec<InitialMember>,
        /// Its rules, if it has any of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rules: Option<Rules>,
    },
    /// Its name, topic or visibility changed; what did not change is left out.
    #[serde(rename = "channel.updated")]
    ChannelUpdated {
        /// New name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// New topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        /// New visibility.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visibility: Option<Visibility>,
    },
    /// It has other rules: these, all of them.
    #[serde(rename = "channel.rules_changed")]
    RulesChanged {
        /// The rules from now on.
        rules: Rules,
    },
    /// It was closed, or its meeting has ended, and it can only be read.
    #[serde(rename = "channel.archived")]
    ChannelArchived {},
    /// Someone became a member.
    #[serde(rename = "member.joined")]
    MemberJoined {
        /// Who.
        user: UserId,
        /// As what.
        role: Role,
        /// By which invitation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invite: Option<InviteId>,
    },
    /// A member left by themselves.
    #[serde(rename = "member.left")]
    MemberLeft {
        /// Who.
        user: UserId,
    },
    /// A member was removed.
    #[serde(rename = "member.removed")]
    MemberRemoved {
        /// Who.
        user: UserId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A user was banned, and removed if they were a member.
    #[serde(rename = "member.banned")]
    MemberBanned {
        /// Who.
        user: UserId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Until when, Unix milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
    },
    /// A ban was lifted.
    #[serde(rename = "member.unbanned")]
    MemberUnbanned {
        /// Who.
        user: UserId,
    },
    /// A member was muted.
    #[serde(rename = "member.muted")]
    MemberMuted {
        /// Who.
        user: UserId,
        /// Until when, Unix milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
    },
    /// A mute was lifted.
    #[serde(rename = "member.unmuted")]
    MemberUnmuted {
        /// Who.
        user: UserId,
    },
    /// A member's role changed.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged {
        /// Who.
        user: UserId,
        /// The new role.
        role: Role,
    },
}
