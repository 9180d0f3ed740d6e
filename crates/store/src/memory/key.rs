//! Keys of back ends, external issuers, and the server's own signing keys.

use crate::StoreError;
use klatch_engine::memory::Tables;
use klatch_engine::row::{ApiKeyRow, IssuerRow, SigningKeyRow};
use klatch_types::{ApiKeyId, IssuerId, Millis, SpaceId};

pub(super) fn api_add(tables: &mut Tables, key: ApiKeyRow) -> Result<(), StoreError> {
    if !tables.spaces.contains_key(&key.space) || !tables.users.contains_key(&key.user) {
        return Err(StoreError::NotFound);
    }
    if tables.api_keys.contains_key(&key.id) || api_by_hash(tables, key.hash).is_some() {
        return Err(StoreError::Exists);
    }
    tables.api_keys.insert(key.id, key);
    Ok(())
}

pub(super) fn api_by_hash(tables: &Tables, hash: [u8; 32]) -> Option<ApiKeyRow> {
    tables.api_keys.values().find(|key| key.hash == hash).cloned()
}

pub(super) fn api_of_space(tables: &Tables, space: SpaceId) -> Vec<ApiKeyRow> {
    let keys = tables.api_keys.values();
    let mut keys: Vec<ApiKeyRow> = keys.filter(|key| key.space == space).cloned().collect();
    keys.sort_by_key(|key| (key.created_at, key.id));
    keys
}

pub(super) fn api_revoke(tables: &mut Tables, id: ApiKeyId, at: Millis) -> Result<(), StoreError> {
    let key = tables.api_keys.get_mut(&id).ok_or(StoreError::NotFound)?;
    key.revoked_at.get_or_insert(at);
    Ok(())
}

pub(super) fn issuer_add(tables: &mut Tables, issuer: IssuerRow) -> Result<(), StoreError> {
    if !tables.spaces.contains_key(&issuer.space) {
        return Err(StoreError::NotFound);
    }
    if tables.issuers.contains_key(&issuer.id) || issuer_by_name(tables, &issuer.issuer).is_some() {
        return Err(StoreError::Exists);
    }
    tables.issuers.insert(issuer.id, issuer);
    Ok(())
}

pub(super) fn issuer_by_name(tables: &Tables, name: &str) -> Option<IssuerRow> {
    tables
        .issuers
        .values()
        .find(|issuer| issuer.issuer == name)
        .cloned()
}

pub(super) fn issuers_of_space(tables: &Tables, space: SpaceId) -> Vec<IssuerRow> {
    let issuers = tables.issuers.values();
    let mut issuers: Vec<IssuerRow> = issuers.filter(|issuer| issuer.space == space).cloned().collect();
    issuers.sort_by_key(|issuer| (issuer.created_at, issuer.id));
    issuers
}

pub(super) fn issuer_remove(tables: &mut Tables, id: IssuerId) -> Result<(), StoreError> {
    tables.issuers.remove(&id).map(|_| ()).ok_or(StoreError::NotFound)
}

pub(super) fn signing_add(tables: &mut Tables, key: SigningKeyRow) -> Result<(), StoreError> {
    let keys = &mut tables.signing_keys;
    if keys.iter().any(|other| other.kid == key.kid) {
        return Err(StoreError::Exists);
    }
    keys.push(key);
    keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
    Ok(())
}
