//! The trait of the directory.

use crate::{Administration, Rosters, StoreError};
use async_trait::async_trait;
use klatch_engine::row::{
    ApiKeyRow, BanRow, ChannelRow, DeviceRow, InviteRow, IssuerRow, LobbyRow, MemberRow, RefreshRow,
    SigningKeyRow, SpaceRow, UserRow,
};
use klatch_types::{
    ApiKeyId, ChannelId, ChannelKind, DeviceId, InviteId, IssuerId, Millis, Ordinal, Policy, Seq, SpaceId,
    UserId,
};
use std::time::Duration;

/// A channel with everyone in it, as of one moment (`row.head`).
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSnapshot {
    /// The channel.
    pub row: ChannelRow,
    /// Its members.
    pub members: Vec<MemberRow>,
    /// Its bans.
    pub bans: Vec<BanRow>,
}

/// The last message of a channel, with its newest edit applied.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewRow {
    /// Its position.
    pub seq: Seq,
    /// When.
    pub at: Millis,
    /// Who wrote it.
    pub actor: UserId,
    /// Payload of the message, or of its newest edit.
    pub payload: Vec<u8>,
    /// Whether it was erased.
    pub tombstone: bool,
}

/// The other user of a direct channel, and how far they are in it.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerRow {
    /// Who.
    pub id: UserId,
    /// Unique name in the space.
    pub username: String,
    /// Name to show.
    pub name: String,
    /// How far read.
    pub read: Seq,
    /// How far received.
    pub received: Seq,
    /// Whether they show nobody what they have read.
    pub hides_reading: bool,
}

/// One line of a user's channel list.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelListRow {
    /// The channel.
    pub row: ChannelRow,
    /// The user's membership; none in lists of open channels that the user is not in.
    pub member: Option<MemberRow>,
    /// Of a direct channel: the other user.
    pub peer: Option<PeerRow>,
    /// The last message.
    pub preview: Option<PreviewRow>,
}

/// Where a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelHead {
    /// The channel.
    pub id: ChannelId,
    /// What it is for.
    pub kind: ChannelKind,
    /// Position of its last event.
    pub head: Seq,
}

/// What a connection must know of one of its user's channels.
#[derive(Clone, Debug, PartialEq)]
pub struct MembershipRow {
    /// The channel.
    pub channel: ChannelId,
    /// Position of its last event.
    pub head: Seq,
    /// How far the user has read.
    pub read: Seq,
    /// Messages after that.
    pub unread: u64,
    /// Events at or below this position are not theirs to see.
    pub visible_after: Seq,
}

/// A cursor after a move.
#[derive(Clone, Debug, PartialEq)]
pub struct CursorRow {
    /// How far read.
    pub read: Seq,
    /// How far received.
    pub received: Seq,
    /// Messages after `read`: the channel's ordinal less the reader's.
    pub unread: u64,
    /// Of those, mentions by name and of everyone.
    pub mentions: u64,
    /// Whether `read` moved.
    pub read_moved: bool,
    /// Whether `received` moved.
    pub received_moved: bool,
}

/// How far a message has come among the members who can see it, its author aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptCounts {
    /// How many those are.
    pub members: u64,
    /// Of those, how many have received it.
    pub received: u64,
    /// Of those, how many have read it and show that.
    pub read: u64,
}

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq)]
pub enum Rotation {
    /// It was good; the new one takes its place.
    Rotated(DeviceRow),
    /// It had been used before: the device has been revoked.
    Reused(DeviceRow),
    /// Unknown, expired, or of a revoked device.
    Refused,
}

/// What became of someone who came to a lobby.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LobbyPut {
    /// They wait from now on.
    Added,
    /// They had been waiting.
    Waiting,
    /// As many wait as may.
    Full,
}

/// The directory. All implementations pass `klatch_store::conformance`.
#[async_trait]
pub trait Directory: Rosters + Administration {
    // ---- spaces ----

    /// Adds a space. `Exists` if the slug is taken.
    async fn space_add(&self, space: SpaceRow) -> Result<(), StoreError>;
    /// One space.
    async fn space(&self, id: SpaceId) -> Result<Option<SpaceRow>, StoreError>;
    /// One space by short name.
    async fn space_by_slug(&self, slug: &str) -> Result<Option<SpaceRow>, StoreError>;
    /// All spaces, by short name.
    async fn spaces(&self) -> Result<Vec<SpaceRow>, StoreError>;
    /// Changes a space's rules and origins. `NotFound` if there is none.
    async fn space_update(&self, id: SpaceId, policy: Policy, origins: Vec<String>)
    -> Result<(), StoreError>;

    // ---- users ----

