//! What the server answers: pictures of its state made for clients.

mod admin;
mod circle;
mod node;
mod presence;
mod receipt;
mod roster;

pub use admin::{
    AdminChannel, AdminChannels, AdminSpace, AdminSpaces, AdminUser, AdminUserCreated, AdminUsers, AuditLine,
    AuditLines,
};
pub use circle::{Circle, CirclePerson, CircleShared};
pub use node::{BusVersions, Location, Node, Nodes, UserConnection, UserNode, UserNodes};
pub use presence::{
    ChannelPresence, DevicePresence, OwnPresence, PresenceSetting, PresenceStatus, UserPresence,
};
pub use receipt::{ReceiptOfMember, ReceiptSetting, Receipts};
pub use roster::{
    RosterChange, RosterChangeKind, RosterCounts, RosterImport, RosterImports, RosterReport, RosterSettings,
    RosterStatus,
};

use crate::Event;
use klatch_types::{
    AdminScope, ChannelId, ChannelKind, ClientKey, DeviceId, InviteId, Policy, Role, Rules, Seq, SpaceId,
    UserId, UserKind, Visibility,
};
use serde::{Deserialize, Serialize};

/// A command took effect and is durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ack {
    /// Position of the event.
    pub seq: Seq,
    /// The position before it.
    pub prev: Seq,
    /// When it was committed, Unix milliseconds.
    pub at: i64,
    /// Whether this key had been committed before: this is the first ack again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
}

/// A command was carried out; there is nothing to tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Done {}

/// A user as others see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// Unique name in the space.
    pub username: String,
    /// Name to show.
    pub name: String,
    /// Kind of account.
    pub kind: UserKind,
}

/// Users found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Users {
    /// The users.
    pub users: Vec<User>,
}

/// Oneself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// Who.
    pub user: User,
    /// The space.
    pub space: Space,
    /// The device this token belongs to; none for external tokens and API keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// What one administers; left out if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<AdminScope>,
}

/// A space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Space {
    /// Id.
    pub id: SpaceId,
    /// Short name.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// Its rules.
    pub policy: Policy,
}

/// The last message of a channel, for lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Preview {
    /// Its position.
    pub seq: Seq,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who wrote it.
    pub actor: UserId,
    /// The beginning of its text, at most 140 characters; empty if deleted.
    pub text: String,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// A channel as one user sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Channel {
    /// Id.
    pub id: ChannelId,
    /// What it is for.
    pub kind: ChannelKind,
    /// Its name; of a `direct` channel, the other user's.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Who can find it.
    pub visibility: Visibility,
    /// Of a `direct` channel, the other user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<UserId>,
    /// Of a `direct` channel, how far the other has read; left out where it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_read: Option<Seq>,
    /// Of a `direct` channel, how far the other has received; left out where it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_received: Option<Seq>,
    /// One's role; none if one is not a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many members it has.
    pub members: u32,
    /// Position of its last event.
    pub head: Seq,
    /// How far one has read.
    pub read: Seq,
    /// How far one's devices have received.
    pub received: Seq,
    /// Messages after `read`.
    pub unread: u64,
    /// Of those, how many mention one (by name or all).
    pub mentions: u64,
    /// Last activity, Unix milliseconds.
    pub active_at: i64,
    /// Its rules, if it has any of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// Whether it is closed, or its meeting over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Its last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
}

/// A list of channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Channels {
    /// The channels.
    pub channels: Vec<Channel>,
}

/// A channel that was made, or found because it existed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelCreated {
    /// The channel.
    pub channel: Channel,
    /// Whether it existed before.
    pub existed: bool,
}

/// How far a user has come in a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cursor {
    /// The channel.
    pub channel: ChannelId,
    /// How far read.
    pub read: Seq,
    /// How far received.
    pub received: Seq,
    /// Messages after `read`.
    pub unread: u64,
    /// Of those, how many mention the user.
    pub mentions: u64,
}

/// One emoji under a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who gave it, in order.
    pub users: Vec<UserId>,
}

/// A message with everything later applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Message {
    /// The channel.
    pub channel: ChannelId,
    /// Its position.
    pub seq: Seq,
    /// The position before it.
    pub prev: Seq,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who wrote it.
    pub actor: UserId,
    /// The key its client gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
    /// How many messages the channel has up to this one.
    pub ordinal: u64,
    /// Its text now; empty if deleted.
    pub text: String,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Members mentioned by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// Whether everyone was mentioned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention_all: bool,
    /// When it was last edited, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<i64>,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Reactions, first given first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}

/// A page of messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Messages {
    /// The messages, in the order asked for.
    pub messages: Vec<Message>,
    /// Whether there are more in that direction.
    pub more: bool,
    /// Position of the channel's last event.
    pub head: Seq,
    /// Which history this is from.
    pub epoch: String,
}

