//! The directory in SQLite. Reads go through the engine's readers, each in one snapshot; writes go through its one
//! writer thread, each in a savepoint, and are answered after the commit.

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
use klatch_engine::EngineError;
use klatch_engine::row::{
    ApiKeyRow, ChannelRow, DeviceRow, InviteRow, IssuerRow, LobbyRow, MemberRow, RefreshRow, SigningKeyRow,
    SpaceRow, UserRow,
};
use klatch_engine::sqlite::Sqlite;
use klatch_types::{
    ApiKeyId, ChannelId, DeviceId, InviteId, IssuerId, Millis, Ordinal, Policy, Seq, SpaceId, UserId,
};
use rusqlite::Connection;
use std::time::Duration;

/// A directory in one SQLite database, beside the log that opened it.
#[derive(Clone, Debug)]
pub struct SqliteDirectory {
    db: Sqlite,
}

impl SqliteDirectory {
    /// A directory in this database; the log of the same database writes channels, members and bans.
    pub fn new(db: Sqlite) -> Self {
        Self { db }
    }

    /// Writes rows that need nothing to be there before them.
    async fn add<F>(&self, f: F) -> Result<(), StoreError>
    where
        F: FnOnce(&Connection) -> Result<(), EngineError> + Send + 'static,
    {
        Ok(self.db.write(f).await?)
    }

    /// Writes, where `f` answers whether what it needs was there; if it was not, it must have written nothing.
    async fn change<F>(&self, f: F) -> Result<(), StoreError>
    where
        F: FnOnce(&Connection) -> Result<bool, EngineError> + Send + 'static,
    {
        if self.db.write(f).await? {
            Ok(())
        } else {
            Err(StoreError::NotFound)
        }
    }
}

/// The queries of page loads by name, for the test of their plans.
#[cfg(test)]
pub(crate) fn plans() -> [(&'static str, &'static str); 16] {
    [
        ("list", &list::OF_USER),
        ("line", &list::ONE),
        ("open", &list::OPEN),
        ("memberships", channel::MEMBERSHIPS),
        ("members", &channel::MEMBERS),
        ("receipts", receipt::COUNTS),
        ("invites", &invite::OF_CHANNEL),
        ("lobby", lobby::OF_CHANNEL),
        ("pair", channel::OF_PAIR),
        ("external identity", &user::BY_EXTERNAL),
        ("devices", &device::OF_USER),
        ("search", &search::IN_RANGE),
        ("search for anyone", &search::ANY),
        ("work", work::DUE),
        ("roster members due", roster::DUE),
        ("circle", roster::CIRCLE),
    ]
}

#[async_trait]
impl Directory for SqliteDirectory {
    async fn space_add(&self, space: SpaceRow) -> Result<(), StoreError> {
        self.add(move |db| space::add(db, &space)).await
    }

    async fn space(&self, id: SpaceId) -> Result<Option<SpaceRow>, StoreError> {
        Ok(self.db.read(move |db| space::by_id(db, id)).await?)
    }

    async fn space_by_slug(&self, slug: &str) -> Result<Option<SpaceRow>, StoreError> {
        let slug = slug.to_owned();
        Ok(self.db.read(move |db| space::by_slug(db, &slug)).await?)
    }

    async fn spaces(&self) -> Result<Vec<SpaceRow>, StoreError> {
        Ok(self.db.read(space::all).await?)
    }

    async fn space_update(
        &self,
        id: SpaceId,
        policy: Policy,
        origins: Vec<String>,
    ) -> Result<(), StoreError> {
        self.change(move |db| space::update(db, id, &policy, &origins))
            .await
    }

