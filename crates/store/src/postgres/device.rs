//! Devices and their refresh tokens.

use super::query::{all, one};
use super::user;
use crate::Rotation;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, id, millis, opt_millis};
use klatch_engine::row::{DeviceRow, RefreshRow};
use klatch_types::{DeviceId, Millis, UserId};
use std::sync::LazyLock;
use std::time::Duration;
use tokio_postgres::Row;

const COLUMNS: &str = "d.id, d.user_id, d.name, d.created_at, d.seen_at, d.revoked_at";
/// Where the column after those stands.
const WIDTH: usize = 6;
/// Pauses between questions to a database that does not answer; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(1600);

/// The devices of a user that are signed in.
pub(super) static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM devices d WHERE d.user_id = $1 AND d.revoked_at IS NULL
           ORDER BY d.seen_at DESC, d.id"
    )
});

/// Both rows or none.
const ADD: &str = "WITH added AS (
    INSERT INTO devices (id, user_id, name, created_at, seen_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6)
      RETURNING id)
  INSERT INTO refresh_tokens (hash, device, expires_at, used_at) SELECT $7, added.id, $8, $9 FROM added";

/// All of a rotation. `FOR UPDATE` lets those who come with the same token at once take turns, and each sees what the
/// one before left: the second finds the token used, the third its device revoked. Answers the device as it was
/// before.
static ROTATE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH found AS (
           SELECT {COLUMNS}, r.used_at FROM refresh_tokens r JOIN devices d ON d.id = r.device
             WHERE r.hash = $1 AND r.expires_at > $4 AND d.revoked_at IS NULL FOR UPDATE OF r, d),
         used AS (
           UPDATE refresh_tokens SET used_at = $4 FROM found
             WHERE refresh_tokens.hash = $1 AND found.used_at IS NULL),
         added AS (
           INSERT INTO refresh_tokens (hash, device, expires_at)
             SELECT $2, found.id, $3 FROM found WHERE found.used_at IS NULL),
         seen AS (
           UPDATE devices SET
               seen_at = CASE WHEN found.used_at IS NULL THEN $4 ELSE devices.seen_at END,
               revoked_at = CASE WHEN found.used_at IS NULL THEN devices.revoked_at ELSE $4 END
             FROM found WHERE devices.id = found.id)
         SELECT * FROM found"
    )
});

fn row(row: &Row) -> Result<DeviceRow, EngineError> {
    Ok(DeviceRow {
        id: id(row, 0)?,
        user: id(row, 1)?,
        name: row.try_get(2)?,
        created_at: millis(row, 3)?,
        seen_at: millis(row, 4)?,
        revoked_at: opt_millis(row, 5)?,
    })
}

/// Adds a device of a user who is there; users are never removed.
pub(super) async fn add(
    db: &Postgres,
    device: &DeviceRow,
    refresh: &RefreshRow,
) -> Result<bool, EngineError> {
    if !user::is_there(db, device.user).await? {
        return Ok(false);
    }
    let revoked_at = device.revoked_at.map(|at| at.0);
    let (hash, used_at) = (refresh.hash.as_slice(), refresh.used_at.map(|at| at.0));
    let values: Params<'_> = &[
        &device.id.0,
        &device.user.0,
        &device.name,
        &device.created_at.0,
        &device.seen_at.0,
        &revoked_at,
        &hash,
        &refresh.expires_at.0,
        &used_at,
    ];
    Ok(db.execute(ADD, values).await? > 0)
}

pub(super) async fn by_id(db: &Postgres, device: DeviceId) -> Result<Option<DeviceRow>, EngineError> {
    let sql = format!("SELECT {COLUMNS} FROM devices d WHERE d.id = $1");
    one(db.query_opt(&sql, &[&device.0]).await?, row)
}

pub(super) async fn of_user(db: &Postgres, user: UserId) -> Result<Vec<DeviceRow>, EngineError> {
    all(&db.query(&OF_USER, &[&user.0]).await?, row)
}

/// Whether there is such a device.
pub(super) async fn rename(db: &Postgres, device: DeviceId, name: &str) -> Result<bool, EngineError> {
    let sql = "UPDATE devices SET name = $2 WHERE id = $1";
    Ok(db.execute(sql, &[&device.0, &name]).await? > 0)
}

/// Whether this call revoked it; none if there is no such device.
pub(super) async fn revoke(db: &Postgres, device: DeviceId, at: Millis) -> Result<Option<bool>, EngineError> {
    let sql = "UPDATE devices SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    if db.execute(sql, &[&device.0, &at.0]).await? > 0 {
        return Ok(Some(true));
    }
    Ok(by_id(db, device).await?.map(|_| false))
}

/// If the answer is lost, it is found out whether it was done: a client that came with the same token again would
/// otherwise be taken for a thief.
pub(super) async fn rotate(
    db: &Postgres,
    hash: [u8; 32],
    next: [u8; 32],
    next_expires_at: Millis,
    now: Millis,
) -> Result<Rotation, EngineError> {
    let (hash, next) = (hash.as_slice(), next.as_slice());
    let values: Params<'_> = &[&hash, &next, &next_expires_at.0, &now.0];
    let found = match db.write_returning(&ROTATE, values).await {
        Err(EngineError::Unknown(why)) => {
            return match of_token(db, next).await? {
                Some(device) => Ok(Rotation::Rotated(device)),
                None => Err(EngineError::Unknown(why)),
            };
        }
        other => other?,
    };
    let Some(found) = found.first() else {
        return Ok(Rotation::Refused);
    };
    let before = row(found)?;
    Ok(match opt_millis(found, WIDTH)? {
        Some(_) => Rotation::Reused(DeviceRow {
            revoked_at: Some(now),
            ..before
        }),
        None => Rotation::Rotated(DeviceRow {
            seen_at: now,
            ..before
        }),
    })
}

/// The device of a token, asked for until there is an answer, for about three seconds.
async fn of_token(db: &Postgres, hash: &[u8]) -> Result<Option<DeviceRow>, EngineError> {
    let sql =
        format!("SELECT {COLUMNS} FROM refresh_tokens r JOIN devices d ON d.id = r.device WHERE r.hash = $1");
    let mut pause = FIRST_PAUSE;
    loop {
        match db.query_opt(&sql, &[&hash]).await {
            Err(EngineError::Unavailable(_)) if pause <= LAST_PAUSE => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            other => return one(other?, row),
        }
    }
}

pub(super) async fn sweep(db: &Postgres, now: Millis) -> Result<u64, EngineError> {
    db.execute("DELETE FROM refresh_tokens WHERE expires_at < $1", &[&now.0])
        .await
}