/// A page of raw events, ascending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Events {
    /// The events.
    pub events: Vec<Event>,
    /// Whether there are more.
    pub more: bool,
    /// Position of the channel's last event; of the range's end, if one was given and it is not above that.
    pub head: Seq,
    /// Which history this is from.
    pub epoch: String,
}

/// A member of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    /// Who.
    pub user: User,
    /// As what.
    pub role: Role,
    /// Since when, Unix milliseconds.
    pub joined_at: i64,
    /// Muted until then, Unix milliseconds; `9007199254740991` is "for good".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<i64>,
    /// How far read; left out where it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Seq>,
    /// How far received; left out where it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Seq>,
}

/// A page of members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Members {
    /// The members.
    pub members: Vec<Member>,
    /// Whether there are more.
    pub more: bool,
}

/// A ban.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ban {
    /// Who.
    pub user: UserId,
    /// By whom.
    pub by: UserId,
    /// Since when, Unix milliseconds.
    pub at: i64,
    /// Until when, Unix milliseconds; for good if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The bans of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bans {
    /// The bans.
    pub bans: Vec<Ban>,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invite {
    /// Id.
    pub id: InviteId,
    /// The channel.
    pub channel: ChannelId,
    /// The code of the link `/join/{code}`.
    pub code: String,
    /// Role of those who come by it.
    pub role: Role,
    /// Who made it.
    pub by: UserId,
    /// Until when, Unix milliseconds.
    pub expires_at: i64,
    /// How many may come by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
    /// How many have.
    pub uses: u32,
}

/// The invitations of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invites {
    /// The invitations.
    pub invites: Vec<Invite>,
}

/// One who waits in a lobby.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LobbyEntry {
    /// Who.
    pub user: User,
    /// As what they come in.
    pub role: Role,
    /// By which invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<InviteId>,
    /// Since when, Unix milliseconds.
    pub at: i64,
}

/// Those who wait to be let into a channel, longest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lobby {
    /// They.
    pub waiting: Vec<LobbyEntry>,
}

/// How often one emoji was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReactionCount {
    /// The emoji.
    pub emoji: String,
    /// How many gave it.
    pub count: u32,
}

/// A message as a transcript has it: as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TranscriptLine {
    /// Its position.
    pub seq: Seq,
    /// When it was sent, RFC 3339.
    pub at: String,
    /// Who wrote it.
    pub sender: UserId,
    /// Their unique name in the space.
    pub username: String,
    /// Their name to show.
    pub name: String,
    /// Its text; empty if deleted.
    pub text: String,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When it was last edited, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Reactions, first given first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionCount>,
}

/// A page of a transcript, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Transcript {
    /// The messages.
    pub messages: Vec<TranscriptLine>,
    /// Whether there are more.
    pub more: bool,
}

/// What an invitation leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvitePreview {
    /// The channel.
    pub channel: ChannelId,
    /// What it is for.
    pub kind: ChannelKind,
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub members: u32,
    /// Until when the invitation lives, Unix milliseconds.
    pub expires_at: i64,
}

/// One signed-in device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Device {
    /// Id.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// When it signed in, Unix milliseconds.
    pub created_at: i64,
    /// When it was last used, Unix milliseconds.
    pub seen_at: i64,
    /// Whether it is the one asking.
    pub current: bool,
}

/// The devices of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Devices {
    /// The devices.
    pub devices: Vec<Device>,
}

/// A sign-in: who, and the tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The device.
    pub device: DeviceId,
    /// For the `Authorization: Bearer` header and for `hello`.
    pub access_token: String,
    /// Life of the access token, seconds.
    pub expires_in_s: u64,
    /// Gives new tokens once; using it twice signs the device out.
    pub refresh_token: String,
}

/// A token for a guest or on behalf of a user, without a refresh token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Token {
    /// Whom it is for.
    pub user: User,
    /// The access token.
    pub access_token: String,
    /// Its life, seconds.
    pub expires_in_s: u64,
}

/// The answer to a [`crate::Command`].
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(missing_docs)] // each is documented at its struct
pub enum Reply {
    Ack(Ack),
    Done(Done),
    Cursor(Cursor),
    Receipts(Receipts),
    Presence(ChannelPresence),
    Channel(Channel),
    ChannelCreated(ChannelCreated),
    Channels(Channels),
    Message(Message),
    Messages(Messages),
    Events(Events),
    Members(Members),
    Bans(Bans),
    Invite(Invite),
    Invites(Invites),
    InvitePreview(InvitePreview),
    Lobby(Lobby),
    Transcript(Transcript),
    User(User),
    Users(Users),
    Circle(Circle),
}
