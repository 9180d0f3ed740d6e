//! Users.

use crate::StoreError;
use klatch_engine::memory::Tables;
use klatch_engine::row::UserRow;
use klatch_types::{IssuerId, SpaceId, UserId, UserKind};
use std::collections::{BTreeSet, HashSet};

pub(super) fn add(tables: &mut Tables, user: UserRow) -> Result<(), StoreError> {
    if !tables.spaces.contains_key(&user.space) {
        return Err(StoreError::NotFound);
    }
    let taken = tables.users.values().any(|other| {
        other.id == user.id
            || (other.space == user.space && other.username == user.username)
            || (user.external.is_some() && other.external == user.external)
    });
    if taken {
        return Err(StoreError::Exists);
    }
    tables.users.insert(user.id, user);
    Ok(())
}

pub(super) fn many(tables: &Tables, ids: &[UserId]) -> Vec<UserRow> {
    let ids: BTreeSet<&UserId> = ids.iter().collect();
    ids.into_iter()
        .filter_map(|id| tables.users.get(id))
        .cloned()
        .collect()
}

pub(super) fn by_username(tables: &Tables, space: SpaceId, username: &str) -> Option<UserRow> {
    let mut users = tables.users.values();
    users
        .find(|user| user.space == space && user.username == username)
        .cloned()
}

pub(super) fn many_by_username(tables: &Tables, space: SpaceId, usernames: &[String]) -> Vec<UserRow> {
    let usernames: HashSet<&str> = usernames.iter().map(String::as_str).collect();
    let users = tables.users.values();
    users
        .filter(|user| user.space == space && usernames.contains(user.username.as_str()))
        .cloned()
        .collect()
}

pub(super) fn by_external(tables: &Tables, issuer: IssuerId, subject: &str) -> Option<UserRow> {
    let is = |user: &&UserRow| matches!(&user.external, Some((i, s)) if *i == issuer && s == subject);
    tables.users.values().find(is).cloned()
}

pub(super) fn search(tables: &Tables, space: SpaceId, prefix: &str, limit: usize) -> Vec<UserRow> {
    let prefix = prefix.to_ascii_lowercase();
    let begins = |text: &str| text.to_ascii_lowercase().starts_with(&prefix);
    let found = tables.users.values().filter(|user| {
        user.space == space
            && user.kind != UserKind::System
            && user.disabled_at.is_none()
            && (begins(&user.username) || begins(&user.name))
    });
    let mut found: Vec<UserRow> = found.cloned().collect();
    found.sort_by_cached_key(|user| (user.username.to_ascii_lowercase(), user.username.clone()));
    found.truncate(limit);
    found
}

pub(super) fn of_space(tables: &Tables, space: SpaceId, after: &str, limit: usize) -> Vec<UserRow> {
    let users = tables.users.values();
    let mut users: Vec<UserRow> = users
        .filter(|user| user.space == space && user.username.as_str() > after)
        .cloned()
        .collect();
    users.sort_unstable_by(|a, b| a.username.cmp(&b.username));
    users.truncate(limit);
    users
}

pub(super) fn change_username(tables: &mut Tables, id: UserId, username: &str) -> Result<(), StoreError> {
    let space = tables.users.get(&id).ok_or(StoreError::NotFound)?.space;
    let holder = by_username(tables, space, username);
    if holder.is_some_and(|other| other.id != id) {
        return Err(StoreError::Exists);
    }
    change(tables, id, |user| user.username = username.to_owned())
}

pub(super) fn change(
    tables: &mut Tables,
    id: UserId,
    change: impl FnOnce(&mut UserRow),
) -> Result<(), StoreError> {
    tables.users.get_mut(&id).map(change).ok_or(StoreError::NotFound)
}