    /// Adds a user. `Exists` if the username or the external identity is taken.
    async fn user_add(&self, user: UserRow) -> Result<(), StoreError>;
    /// One user.
    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError>;
    /// Many users, in any order; unknown ones are left out.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserRow>, StoreError>;
    /// One user by exact username.
    async fn user_by_username(&self, space: SpaceId, username: &str) -> Result<Option<UserRow>, StoreError>;
    /// Many users by exact username, in any order; unknown ones are left out.
    async fn users_by_username(
        &self,
        space: SpaceId,
        usernames: &[String],
    ) -> Result<Vec<UserRow>, StoreError>;
    /// One user by external identity.
    async fn user_by_external(&self, issuer: IssuerId, subject: &str) -> Result<Option<UserRow>, StoreError>;
    /// Persons and guests of the space that are not disabled and whose username or name begins with `prefix` (ASCII case folded), by
    /// username, at most `limit`. `%`, `_` and `\` in `prefix` mean themselves.
    async fn users_search(
        &self,
        space: SpaceId,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError>;
    /// All users of a space after a username, by username, at most `limit`.
    async fn users_of(&self, space: SpaceId, after: &str, limit: u32) -> Result<Vec<UserRow>, StoreError>;
    /// Changes the name to show.
    async fn user_rename(&self, id: UserId, name: &str) -> Result<(), StoreError>;
    /// Changes the unique name. `Exists` if the space has another user of it.
    async fn user_username(&self, id: UserId, username: &str) -> Result<(), StoreError>;
    /// Changes the password hash.
    async fn user_password(&self, id: UserId, hash: &str) -> Result<(), StoreError>;
    /// Disables or enables an account.
    async fn user_disable(&self, id: UserId, at: Option<Millis>) -> Result<(), StoreError>;

    // ---- devices ----

    /// Adds a device with its first refresh token.
    async fn device_add(&self, device: DeviceRow, refresh: RefreshRow) -> Result<(), StoreError>;
    /// One device.
    async fn device(&self, id: DeviceId) -> Result<Option<DeviceRow>, StoreError>;
    /// The devices of a user that are not revoked, last used first.
    async fn devices_of(&self, user: UserId) -> Result<Vec<DeviceRow>, StoreError>;
    /// Changes the name of a device. `NotFound` if there is none.
    async fn device_rename(&self, id: DeviceId, name: &str) -> Result<(), StoreError>;
    /// Revokes a device. False if it was revoked already. `NotFound` if there is none.
    async fn device_revoke(&self, id: DeviceId, at: Millis) -> Result<bool, StoreError>;
    /// Uses a refresh token once, atomically: if it is good, it is marked used, `next` (of the same device) is added
    /// and the device's `seen_at` is `now`. If it had been used before, the device is revoked.
    async fn refresh_rotate(
        &self,
        hash: [u8; 32],
        next: [u8; 32],
        next_expires_at: Millis,
        now: Millis,
    ) -> Result<Rotation, StoreError>;
    /// Forgets refresh tokens that expired before `now`; how many.
    async fn refresh_sweep(&self, now: Millis) -> Result<u64, StoreError>;

    // ---- keys ----

    /// Adds a key of a back end.
    async fn api_key_add(&self, key: ApiKeyRow) -> Result<(), StoreError>;
    /// A key by hash, revoked ones too.
    async fn api_key(&self, hash: [u8; 32]) -> Result<Option<ApiKeyRow>, StoreError>;
    /// The keys of a space, oldest first.
    async fn api_keys_of(&self, space: SpaceId) -> Result<Vec<ApiKeyRow>, StoreError>;
    /// Revokes a key. `NotFound` if there is none.
    async fn api_key_revoke(&self, id: ApiKeyId, at: Millis) -> Result<(), StoreError>;
    /// Adds an external issuer. `Exists` if the `iss` is taken.
    async fn issuer_add(&self, issuer: IssuerRow) -> Result<(), StoreError>;
    /// An issuer by exact `iss`.
    async fn issuer(&self, issuer: &str) -> Result<Option<IssuerRow>, StoreError>;
    /// The issuers of a space, oldest first.
    async fn issuers_of(&self, space: SpaceId) -> Result<Vec<IssuerRow>, StoreError>;
    /// Removes an issuer. `NotFound` if there is none.
    async fn issuer_remove(&self, id: IssuerId) -> Result<(), StoreError>;
    /// The server's signing keys, oldest first.
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError>;
    /// Adds a signing key. `Exists` if the kid is taken.
    async fn signing_key_add(&self, key: SigningKeyRow) -> Result<(), StoreError>;

    // ---- channels ----

    /// One channel.
    async fn channel(&self, id: ChannelId) -> Result<Option<ChannelRow>, StoreError>;
    /// One channel with all its members and bans, read in one transaction.
    async fn channel_snapshot(&self, id: ChannelId) -> Result<Option<ChannelSnapshot>, StoreError>;
    /// The direct channel of two users.
    async fn channel_of_pair(
        &self,
        space: SpaceId,
        low: UserId,
        high: UserId,
    ) -> Result<Option<ChannelId>, StoreError>;
    /// A user's channels, last activity first, with preview and counts, in one query. `edit_kind` is the event kind
    /// that carries edited texts.
    async fn channel_list(
        &self,
        user: UserId,
        edit_kind: u8,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError>;
    /// One line of that list, whether or not the user is a member.
    async fn channel_line(
        &self,
        user: UserId,
        channel: ChannelId,
        edit_kind: u8,
    ) -> Result<Option<ChannelListRow>, StoreError>;
    /// Open, unarchived channels of a space by name, with the user's membership if any, without preview.
    async fn channels_open(
        &self,
        space: SpaceId,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError>;
    /// All channels of a space, oldest first, at most `limit`, for operators.
    async fn channels_of(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelRow>, StoreError>;
    /// Where the channels of a space stand, at most `limit` of them, in no order.
    async fn channel_heads(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelHead>, StoreError>;
    /// What a connection must know of its user's channels, at most `limits::CHANNELS_PER_USER_MAX`.
    async fn memberships(&self, user: UserId) -> Result<Vec<MembershipRow>, StoreError>;
    /// Members with their users, ordered by user id.
    async fn members(
        &self,
        channel: ChannelId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(MemberRow, UserRow)>, StoreError>;
    /// Moves a member's cursors forward, never back, never past the head. `NotFound` if not a member.
    async fn cursor_move(
        &self,
        channel: ChannelId,
        user: UserId,
        read: Option<Seq>,
        received: Option<Seq>,
    ) -> Result<CursorRow, StoreError>;

    // ---- receipts ----

    /// How far a message of `author` has come, in one query over the channel's members. Nothing of an unknown channel.
    async fn receipt_counts(
        &self,
        channel: ChannelId,
        seq: Seq,
        author: UserId,
    ) -> Result<ReceiptCounts, StoreError>;
    /// Hides from everyone what a user has read, or shows it again.
    async fn receipts_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError>;
    /// Those of these users who show nobody what they have read, in any order.
    async fn receipts_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError>;

    // ---- presence ----

    /// Hides from everyone whether a user is online, or shows it again.
    async fn presence_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError>;
    /// Those of these users who show nobody whether they are online, in any order.
    async fn presence_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError>;

    // ---- invitations ----

    /// Adds an invitation.
    async fn invite_add(&self, invite: InviteRow) -> Result<(), StoreError>;
    /// An invitation by code, spent and revoked ones too.
    async fn invite(&self, code: &str) -> Result<Option<InviteRow>, StoreError>;
    /// The invitations of a channel that are not revoked and not expired at `now`, oldest first.
    async fn invites_of(&self, channel: ChannelId, now: Millis) -> Result<Vec<InviteRow>, StoreError>;
    /// Takes an invitation of this channel back. `NotFound` if there is none.
    async fn invite_revoke(&self, channel: ChannelId, id: InviteId, at: Millis) -> Result<(), StoreError>;

    // ---- lobby ----

    /// Lets someone wait before a channel, in which at most about `max` do (those who come at the same moment may be a few
    /// more); one who waits already keeps their place as it is. `NotFound` if there is no such channel.
    async fn lobby_put(&self, channel: ChannelId, row: LobbyRow, max: u32) -> Result<LobbyPut, StoreError>;
    /// One who waits before a channel.
    async fn lobby_get(&self, channel: ChannelId, user: UserId) -> Result<Option<LobbyRow>, StoreError>;
    /// All who wait before a channel, longest first.
    async fn lobby_of(&self, channel: ChannelId) -> Result<Vec<LobbyRow>, StoreError>;
    /// Lets one no longer wait, or nobody: how many did.
    async fn lobby_remove(&self, channel: ChannelId, user: Option<UserId>) -> Result<u64, StoreError>;

    // ---- chores ----

    /// Whether the caller should now do a piece of work that is due once in the whole cluster each `every`: true for
    /// one caller, who is then the one until `every` has passed. Nodes' clocks may differ by up to `every`; a claim
    /// due further than twice that ahead of `now`, made before a clock was set back, holds nobody up.
    async fn chore_claim(&self, name: &str, every: Duration, now: Millis) -> Result<bool, StoreError>;

    // ---- counts ----

    /// Counts of (spaces, users, channels, messages), for operators.
    async fn counts(&self) -> Result<(u64, u64, u64, Ordinal), StoreError>;
}
