//! Devices and their refresh tokens.

use super::query::{all, execute, exists, one};
use crate::Rotation;
use klatch_engine::EngineError;
use klatch_engine::row::{DeviceRow, RefreshRow};
use klatch_engine::sqlite::{id, millis, opt_millis};
use klatch_types::{DeviceId, Millis, UserId};
use rusqlite::{Connection, Row, params};
use std::sync::LazyLock;

const COLUMNS: &str = "d.id, d.user, d.name, d.created_at, d.seen_at, d.revoked_at";

/// The devices of a user that are signed in.
pub(super) static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM devices d WHERE d.user = ?1 AND d.revoked_at IS NULL ORDER BY d.seen_at DESC, d.id"
    )
});

fn row(row: &Row<'_>, at: usize) -> rusqlite::Result<DeviceRow> {
    Ok(DeviceRow {
        id: id(row, at)?,
        user: id(row, at + 1)?,
        name: row.get(at + 2)?,
        created_at: millis(row, at + 3)?,
        seen_at: millis(row, at + 4)?,
        revoked_at: opt_millis(row, at + 5)?,
    })
}

pub(super) fn add(db: &Connection, device: &DeviceRow, refresh: &RefreshRow) -> Result<bool, EngineError> {
    if !exists(db, "SELECT 1 FROM users WHERE id = ?1", [device.user.as_bytes()])? {
        return Ok(false);
    }
    let values = params![
        device.id.as_bytes(),
        device.user.as_bytes(),
        device.name,
        device.created_at.0,
        device.seen_at.0,
        device.revoked_at.map(|at| at.0),
    ];
    let sql = "INSERT INTO devices (id, user, name, created_at, seen_at, revoked_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    execute(db, sql, values)?;
    refresh_add(db, refresh.hash, device.id, refresh.expires_at, refresh.used_at)?;
    Ok(true)
}

fn refresh_add(
    db: &Connection,
    hash: [u8; 32],
    device: DeviceId,
    expires_at: Millis,
    used_at: Option<Millis>,
) -> Result<(), EngineError> {
    let sql = "INSERT INTO refresh_tokens (hash, device, expires_at, used_at) VALUES (?1, ?2, ?3, ?4)";
    let values = params![hash, device.as_bytes(), expires_at.0, used_at.map(|at| at.0)];
    execute(db, sql, values)?;
    Ok(())
}

pub(super) fn by_id(db: &Connection, device: DeviceId) -> Result<Option<DeviceRow>, EngineError> {
    let sql = format!("SELECT {COLUMNS} FROM devices d WHERE d.id = ?1");
    one(db, &sql, [device.as_bytes()], |found| row(found, 0))
}

pub(super) fn of_user(db: &Connection, user: UserId) -> Result<Vec<DeviceRow>, EngineError> {
    all(db, &OF_USER, [user.as_bytes()], |found| row(found, 0))
}

/// Whether there is such a device.
pub(super) fn rename(db: &Connection, device: DeviceId, name: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE devices SET name = ?2 WHERE id = ?1";
    Ok(execute(db, sql, params![device.as_bytes(), name])? > 0)
}

/// Whether this call revoked it; none if there is no such device.
pub(super) fn revoke(db: &Connection, device: DeviceId, at: Millis) -> Result<Option<bool>, EngineError> {
    let sql = "UPDATE devices SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
    if execute(db, sql, params![device.as_bytes(), at.0])? > 0 {
        return Ok(Some(true));
    }
    let known = exists(db, "SELECT 1 FROM devices WHERE id = ?1", [device.as_bytes()])?;
    Ok(known.then_some(false))
}

/// All in one write: of two that come with the same token, the second finds it used.
pub(super) fn rotate(
    db: &Connection,
    hash: [u8; 32],
    next: [u8; 32],
    next_expires_at: Millis,
    now: Millis,
) -> Result<Rotation, EngineError> {
    let sql = format!(
        "SELECT {COLUMNS}, r.used_at FROM refresh_tokens r JOIN devices d ON d.id = r.device
           WHERE r.hash = ?1 AND r.expires_at > ?2 AND d.revoked_at IS NULL"
    );
    let found = one(db, &sql, params![hash, now.0], |found| {
        Ok((row(found, 0)?, opt_millis(found, 6)?))
    })?;
    let Some((mut device, used_at)) = found else {
        return Ok(Rotation::Refused);
    };
    if used_at.is_some() {
        revoke(db, device.id, now)?;
        device.revoked_at = Some(now);
        return Ok(Rotation::Reused(device));
    }
    execute(
        db,
        "UPDATE refresh_tokens SET used_at = ?2 WHERE hash = ?1",
        params![hash, now.0],
    )?;
    refresh_add(db, next, device.id, next_expires_at, None)?;
    let seen = params![device.id.as_bytes(), now.0];
    execute(db, "UPDATE devices SET seen_at = ?2 WHERE id = ?1", seen)?;
    device.seen_at = now;
    Ok(Rotation::Rotated(device))
}

pub(super) fn sweep(db: &Connection, now: Millis) -> Result<u64, EngineError> {
    let swept = execute(db, "DELETE FROM refresh_tokens WHERE expires_at < ?1", [now.0])?;
    Ok(swept as u64)
}
