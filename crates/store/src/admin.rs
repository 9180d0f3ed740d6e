//! The trait of administration: who administers, what they did, and what they look through.

use crate::StoreError;
use async_trait::async_trait;
use klatch_engine::row::{AdminRow, AuditRow, ChannelRow, UserOverviewRow};
use klatch_types::{AdminScope, AuditId, ChannelId, SpaceId, UserId};

/// Administration, a part of the [`crate::Directory`]. All implementations pass the suite of [`crate::conformance`].
#[async_trait]
pub trait Administration: Send + Sync + 'static {
    /// Makes a user an administrator of this, or of nothing. `NotFound` if there is no such user.
    async fn admin_set(&self, user: UserId, scope: Option<AdminScope>) -> Result<(), StoreError>;
    /// What a user administers.
    async fn admin(&self, user: UserId) -> Result<Option<AdminScope>, StoreError>;
    /// The administrators of a space, or of all spaces if none is named, by user id, at most `limits::ADMINS_MAX`.
    async fn admins(&self, space: Option<SpaceId>) -> Result<Vec<AdminRow>, StoreError>;

    /// Adds a line to the audit log. `Exists` if there is one of its id.
    async fn audit_add(&self, line: AuditRow) -> Result<(), StoreError>;
    /// The lines of a space before one, or from the newest on, newest first, at most `limit`.
    async fn audit_of(
        &self,
        space: SpaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// All accounts of a space, disabled ones too, whose username or name has `part` in it (ASCII case folded), after a
    /// username, by username, at most `limit`. It reads the space's accounts one after the other until it has as many.
    async fn users_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserOverviewRow>, StoreError>;
    /// All channels of a space, archived ones too, whose name has `part` in it (ASCII case folded; an empty one matches
    /// channels without a name), after an id, by id, at most `limit`. It reads the space's channels.
    async fn channels_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: Option<ChannelId>,
        limit: u32,
    ) -> Result<Vec<ChannelRow>, StoreError>;
}
