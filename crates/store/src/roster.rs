//! The trait of rosters: what a space keeps of its enrolment source.

use crate::StoreError;
use async_trait::async_trait;
use klatch_engine::row::{CircleRow, RosterGroupRow, RosterImportRow, RosterMemberRow, UserRow};
use klatch_types::{ChannelId, IssuerId, Millis, SpaceId, UserId};

/// Rosters, a part of the [`crate::Directory`]. Channels and their members are the log's; what is here is which of them
/// came of a roster. All implementations pass the suite of [`crate::conformance`].
#[async_trait]
pub trait Rosters: Send + Sync + 'static {
    /// How a space follows its rosters, JSON; none until it is said.
    async fn roster_settings(&self, space: SpaceId) -> Result<Option<String>, StoreError>;
    /// Says it.
    async fn roster_settings_put(&self, space: SpaceId, settings: &str) -> Result<(), StoreError>;

    /// Takes the rosters of a space, or keeps them, until `until`: true for one holder at a time.
    async fn roster_hold(
        &self,
        space: SpaceId,
        holder: i64,
        now: Millis,
        until: Millis,
    ) -> Result<bool, StoreError>;
    /// Gives them back, if they are still this holder's.
    async fn roster_release(&self, space: SpaceId, holder: i64) -> Result<(), StoreError>;
    /// Whether someone holds them.
    async fn roster_is_held(&self, space: SpaceId, now: Millis) -> Result<bool, StoreError>;

    /// Adds accounts and notes that a roster made them. Those whose username is taken are passed over.
    async fn roster_users_add(&self, users: Vec<UserRow>) -> Result<(), StoreError>;
    /// Gives an account that a roster made, and nobody can sign in to yet, to an external identity: the account's id, or none
    /// if there is no such account. `Exists` if the identity has another.
    async fn roster_user_link(
        &self,
        space: SpaceId,
        username: &str,
        issuer: IssuerId,
        subject: &str,
    ) -> Result<Option<UserId>, StoreError>;

    /// The channels of a space's groups, by the groups' ids.
    async fn roster_groups(&self, space: SpaceId) -> Result<Vec<RosterGroupRow>, StoreError>;
    /// Adds or replaces channels of groups.
    async fn roster_groups_put(&self, space: SpaceId, rows: Vec<RosterGroupRow>) -> Result<(), StoreError>;
    /// Whom rosters put where, by channel and user.
    async fn roster_members(&self, space: SpaceId) -> Result<Vec<RosterMemberRow>, StoreError>;
    /// Adds or replaces some of them.
    async fn roster_members_put(&self, space: SpaceId, rows: Vec<RosterMemberRow>) -> Result<(), StoreError>;
    /// Forgets some of them.
    async fn roster_members_forget(
        &self,
        space: SpaceId,
        members: Vec<(ChannelId, UserId)>,
    ) -> Result<(), StoreError>;
    /// Those of all spaces who are to be removed by `now`, longest due first, at most `limit`.
    async fn roster_members_due(
        &self,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<(SpaceId, RosterMemberRow)>, StoreError>;

    /// Adds an import with its roster. `Exists` if the space has one of this number.
    async fn roster_import_add(&self, import: RosterImportRow, body: Vec<u8>) -> Result<(), StoreError>;
    /// Writes state and counts of an import. `NotFound` if there is none.
    async fn roster_import_update(&self, import: RosterImportRow) -> Result<(), StoreError>;
    /// The imports of a space, newest first, at most `limit`.
    async fn roster_imports(&self, space: SpaceId, limit: u32) -> Result<Vec<RosterImportRow>, StoreError>;
    /// The roster of an import, as long as it is kept.
    async fn roster_body(&self, space: SpaceId, no: u64) -> Result<Option<Vec<u8>>, StoreError>;
    /// Forgets the rosters of all imports below a number.
    async fn roster_bodies_forget(&self, space: SpaceId, below: u64) -> Result<(), StoreError>;

    /// Everyone in the channels of rosters that a user is in: those that are not closed and have at most `members_max`
    /// members, classes first and then the smaller ones first, at most `channels_max` of them. Without the user.
    async fn circle(
        &self,
        user: UserId,
        members_max: u32,
        channels_max: u32,
    ) -> Result<Vec<CircleRow>, StoreError>;
}
