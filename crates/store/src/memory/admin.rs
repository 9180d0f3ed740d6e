//! Administration.

use super::{MemoryDirectory, page};
use crate::{Administration, StoreError};
use async_trait::async_trait;
use klatch_engine::row::{AdminRow, AuditRow, ChannelRow, UserOverviewRow, UserRow};
use klatch_types::{AdminScope, AuditId, ChannelId, SpaceId, UserId, limits};

#[async_trait]
impl Administration for MemoryDirectory {
    async fn admin_set(&self, user: UserId, scope: Option<AdminScope>) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        if !tables.users.contains_key(&user) {
            return Err(StoreError::NotFound);
        }
        match scope {
            Some(scope) => tables.admins.insert(user, scope),
            None => tables.admins.remove(&user),
        };
        Ok(())
    }

    async fn admin(&self, user: UserId) -> Result<Option<AdminScope>, StoreError> {
        Ok(self.tables.read().admins.get(&user).copied())
    }

    async fn admins(&self, space: Option<SpaceId>) -> Result<Vec<AdminRow>, StoreError> {
        let tables = self.tables.read();
        let of_space = |user: &UserId| tables.users.get(user).map(|user| user.space) == space;
        let admins = tables.admins.iter();
        Ok(admins
            .filter(|(user, _)| space.is_none() || of_space(user))
            .map(|(user, scope)| AdminRow {
                user: *user,
                scope: *scope,
            })
            .take(page(limits::ADMINS_MAX))
            .collect())
    }

    async fn audit_add(&self, line: AuditRow) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        if tables.audit.contains_key(&line.id) {
            return Err(StoreError::Exists);
        }
        tables.audit.insert(line.id, line);
        Ok(())
    }

    async fn audit_of(
        &self,
        space: SpaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let tables = self.tables.read();
        let lines = tables.audit.values().rev();
        let lines = lines.filter(|line| line.space == space && before.is_none_or(|before| line.id < before));
        Ok(lines.take(page(limit)).cloned().collect())
    }

    async fn users_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserOverviewRow>, StoreError> {
        let tables = self.tables.read();
        let found = |user: &&UserRow| {
            user.space == space
                && user.username.as_str() > after
                && (has(&user.username, part) || has(&user.name, part))
        };
        let mut users: Vec<&UserRow> = tables.users.values().filter(found).collect();
        users.sort_unstable_by(|a, b| a.username.cmp(&b.username));
        users.truncate(page(limit));
        let devices = |user: UserId| {
            let devices = tables.devices.values();
            devices
                .filter(|device| device.user == user && device.revoked_at.is_none())
                .count() as u64
        };
        Ok(users
            .into_iter()
            .map(|user| UserOverviewRow {
                user: user.clone(),
                admin: tables.admins.get(&user.id).copied(),
                devices: devices(user.id),
            })
            .collect())
    }

    async fn channels_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: Option<ChannelId>,
        limit: u32,
    ) -> Result<Vec<ChannelRow>, StoreError> {
        let tables = self.tables.read();
        let rows = tables.channels.values().map(|table| &table.row);
        let rows = rows.filter(|row| {
            row.space == space
                && after.is_none_or(|after| row.id > after)
                && has(row.name.as_deref().unwrap_or_default(), part)
        });
        Ok(rows.take(page(limit)).cloned().collect())
    }
}

/// Whether a text has a part in it, the letter case of ASCII aside.
fn has(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}
