//! Rosters.

use super::{MemoryDirectory, page};
use crate::{Rosters, StoreError};
use async_trait::async_trait;
use klatch_engine::row::{CircleRow, RosterGroupRow, RosterImportRow, RosterMemberRow, RosterPlace, UserRow};
use klatch_types::{ChannelId, IssuerId, Millis, RosterKind, SpaceId, UserId, UserKind};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

#[async_trait]
impl Rosters for MemoryDirectory {
    async fn roster_settings(&self, space: SpaceId) -> Result<Option<String>, StoreError> {
        let tables = self.tables.read();
        Ok(tables
            .rosters
            .get(&space)
            .and_then(|roster| roster.settings.clone()))
    }

    async fn roster_settings_put(&self, space: SpaceId, settings: &str) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        tables.rosters.entry(space).or_default().settings = Some(settings.to_owned());
        Ok(())
    }

    async fn roster_hold(
        &self,
        space: SpaceId,
        holder: i64,
        now: Millis,
        until: Millis,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables.write();
        let held = &mut tables.rosters.entry(space).or_default().held;
        let free = held.is_none_or(|(by, end)| by == holder || end <= now);
        if free {
            *held = Some((holder, until));
        }
        Ok(free)
    }

    async fn roster_release(&self, space: SpaceId, holder: i64) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let held = &mut tables.rosters.entry(space).or_default().held;
        if held.is_some_and(|(by, _)| by == holder) {
            *held = None;
        }
        Ok(())
    }

    async fn roster_is_held(&self, space: SpaceId, now: Millis) -> Result<bool, StoreError> {
        let tables = self.tables.read();
        let held = tables.rosters.get(&space).and_then(|roster| roster.held);
        Ok(held.is_some_and(|(_, until)| until > now))
    }

    async fn roster_users_add(&self, users: Vec<UserRow>) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let mut taken: HashSet<(SpaceId, String)> = tables
            .users
            .values()
            .map(|user| (user.space, user.username.clone()))
            .collect();
        for user in users {
            if taken.insert((user.space, user.username.clone())) {
                tables.roster_users.insert(user.id);
                tables.users.insert(user.id, user);
            }
        }
        Ok(())
    }

    async fn roster_user_link(
        &self,
        space: SpaceId,
        username: &str,
        issuer: IssuerId,
        subject: &str,
    ) -> Result<Option<UserId>, StoreError> {
        let mut tables = self.tables.write();
        let external = Some((issuer, subject.to_owned()));
        if tables.users.values().any(|user| user.external == external) {
            return Err(StoreError::Exists);
        }
        let made = tables.roster_users.clone();
        let found = tables.users.values_mut().find(|user| {
            user.space == space
                && user.username == username
                && user.kind == UserKind::Person
                && user.external.is_none()
                && user.password_hash.is_none()
                && made.contains(&user.id)
        });
        Ok(found.map(|user| {
            user.external = external;
            user.id
        }))
    }

    async fn roster_groups(&self, space: SpaceId) -> Result<Vec<RosterGroupRow>, StoreError> {
        let tables = self.tables.read();
        let roster = tables.rosters.get(&space);
        Ok(roster.map_or_else(Vec::new, |roster| roster.groups.values().cloned().collect()))
    }

    async fn roster_groups_put(&self, space: SpaceId, rows: Vec<RosterGroupRow>) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let groups = &mut tables.rosters.entry(space).or_default().groups;
        groups.extend(rows.into_iter().map(|row| (row.source.clone(), row)));
        Ok(())
    }

    async fn roster_members(&self, space: SpaceId) -> Result<Vec<RosterMemberRow>, StoreError> {
        let tables = self.tables.read();
        let roster = tables.rosters.get(&space);
        Ok(roster.map_or_else(Vec::new, |roster| roster.members.values().cloned().collect()))
    }

    async fn roster_members_put(&self, space: SpaceId, rows: Vec<RosterMemberRow>) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let members = &mut tables.rosters.entry(space).or_default().members;
        members.extend(rows.into_iter().map(|row| ((row.channel, row.user), row)));
        Ok(())
    }

    async fn roster_members_forget(
        &self,
        space: SpaceId,
        members: Vec<(ChannelId, UserId)>,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let kept = &mut tables.rosters.entry(space).or_default().members;
        for member in members {
            kept.remove(&member);
        }
        Ok(())
    }

    async fn roster_members_due(
        &self,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<(SpaceId, RosterMemberRow)>, StoreError> {
        let tables = self.tables.read();
        let is_due = |row: &RosterMemberRow| {
            row.place == RosterPlace::Out && row.due_at.is_some_and(|due_at| due_at <= now)
        };
        let mut due: Vec<(SpaceId, RosterMemberRow)> = Vec::new();
        for (space, roster) in &tables.rosters {
            let rows = roster.members.values().filter(|row| is_due(row));
            due.extend(rows.map(|row| (*space, row.clone())));
        }
        due.sort_by_key(|(space, row)| (row.due_at, *space, row.channel, row.user));
        due.truncate(page(limit));
        Ok(due)
    }

    async fn roster_import_add(&self, import: RosterImportRow, body: Vec<u8>) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let imports = &mut tables.rosters.entry(import.space).or_default().imports;
        if imports.contains_key(&import.no) {
            return Err(StoreError::Exists);
        }
        imports.insert(import.no, (import, Some(body)));
        Ok(())
    }

    async fn roster_import_update(&self, import: RosterImportRow) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let imports = &mut tables.rosters.entry(import.space).or_default().imports;
        let (known, _) = imports.get_mut(&import.no).ok_or(StoreError::NotFound)?;
        known.state = import.state;
        known.counts = import.counts;
        Ok(())
    }

    async fn roster_imports(&self, space: SpaceId, limit: u32) -> Result<Vec<RosterImportRow>, StoreError> {
        let tables = self.tables.read();
        let Some(roster) = tables.rosters.get(&space) else {
            return Ok(Vec::new());
        };
        let newest = roster.imports.values().rev().take(page(limit));
        Ok(newest.map(|(row, _)| row.clone()).collect())
    }

    async fn roster_body(&self, space: SpaceId, no: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let tables = self.tables.read();
        let import = tables
            .rosters
            .get(&space)
            .and_then(|roster| roster.imports.get(&no));
        Ok(import.and_then(|(_, body)| body.clone()))
    }

    async fn roster_bodies_forget(&self, space: SpaceId, below: u64) -> Result<(), StoreError> {
        let mut tables = self.tables.write();
        let imports = &mut tables.rosters.entry(space).or_default().imports;
        for (_, (_, body)) in imports.range_mut(..below) {
            *body = None;
        }
        Ok(())
    }

    async fn circle(
        &self,
        user: UserId,
        members_max: u32,
        channels_max: u32,
    ) -> Result<Vec<CircleRow>, StoreError> {
        let tables = self.tables.read();
        let kinds: HashMap<ChannelId, RosterKind> = tables
            .rosters
            .values()
            .flat_map(|roster| roster.groups.values())
            .map(|group| (group.channel, group.kind))
            .collect();
        let mut near: Vec<_> = tables
            .channels
            .iter()
            .filter(|(_, table)| table.members.contains_key(&user))
            .filter(|(_, table)| table.row.archived_at.is_none() && table.row.members <= members_max)
            .filter_map(|(id, table)| Some((*kinds.get(id)?, table.row.members, *id, table)))
            .collect();
        near.sort_by_key(|(kind, members, id, _)| (Reverse(*kind), *members, *id));
        near.truncate(page(channels_max));
        let mut rows = Vec::new();
        for (kind, _, channel, table) in near {
            let others = table.members.keys().filter(|other| **other != user);
            rows.extend(others.map(|other| CircleRow {
                channel,
                kind,
                user: *other,
            }));
        }
        Ok(rows)
    }
}
