//! Devices and their refresh tokens.

use crate::{Rotation, StoreError};
use klatch_engine::memory::Tables;
use klatch_engine::row::{DeviceRow, RefreshRow};
use klatch_types::{DeviceId, Millis, UserId};
use std::cmp::Reverse;

pub(super) fn add(tables: &mut Tables, device: DeviceRow, refresh: &RefreshRow) -> Result<(), StoreError> {
    if !tables.users.contains_key(&device.user) {
        return Err(StoreError::NotFound);
    }
    if tables.devices.contains_key(&device.id) || tables.refresh.contains_key(&refresh.hash) {
        return Err(StoreError::Exists);
    }
    let refresh = RefreshRow {
        device: device.id,
        ..refresh.clone()
    };
    tables.refresh.insert(refresh.hash, refresh);
    tables.devices.insert(device.id, device);
    Ok(())
}

pub(super) fn of_user(tables: &Tables, user: UserId) -> Vec<DeviceRow> {
    let devices = tables.devices.values();
    let mut devices: Vec<DeviceRow> = devices
        .filter(|device| device.user == user && device.revoked_at.is_none())
        .cloned()
        .collect();
    devices.sort_by_key(|device| (Reverse(device.seen_at), device.id));
    devices
}

pub(super) fn rename(tables: &mut Tables, id: DeviceId, name: &str) -> Result<(), StoreError> {
    let device = tables.devices.get_mut(&id).ok_or(StoreError::NotFound)?;
    name.clone_into(&mut device.name);
    Ok(())
}

pub(super) fn revoke(tables: &mut Tables, id: DeviceId, at: Millis) -> Result<bool, StoreError> {
    let device = tables.devices.get_mut(&id).ok_or(StoreError::NotFound)?;
    let revoked = device.revoked_at.is_none();
    device.revoked_at.get_or_insert(at);
    Ok(revoked)
}

pub(super) fn rotate(
    tables: &mut Tables,
    hash: [u8; 32],
    next: [u8; 32],
    next_expires_at: Millis,
    now: Millis,
) -> Result<Rotation, StoreError> {
    let next_is_taken = tables.refresh.contains_key(&next);
    let Some(token) = tables.refresh.get_mut(&hash) else {
        return Ok(Rotation::Refused);
    };
    let Some(device) = tables.devices.get_mut(&token.device) else {
        return Ok(Rotation::Refused);
    };
    if token.expires_at <= now || device.revoked_at.is_some() {
        return Ok(Rotation::Refused);
    }
    if token.used_at.is_some() {
        device.revoked_at = Some(now);
        return Ok(Rotation::Reused(device.clone()));
    }
    if next_is_taken {
        return Err(StoreError::Exists);
    }
    token.used_at = Some(now);
    device.seen_at = now;
    let next = RefreshRow {
        hash: next,
        device: device.id,
        expires_at: next_expires_at,
        used_at: None,
    };
    let rotated = Rotation::Rotated(device.clone());
    tables.refresh.insert(next.hash, next);
    Ok(rotated)
}

pub(super) fn sweep(tables: &mut Tables, now: Millis) -> u64 {
    let before = tables.refresh.len();
    tables.refresh.retain(|_, token| token.expires_at >= now);
    (before - tables.refresh.len()) as u64
}
