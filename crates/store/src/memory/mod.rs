//! The directory in memory, over the tables that the log in memory shares: for tests, demos, and as the plain
//! statement of what the SQL must do.

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
mod receipt;
mod roster;
mod space;
mod user;
mod work;

use crate::{
    ChannelHead, ChannelListRow, ChannelSnapshot, CursorRow, Directory, LobbyPut, MembershipRow,
    ReceiptCounts, Rotation, StoreError,
};
use async_trait::async_trait;
use klatch_engine::memory::SharedTables;
use klatch_engine::row::{
    ApiKeyRow, ChannelRow, DeviceRow, InviteRow, IssuerRow, LobbyRow, MemberRow, RefreshRow, SigningKeyRow,
    SpaceRow, UserRow,
};
use klatch_types::{
    ApiKeyId, ChannelId, DeviceId, InviteId, IssuerId, Millis, Ordinal, Policy, Seq, SpaceId, UserId,
};
use std::time::Duration;

/// A directory in shared tables.
#[derive(Clone, Debug)]
pub struct MemoryDirectory {
    tables: SharedTables,
}

impl MemoryDirectory {
    /// A directory in these tables; the log of the same tables writes channels, members and bans.
    pub fn new(tables: SharedTables) -> Self {
        Self { tables }
    }
}

