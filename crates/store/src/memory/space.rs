//! Spaces.

use crate::StoreError;
use klatch_engine::memory::Tables;
use klatch_engine::row::SpaceRow;
use klatch_types::{Ordinal, Policy, SpaceId};

pub(super) fn add(tables: &mut Tables, space: SpaceRow) -> Result<(), StoreError> {
    if tables.spaces.contains_key(&space.id) || by_slug(tables, &space.slug).is_some() {
        return Err(StoreError::Exists);
    }
    tables.spaces.insert(space.id, space);
    Ok(())
}

pub(super) fn by_slug(tables: &Tables, slug: &str) -> Option<SpaceRow> {
    tables.spaces.values().find(|space| space.slug == slug).cloned()
}

pub(super) fn all(tables: &Tables) -> Vec<SpaceRow> {
    let mut spaces: Vec<SpaceRow> = tables.spaces.values().cloned().collect();
    spaces.sort_unstable_by(|a, b| a.slug.cmp(&b.slug));
    spaces
}

pub(super) fn update(
    tables: &mut Tables,
    id: SpaceId,
    policy: Policy,
    origins: Vec<String>,
) -> Result<(), StoreError> {
    let space = tables.spaces.get_mut(&id).ok_or(StoreError::NotFound)?;
    space.policy = policy;
    space.origins = origins;
    Ok(())
}

pub(super) fn counts(tables: &Tables) -> (u64, u64, u64, Ordinal) {
    let messages = tables.channels.values().map(|table| table.row.ordinal.0).sum();
    (
        tables.spaces.len() as u64,
        tables.users.len() as u64,
        tables.channels.len() as u64,
        Ordinal(messages),
    )
}
