//! The directory in PostgreSQL. Each method is one statement wherever it can be, so that it needs no transaction; the
//! few that first look whether a space or a user is there rely on those never being removed.
//!
//! The tables of channels may be distributed by bucket. What is asked of one channel, and often, names its bucket, so
//! that one worker answers. These cannot, and ask all buckets: what is asked by user (`channel_list`, `memberships`),
//! by space (`channels_open`, `channels_of`), by pair (`channel_of_pair`), by code (`invite`, and `invite_add` where
//! no index spans all codes), what work is due, and `counts`.

mod admin;
mod channel;
mod chore;
mod cursor;
mod device;
mod invite;
mod key;
mod list;
mod lobby;
mod presence;
mod query;
mod receipt;
mod roster;
mod search;
mod space;
mod user;
mod work;

use crate::{
    ChannelHead, ChannelListRow, ChannelSnapshot, CursorRow, Directory, LobbyPut, MembershipRow,
    ReceiptCounts, Rotation, StoreError,
};
use async_trait::async_trait;
use klatch_engine::postgres::Postgres;
use klatch_engine::row::{
    ApiKeyRow, ChannelRow, DeviceRow, InviteRow, IssuerRow, LobbyRow, MemberRow, RefreshRow, SigningKeyRow,
    SpaceRow, UserRow,
};
use klatch_types::{
    ApiKeyId, ChannelId, DeviceId, InviteId, IssuerId, Millis, Ordinal, Policy, Seq, SpaceId, UserId,
};
use std::time::Duration;

/// A directory in one PostgreSQL database.
#[derive(Clone, Debug)]
pub struct PostgresDirectory {
    db: Postgres,
}

impl PostgresDirectory {
    /// A directory in this database; the log of the same database writes channels, members and bans.
    pub fn new(postgres: Postgres) -> Self {
        Self { db: postgres }
    }
}

/// What a write answers that touched something, or found nothing to touch.
fn there(found: bool) -> Result<(), StoreError> {
    found.then_some(()).ok_or(StoreError::NotFound)
}

/// Statements asked often of one channel, by name, for the test that each names its bucket.
#[cfg(test)]
pub(crate) fn in_one_bucket() -> [(&'static str, &'static str); 16] {
    [
        ("channel", &channel::BY_ID),
        ("snapshot", &channel::SNAPSHOT),
        ("members", &channel::MEMBERS),
        ("line", &list::ONE),
        ("cursor", cursor::MOVE),
        ("receipts", receipt::COUNTS),
        ("invites", &invite::OF_CHANNEL),
        ("add an invitation", invite::ADD),
        ("revoke an invitation", invite::REVOKE),
        ("lobby", lobby::OF_CHANNEL),
        ("one in a lobby", lobby::ONE),
        ("come to a lobby", lobby::PUT),
        ("leave a lobby", lobby::REMOVE),
        ("claim work of a bucket", &work::CLAIM_IN_BUCKET),
        ("work is done", work::DONE),
        ("work is put off", work::RETRY_AT),
    ]
}

/// Statements that ask all buckets or none, by name, for the test of their plans.
#[cfg(test)]
pub(crate) fn in_all_buckets() -> [(&'static str, &'static str); 15] {
    [
        ("list", &list::OF_USER),
        ("open", &list::OPEN),
        ("memberships", channel::MEMBERSHIPS),
        ("pair", channel::OF_PAIR),
        ("code", &invite::BY_CODE),
        ("users", &user::MANY),
        ("usernames", &user::BY_USERNAME),
        ("external identity", &user::BY_EXTERNAL),
        ("devices", &device::OF_USER),
        ("search", &search::IN_RANGE),
        ("search for anyone", &search::ANY),
        ("claim work", &work::CLAIM),
        ("buckets with work", work::DUE_BUCKETS),
        ("roster members due", roster::DUE),
        ("channels of a circle", roster::MINE),
    ]
}

#[async_trait]
impl Directory for PostgresDirectory {
    async fn space_add(&self, space: SpaceRow) -> Result<(), StoreError> {
        Ok(space::add(&self.db, &space).await?)
    }

    async fn space(&self, id: SpaceId) -> Result<Option<SpaceRow>, StoreError> {
        Ok(space::by_id(&self.db, id).await?)
    }

    async fn space_by_slug(&self, slug: &str) -> Result<Option<SpaceRow>, StoreError> {
        Ok(space::by_slug(&self.db, slug).await?)
    }

    async fn spaces(&self) -> Result<Vec<SpaceRow>, StoreError> {
        Ok(space::all(&self.db).await?)
    }

    async fn space_update(
        &self,
        id: SpaceId,
        policy: Policy,
        origins: Vec<String>,
    ) -> Result<(), StoreError> {
        there(space::update(&self.db, id, &policy, &origins).await?)
    }