    async fn user_add(&self, user: UserRow) -> Result<(), StoreError> {
        self.change(move |db| user::add(db, &user)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        Ok(self.db.read(move |db| user::by_id(db, id)).await?)
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserRow>, StoreError> {
        let ids = ids.to_vec();
        Ok(self.db.read(move |db| user::many(db, ids)).await?)
    }

    async fn user_by_username(&self, space: SpaceId, username: &str) -> Result<Option<UserRow>, StoreError> {
        let username = username.to_owned();
        Ok(self
            .db
            .read(move |db| user::by_username(db, space, &username))
            .await?)
    }

    async fn users_by_username(
        &self,
        space: SpaceId,
        usernames: &[String],
    ) -> Result<Vec<UserRow>, StoreError> {
        let usernames = usernames.to_vec();
        Ok(self
            .db
            .read(move |db| user::many_by_username(db, space, usernames))
            .await?)
    }

    async fn user_by_external(&self, issuer: IssuerId, subject: &str) -> Result<Option<UserRow>, StoreError> {
        let subject = subject.to_owned();
        Ok(self
            .db
            .read(move |db| user::by_external(db, issuer, &subject))
            .await?)
    }

    async fn users_search(
        &self,
        space: SpaceId,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        let prefix = prefix.to_owned();
        Ok(self
            .db
            .read(move |db| search::users(db, space, &prefix, limit))
            .await?)
    }

    async fn users_of(&self, space: SpaceId, after: &str, limit: u32) -> Result<Vec<UserRow>, StoreError> {
        let after = after.to_owned();
        Ok(self
            .db
            .read(move |db| user::of_space(db, space, &after, limit))
            .await?)
    }

    async fn user_rename(&self, id: UserId, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.change(move |db| user::rename(db, id, &name)).await
    }

    async fn user_username(&self, id: UserId, username: &str) -> Result<(), StoreError> {
        let username = username.to_owned();
        self.change(move |db| user::change_username(db, id, &username))
            .await
    }

    async fn user_password(&self, id: UserId, hash: &str) -> Result<(), StoreError> {
        let hash = hash.to_owned();
        self.change(move |db| user::password(db, id, &hash)).await
    }

    async fn user_disable(&self, id: UserId, at: Option<Millis>) -> Result<(), StoreError> {
        self.change(move |db| user::disable(db, id, at)).await
    }

    async fn device_add(&self, device: DeviceRow, refresh: RefreshRow) -> Result<(), StoreError> {
        self.change(move |db| device::add(db, &device, &refresh)).await
    }

    async fn device(&self, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        Ok(self.db.read(move |db| device::by_id(db, id)).await?)
    }

    async fn devices_of(&self, user: UserId) -> Result<Vec<DeviceRow>, StoreError> {
        Ok(self.db.read(move |db| device::of_user(db, user)).await?)
    }

    async fn device_rename(&self, id: DeviceId, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.change(move |db| device::rename(db, id, &name)).await
    }

    async fn device_revoke(&self, id: DeviceId, at: Millis) -> Result<bool, StoreError> {
        let revoked = self.db.write(move |db| device::revoke(db, id, at)).await?;
        revoked.ok_or(StoreError::NotFound)
    }

    async fn refresh_rotate(
        &self,
        hash: [u8; 32],
        next: [u8; 32],
        next_expires_at: Millis,
        now: Millis,
    ) -> Result<Rotation, StoreError> {
        let rotate = move |db: &Connection| device::rotate(db, hash, next, next_expires_at, now);
        Ok(self.db.write(rotate).await?)
    }

    async fn refresh_sweep(&self, now: Millis) -> Result<u64, StoreError> {
        Ok(self.db.write(move |db| device::sweep(db, now)).await?)
    }

    async fn api_key_add(&self, key: ApiKeyRow) -> Result<(), StoreError> {
        self.change(move |db| key::api_add(db, &key)).await
    }

    async fn api_key(&self, hash: [u8; 32]) -> Result<Option<ApiKeyRow>, StoreError> {
        Ok(self.db.read(move |db| key::api_by_hash(db, hash)).await?)
    }

    async fn api_keys_of(&self, space: SpaceId) -> Result<Vec<ApiKeyRow>, StoreError> {
        Ok(self.db.read(move |db| key::api_of_space(db, space)).await?)
    }

    async fn api_key_revoke(&self, id: ApiKeyId, at: Millis) -> Result<(), StoreError> {
        self.change(move |db| key::api_revoke(db, id, at)).await
    }

    async fn issuer_add(&self, issuer: IssuerRow) -> Result<(), StoreError> {
        self.change(move |db| key::issuer_add(db, &issuer)).await
    }

    async fn issuer(&self, issuer: &str) -> Result<Option<IssuerRow>, StoreError> {
        let issuer = issuer.to_owned();
        Ok(self.db.read(move |db| key::issuer_by_name(db, &issuer)).await?)
    }

    async fn issuers_of(&self, space: SpaceId) -> Result<Vec<IssuerRow>, StoreError> {
        Ok(self.db.read(move |db| key::issuers_of_space(db, space)).await?)
    }

    async fn issuer_remove(&self, id: IssuerId) -> Result<(), StoreError> {
        self.change(move |db| key::issuer_remove(db, id)).await
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        Ok(self.db.read(key::signing_all).await?)
    }

    async fn signing_key_add(&self, key: SigningKeyRow) -> Result<(), StoreError> {
        self.add(move |db| key::signing_add(db, &key)).await
    }

    async fn channel(&self, id: ChannelId) -> Result<Option<ChannelRow>, StoreError> {
        Ok(self.db.read(move |db| channel::by_id(db, id)).await?)
    }

    async fn channel_snapshot(&self, id: ChannelId) -> Result<Option<ChannelSnapshot>, StoreError> {
        Ok(self.db.read(move |db| channel::snapshot(db, id)).await?)
    }

    async fn channel_of_pair(
        &self,
        space: SpaceId,
        low: UserId,
        high: UserId,
    ) -> Result<Option<ChannelId>, StoreError> {
        Ok(self
            .db
            .read(move |db| channel::of_pair(db, space, low, high))
            .await?)
    }

    async fn channel_list(
        &self,
        user: UserId,
        edit_kind: u8,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError> {
        Ok(self
            .db
            .read(move |db| list::of_user(db, user, edit_kind, limit))
            .await?)
    }

    async fn channel_line(
        &self,
        user: UserId,
        channel: ChannelId,
        edit_kind: u8,
    ) -> Result<Option<ChannelListRow>, StoreError> {
        Ok(self
            .db
            .read(move |db| list::one_line(db, user, channel, edit_kind))
            .await?)
    }

    async fn channels_open(
        &self,
        space: SpaceId,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<ChannelListRow>, StoreError> {
        Ok(self.db.read(move |db| list::open(db, space, user, limit)).await?)
    }

    async fn channels_of(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelRow>, StoreError> {
        Ok(self
            .db
            .read(move |db| channel::of_space(db, space, limit))
            .await?)
    }

    async fn channel_heads(&self, space: SpaceId, limit: u32) -> Result<Vec<ChannelHead>, StoreError> {
        Ok(self.db.read(move |db| channel::heads(db, space, limit)).await?)
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<MembershipRow>, StoreError> {
        Ok(self.db.read(move |db| channel::memberships(db, user)).await?)
    }

    async fn members(
        &self,
        channel: ChannelId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(MemberRow, UserRow)>, StoreError> {
        Ok(self
            .db
            .read(move |db| channel::members(db, channel, after, limit))
            .await?)
    }

    async fn cursor_move(
        &self,
        channel: ChannelId,
        user: UserId,
        read: Option<Seq>,
        received: Option<Seq>,
    ) -> Result<CursorRow, StoreError> {
        let moved = self
            .db
            .write(move |db| cursor::advance(db, channel, user, read, received));
        moved.await?.ok_or(StoreError::NotFound)
    }

    async fn receipt_counts(
        &self,
        channel: ChannelId,
        seq: Seq,
        author: UserId,
    ) -> Result<ReceiptCounts, StoreError> {
        Ok(self
            .db
            .read(move |db| receipt::counts(db, channel, seq, author))
            .await?)
    }

    async fn presence_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError> {
        self.add(move |db| presence::hide(db, user, hide)).await
    }

    async fn presence_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let users = users.to_vec();
        Ok(self.db.read(move |db| presence::hidden(db, users)).await?)
    }

    async fn receipts_hide(&self, user: UserId, hide: bool) -> Result<(), StoreError> {
        self.add(move |db| receipt::hide(db, user, hide)).await
    }

    async fn receipts_hidden(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let users = users.to_vec();
        Ok(self.db.read(move |db| receipt::hidden(db, users)).await?)
    }

    async fn invite_add(&self, invite: InviteRow) -> Result<(), StoreError> {
        self.change(move |db| invite::add(db, &invite)).await
    }

    async fn invite(&self, code: &str) -> Result<Option<InviteRow>, StoreError> {
        let code = code.to_owned();
        Ok(self.db.read(move |db| invite::by_code(db, &code)).await?)
    }

    async fn invites_of(&self, channel: ChannelId, now: Millis) -> Result<Vec<InviteRow>, StoreError> {
        Ok(self
            .db
            .read(move |db| invite::of_channel(db, channel, now))
            .await?)
    }

    async fn invite_revoke(&self, channel: ChannelId, id: InviteId, at: Millis) -> Result<(), StoreError> {
        self.change(move |db| invite::revoke(db, channel, id, at)).await
    }

    async fn lobby_put(&self, channel: ChannelId, row: LobbyRow, max: u32) -> Result<LobbyPut, StoreError> {
        let put = self
            .db
            .write(move |db| lobby::put(db, channel, &row, max))
            .await?;
        put.ok_or(StoreError::NotFound)
    }

    async fn lobby_get(&self, channel: ChannelId, user: UserId) -> Result<Option<LobbyRow>, StoreError> {
        Ok(self.db.read(move |db| lobby::one(db, channel, user)).await?)
    }

    async fn lobby_of(&self, channel: ChannelId) -> Result<Vec<LobbyRow>, StoreError> {
        Ok(self.db.read(move |db| lobby::of_channel(db, channel)).await?)
    }

    async fn lobby_remove(&self, channel: ChannelId, user: Option<UserId>) -> Result<u64, StoreError> {
        Ok(self.db.write(move |db| lobby::remove(db, channel, user)).await?)
    }

    async fn chore_claim(&self, name: &str, every: Duration, now: Millis) -> Result<bool, StoreError> {
        let name = name.to_owned();
        Ok(self
            .db
            .write(move |db| chore::claim(db, &name, every, now))
            .await?)
    }

    async fn counts(&self) -> Result<(u64, u64, u64, Ordinal), StoreError> {
        Ok(self.db.read(space::counts).await?)
    }
}