/// How many rows a page may have.
fn page(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[async_trait]
impl Directory for MemoryDirectory {
    async fn space_add(&self, space: SpaceRow) -> Result<(), StoreError> {
        space::add(&mut self.tables.write(), space)
    }

    async fn space(&self, id: SpaceId) -> Result<Option<SpaceRow>, StoreError> {
        Ok(self.tables.read().spaces.get(&id).cloned())
    }

    async fn space_by_slug(&self, slug: &str) -> Result<Option<SpaceRow>, StoreError> {
        Ok(space::by_slug(&self.tables.read(), slug))
    }

    async fn spaces(&self) -> Result<Vec<SpaceRow>, StoreError> {
        Ok(space::all(&self.tables.read()))
    }

    async fn space_update(
        &self,
        id: SpaceId,
        policy: Policy,
        origins: Vec<String>,
    ) -> Result<(), StoreError> {
        space::update(&mut self.tables.write(), id, policy, origins)
    }

    async fn user_add(&self, user: UserRow) -> Result<(), StoreError> {
        user::add(&mut self.tables.write(), user)
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        Ok(self.tables.read().users.get(&id).cloned())
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserRow>, StoreError> {
        Ok(user::many(&self.tables.read(), ids))
    }

    async fn user_by_username(&self, space: SpaceId, username: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(user::by_username(&self.tables.read(), space, username))
    }

    async fn users_by_username(
        &self,
        space: SpaceId,
        usernames: &[String],
    ) -> Result<Vec<UserRow>, StoreError> {
        Ok(user::many_by_username(&self.tables.read(), space, usernames))
    }

    async fn user_by_external(&self, issuer: IssuerId, subject: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(user::by_external(&self.tables.read(), issuer, subject))
    }

    async fn users_search(
        &self,
        space: SpaceId,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        Ok(user::search(&self.tables.read(), space, prefix, page(limit)))
    }

    async fn users_of(&self, space: SpaceId, after: &str, limit: u32) -> Result<Vec<UserRow>, StoreError> {
        Ok(user::of_space(&self.tables.read(), space, after, page(limit)))
    }

    async fn user_rename(&self, id: UserId, name: &str) -> Result<(), StoreError> {
        user::change(&mut self.tables.write(), id, |user| user.name = name.to_owned())
    }

    async fn user_username(&self, id: UserId, username: &str) -> Result<(), StoreError> {
        user::change_username(&mut self.tables.write(), id, username)
    }

    async fn user_password(&self, id: UserId, hash: &str) -> Result<(), StoreError> {
        user::change(&mut self.tables.write(), id, |user| {
            user.password_hash = Some(hash.to_owned());
        })
    }

    async fn user_disable(&self, id: UserId, at: Option<Millis>) -> Result<(), StoreError> {
        user::change(&mut self.tables.write(), id, |user| user.disabled_at = at)
    }

    async fn device_add(&self, device: DeviceRow, refresh: RefreshRow) -> Result<(), StoreError> {
        device::add(&mut self.tables.write(), device, &refresh)
    }

    async fn device(&self, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        Ok(self.tables.read().devices.get(&id).cloned())
    }

    async fn devices_of(&self, user: UserId) -> Result<Vec<DeviceRow>, StoreError> {
        Ok(device::of_user(&self.tables.read(), user))
    }

    async fn device_rename(&self, id: DeviceId, name: &str) -> Result<(), StoreError> {
        device::rename(&mut self.tables.write(), id, name)
    }

    async fn device_revoke(&self, id: DeviceId, at: Millis) -> Result<bool, StoreError> {
        device::revoke(&mut self.tables.write(), id, at)
    }

    async fn refresh_rotate(
        &self,
        hash: [u8; 32],
        next: [u8; 32],
        next_expires_at: Millis,
        now: Millis,
    ) -> Result<Rotation, StoreError> {
        device::rotate(&mut self.tables.write(), hash, next, next_expires_at, now)
    }

    async fn refresh_sweep(&self, now: Millis) -> Result<u64, StoreError> {
        Ok(device::sweep(&mut self.tables.write(), now))
    }

    async fn api_key_add(&self, key: ApiKeyRow) -> Result<(), StoreError> {
        key::api_add(&mut self.tables.write(), key)
    }

    async fn api_key(&self, hash: [u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        Ok(key::api_by_hash(&self.tables.read(), hash))
    }

    async fn api_keys_of(&self, space: SpaceId) -> Result<Vec<ApiKeyRow>, StoreError> {
        Ok(key::api_of_space(&self.tables.read(), space))
    }

    async fn api_key_revoke(&self, id: ApiKeyId, at: Millis) -> Result<(), StoreError> {
        key::api_revoke(&mut self.tables.write(), id, at)
    }

    async fn issuer_add(&self, issuer: IssuerRow) -> Result<(), StoreError> {
        key::issuer_add(&mut self.tables.write(), issuer)
    }

    async fn issuer(&self, issuer: &str) -> Result<Option<IssuerRow>, StoreError> {
        Ok(key::issuer_by_name(&self.tables.read(), issuer))
    }

    async fn issuers_of(&self, space: SpaceId) -> Result<Vec<IssuerRow>, StoreError> {
        Ok(key::issuers_of_space(&self.tables.read(), space))
    }

    async fn issuer_remove(&self, id: IssuerId) -> Result<(), StoreError> {
        key::issuer_remove(&mut self.tables.write(), id)
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        Ok(self.tables.read().signing_keys.clone())
    }

    async fn signing_key_add(&self, key: SigningKeyRow) -> Result<(), StoreError> {
        key::signing_add(&mut self.tables.write(), key)
    }

    async fn channel(&self, id: ChannelId) -> Result<Option<ChannelRow>, StoreError> {
        Ok(self
            .tables
            .read()
            .channels
            .get(&id)
            .map(|table| table.row.clone()))
    }

    async fn channel_snapshot(&self, id: ChannelId) -> Result<Option<ChannelSnapshot>, StoreError> {
        Ok(channel::snapshot(&self.tables.read(), id))
    }

    async fn channel_of_pair(
        &self,
        space: SpaceId,
        low: UserId,
        high: UserId,
    ) -> Result<Option<ChannelId>, StoreError> {
        Ok(self.tables.read().pairs.get(&(space, low, high)).copied())
    }

    async fn channel_list(
        &self,
        user: UserId,
        edit_kind: u8,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError> {
        Ok(list::of_user(&self.tables.read(), user, edit_kind, page(limit)))
    }

    async fn channel_line(
        &self,
        user: UserId,
        channel: ChannelId,
        edit_kind: u8,
    ) -> Result<Option<ChannelListRow>, StoreError> {
        Ok(list::one(&self.tables.read(), user, channel, edit_kind))
    }

    async fn channels_open(
        &self,
        space: SpaceId,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError> {
        Ok(list::open(&self.tables.read(), space, user, page(limit)))
    }

    async fn channels_of(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelRow>, StoreError> {
        Ok(channel::of_space(&self.tables.read(), space, page(limit)))
    }

    async fn channel_heads(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelHead>, StoreError> {
        Ok(channel::heads(&self.tables.read(), space, page(limit)))
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<MembershipRow>, StoreError> {
        Ok(channel::memberships(&self.tables.read(), user))
    }

    async fn members(
        &self,
        channel: ChannelId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(MemberRow, UserRow)>, StoreError> {
        Ok(channel::members(&self.tables.read(), channel, after, page(limit)))
    }

    async fn cursor_move(
        &self,
        channel: ChannelId,
        user: UserId,
        read: Option<Seq>,
        received: Option<Seq>,
    ) -> Result<CursorRow, StoreError> {
        cursor::advance(&mut self.tables.write(), channel, user, read, received)
    }

    async fn receipt_counts(
        &self,
        channel: ChannelId,
        seq: Seq,
        author: UserId,
    ) -> Result<ReceiptCounts, StoreError> {
        Ok(receipt::counts(&self.tables.read(), channel, seq, author))
    }

    async fn presence_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError> {
        presence::hide(&mut self.tables.write(), user, hide);
        Ok(())
    }

    async fn presence_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        Ok(presence::hidden(&self.tables.read(), users))
    }

    async fn receipts_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError> {
        receipt::hide(&mut self.tables.write(), user, hide);
        Ok(())
    }

    async fn receipts_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        Ok(receipt::hidden(&self.tables.read(), users))
    }

    async fn invite_add(&self, invite: InviteRow) -> Result<(), StoreError> {
        invite::add(&mut self.tables.write(), invite)
    }

    async fn invite(&self, code: &str) -> Result<Option<InviteRow>, StoreError> {
        Ok(invite::by_code(&self.tables.read(), code))
    }

    async fn invites_of(&self, channel: ChannelId, now: Millis) -> Result<Vec<InviteRow>, StoreError> {
        Ok(invite::of_channel(&self.tables.read(), channel, now))
    }

    async fn invite_revoke(&self, channel: ChannelId, id: InviteId, at: Millis) -> Result<(), StoreError> {
        invite::revoke(&mut self.tables.write(), channel, id, at)
    }

    async fn lobby_put(&self, channel: ChannelId, row: LobbyRow, max: u32) -> Result<LobbyPut, StoreError> {
        lobby::put(&mut self.tables.write(), channel, row, max)
    }

    async fn lobby_get(&self, channel: ChannelId, user: UserId) -> Result<Option<LobbyRow>, StoreError> {
        Ok(lobby::one(&self.tables.read(), channel, user))
    }

    async fn lobby_of(&self, channel: ChannelId) -> Result<Vec<LobbyRow>, StoreError> {
        Ok(lobby::of_channel(&self.tables.read(), channel))
    }

    async fn lobby_remove(&self, channel: ChannelId, user: Option<UserId>) -> Result<u64, StoreError> {
        Ok(lobby::remove(&mut self.tables.write(), channel, user))
    }

    async fn chore_claim(&self, name: &str, every: Duration, now: Millis) -> Result<bool, StoreError> {
        Ok(chore::claim(&mut self.tables.write(), name, every, now))
    }

    async fn counts(&self) -> Result<(u64, u64, u64, Ordinal), StoreError> {
        Ok(space::counts(&self.tables.read()))
    }
}