    async fn user_add(&self, user: UserRow) -> Result<(), StoreError> {
        there(user::add(&self.db, &user).await?)
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        Ok(user::many(&self.db, &[id]).await?.into_iter().next())
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserRow>, StoreError> {
        Ok(user::many(&self.db, ids).await?)
    }

    async fn user_by_username(&self, space: SpaceId, username: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(user::by_username(&self.db, space, &[username])
            .await?
            .into_iter()
            .next())
    }

    async fn users_by_username(
        &self,
        space: SpaceId,
        usernames: &[String],
    ) -> Result<Vec<UserRow>, StoreError> {
        let usernames: Vec<&str> = usernames.iter().map(String::as_str).collect();
        Ok(user::by_username(&self.db, space, &usernames).await?)
    }

    async fn user_by_external(&self, issuer: IssuerId, subject: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(user::by_external(&self.db, issuer, subject).await?)
    }

    async fn users_search(
        &self,
        space: SpaceId,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        Ok(search::users(&self.db, space, prefix, limit).await?)
    }

    async fn users_of(&self, space: SpaceId, after: &str, limit: u32) -> Result<Vec<UserRow>, StoreError> {
        Ok(user::of_space(&self.db, space, after, limit).await?)
    }

    async fn user_rename(&self, id: UserId, name: &str) -> Result<(), StoreError> {
        there(user::rename(&self.db, id, name).await?)
    }

    async fn user_username(&self, id: UserId, username: &str) -> Result<(), StoreError> {
        there(user::change_username(&self.db, id, username).await?)
    }

    async fn user_password(&self, id: UserId, hash: &str) -> Result<(), StoreError> {
        there(user::password(&self.db, id, hash).await?)
    }

    async fn user_disable(&self, id: UserId, at: Option<Millis>) -> Result<(), StoreError> {
        there(user::disable(&self.db, id, at).await?)
    }

    async fn device_add(&self, device: DeviceRow, refresh: RefreshRow) -> Result<(), StoreError> {
        there(device::add(&self.db, &device, &refresh).await?)
    }

    async fn device(&self, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        Ok(device::by_id(&self.db, id).await?)
    }

    async fn devices_of(&self, user: UserId) -> Result<Vec<DeviceRow>, StoreError> {
        Ok(device::of_user(&self.db, user).await?)
    }

    async fn device_rename(&self, id: DeviceId, name: &str) -> Result<(), StoreError> {
        there(device::rename(&self.db, id, name).await?)
    }

    async fn device_revoke(&self, id: DeviceId, at: Millis) -> Result<bool, StoreError> {
        device::revoke(&self.db, id, at)
            .await?
            .ok_or(StoreError::NotFound)
    }

    async fn refresh_rotate(
        &self,
        hash: [u8; 32],
        next: [u8; 32],
        next_expires_at: Millis,
        now: Millis,
    ) -> Result<Rotation, StoreError> {
        Ok(device::rotate(&self.db, hash, next, next_expires_at, now).await?)
    }

    async fn refresh_sweep(&self, now: Millis) -> Result<u64, StoreError> {
        Ok(device::sweep(&self.db, now).await?)
    }

    async fn api_key_add(&self, key: ApiKeyRow) -> Result<(), StoreError> {
        there(key::api_add(&self.db, &key).await?)
    }

    async fn api_key(&self, hash: [u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        Ok(key::api_by_hash(&self.db, hash).await?)
    }

    async fn api_keys_of(&self, space: SpaceId) -> Result<Vec<ApiKeyRow>, StoreError> {
        Ok(key::api_of_space(&self.db, space).await?)
    }

    async fn api_key_revoke(&self, id: ApiKeyId, at: Millis) -> Result<(), StoreError> {
        there(key::api_revoke(&self.db, id, at).await?)
    }

    async fn issuer_add(&self, issuer: IssuerRow) -> Result<(), StoreError> {
        there(key::issuer_add(&self.db, &issuer).await?)
    }

    async fn issuer(&self, issuer: &str) -> Result<Option<IssuerRow>, StoreError> {
        Ok(key::issuer_by_name(&self.db, issuer).await?)
    }

    async fn issuers_of(&self, space: SpaceId) -> Result<Vec<IssuerRow>, StoreError> {
        Ok(key::issuers_of_space(&self.db, space).await?)
    }

    async fn issuer_remove(&self, id: IssuerId) -> Result<(), StoreError> {
        there(key::issuer_remove(&self.db, id).await?)
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        Ok(key::signing_all(&self.db).await?)
    }

    async fn signing_key_add(&self, key: SigningKeyRow) -> Result<(), StoreError> {
        Ok(key::signing_add(&self.db, &key).await?)
    }

    async fn channel(&self, id: ChannelId) -> Result<Option<ChannelRow>, StoreError> {
        Ok(channel::by_id(&self.db, id).await?)
    }

    async fn channel_snapshot(&self, id: ChannelId) -> Result<Option<ChannelSnapshot>, StoreError> {
        Ok(channel::snapshot(&self.db, id).await?)
    }

    async fn channel_of_pair(
        &self,
        space: SpaceId,
        low: UserId,
        high: UserId,
    ) -> Result<Option<ChannelId>, StoreError> {
        Ok(channel::of_pair(&self.db, space, low, high).await?)
    }

    async fn channel_list(
        &self,
        user: UserId,
        edit_kind: u8,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError> {
        Ok(list::of_user(&self.db, user, edit_kind, limit).await?)
    }

    async fn channel_line(
        &self,
        user: UserId,
        channel: ChannelId,
        edit_kind: u8,
    ) -> Result<Option<ChannelListRow>, StoreError> {
        Ok(list::one_line(&self.db, user, channel, edit_kind).await?)
    }

    async fn channels_open(
        &self,
        space: SpaceId,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError> {
        Ok(list::open(&self.db, space, user, limit).await?)
    }

    async fn channels_of(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelRow>, StoreError> {
        Ok(channel::of_space(&self.db, space, limit).await?)
    }

    async fn channel_heads(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelHead>, StoreError> {
        Ok(channel::heads(&self.db, space, limit).await?)
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<MembershipRow>, StoreError> {
        Ok(channel::memberships(&self.db, user).await?)
    }

    async fn members(
        &self,
        channel: ChannelId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(MemberRow, UserRow)>, StoreError> {
        Ok(channel::members(&self.db, channel, after, limit).await?)
    }

    async fn cursor_move(
        &self,
        channel: ChannelId,
        user: UserId,
        read: Option<Seq>,
        received: Option<Seq>,
    ) -> Result<CursorRow, StoreError> {
        cursor::advance(&self.db, channel, user, read, received)
            .await?
            .ok_or(StoreError::NotFound)
    }

    async fn receipt_counts(
        &self,
        channel: ChannelId,
        seq: Seq,
        author: UserId,
    ) -> Result<ReceiptCounts, StoreError> {
        Ok(receipt::counts(&self.db, channel, seq, author).await?)
    }

    async fn presence_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError> {
        Ok(presence::hide(&self.db, user, hide).await?)
    }

    async fn presence_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        Ok(presence::hidden(&self.db, users).await?)
    }

    async fn receipts_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError> {
        Ok(receipt::hide(&self.db, user, hide).await?)
    }

    async fn receipts_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        Ok(receipt::hidden(&self.db, users).await?)
    }

    async fn invite_add(&self, invite: InviteRow) -> Result<(), StoreError> {
        there(invite::add(&self.db, &invite).await?)
    }

    async fn invite(&self, code: &str) -> Result<Option<InviteRow>, StoreError> {
        Ok(invite::by_code(&self.db, code).await?)
    }

    async fn invites_of(&self, channel: ChannelId, now: Millis) -> Result<Vec<InviteRow>, StoreError> {
        Ok(invite::of_channel(&self.db, channel, now).await?)
    }

    async fn invite_revoke(&self, channel: ChannelId, id: InviteId, at: Millis) -> Result<(), StoreError> {
        there(invite::revoke(&self.db, channel, id, at).await?)
    }

    async fn lobby_put(&self, channel: ChannelId, row: LobbyRow, max: u32) -> Result<LobbyPut, StoreError> {
        let put = lobby::put(&self.db, channel, &row, max).await?;
        put.ok_or(StoreError::NotFound)
    }

    async fn lobby_get(&self, channel: ChannelId, user: UserId) -> Result<Option<LobbyRow>, StoreError> {
        Ok(lobby::one(&self.db, channel, user).await?)
    }

    async fn lobby_of(&self, channel: ChannelId) -> Result<Vec<LobbyRow>, StoreError> {
        Ok(lobby::of_channel(&self.db, channel).await?)
    }

    async fn lobby_remove(&self, channel: ChannelId, user: Option<UserId>) -> Result<u64, StoreError> {
        Ok(lobby::remove(&self.db, channel, user).await?)
    }

    async fn chore_claim(&self, name: &str, every: Duration, now: Millis) -> Result<bool, StoreError> {
        Ok(chore::claim(&self.db, name, every, now).await?)
    }

    async fn counts(&self) -> Result<(u64, u64, u64, Ordinal), StoreError> {
        Ok(space::counts(&self.db).await?)
    }
}
