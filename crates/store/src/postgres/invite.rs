//! Invitations.

use super::query::{all, one, storable};
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, Spread, coded, id, millis, opt_millis, small};
use klatch_engine::row::InviteRow;
use klatch_types::{ChannelId, InviteId, Millis};
use std::sync::LazyLock;
use tokio_postgres::Row;

const COLUMNS: &str = "i.id, i.channel, i.code, i.role, i.by, i.created_at, i.expires_at, i.uses_max, i.uses, \
    i.revoked_at";

/// The live invitations of a channel.
pub(super) static OF_CHANNEL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM invites i WHERE i.bucket = $1 AND i.channel = $2
           AND i.revoked_at IS NULL AND i.expires_at > $3 ORDER BY i.created_at, i.id"
    )
});

/// An invitation by code: asks all buckets.
pub(super) static BY_CODE: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM invites i WHERE i.code = $1"));

/// Nothing, if the channel is not there.
pub(super) const ADD: &str =
    "INSERT INTO invites (bucket, channel, id, code, role, by, created_at, expires_at,
      uses_max, uses, revoked_at)
    SELECT c.bucket, c.id, $3::uuid, $4::text, $5::smallint, $6::uuid, $7::bigint, $8::bigint, $9::integer,
        $10::integer, $11::bigint
      FROM channels c WHERE c.bucket = $1 AND c.id = $2";

pub(super) const REVOKE: &str = "UPDATE invites i SET revoked_at = coalesce(i.revoked_at, $4)
    WHERE i.bucket = $1 AND i.channel = $2 AND i.id = $3";

fn row(row: &Row) -> Result<InviteRow, EngineError> {
    let uses_max: Option<i32> = row.try_get(7)?;
    Ok(InviteRow {
        id: id(row, 0)?,
        channel: id(row, 1)?,
        code: row.try_get(2)?,
        role: coded(row, 3)?,
        by: id(row, 4)?,
        created_at: millis(row, 5)?,
        expires_at: millis(row, 6)?,
        uses_max: uses_max.map(count).transpose()?,
        uses: count(row.try_get(8)?)?,
        revoked_at: opt_millis(row, 9)?,
    })
}

fn count(number: i32) -> Result<u32, EngineError> {
    u32::try_from(number).map_err(|_| EngineError::Damaged("uses of an invitation below zero".to_owned()))
}

/// How a count is bound.
fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) async fn add(db: &Postgres, invite: &InviteRow) -> Result<bool, EngineError> {
    // Where the tables are distributed no index spans all codes. Those are 128 random bits: this look is against mistakes.
    if db.spread() == Spread::ByBucket && by_code(db, &invite.code).await?.is_some() {
        return Err(EngineError::Exists);
    }
    let (bucket, role) = (invite.channel.bucket(), small(invite.role.code()));
    let (uses_max, uses) = (invite.uses_max.map(int), int(invite.uses));
    let revoked_at = invite.revoked_at.map(|at| at.0);
    let values: Params<'_> = &[
        &bucket,
        &invite.channel.0,
        &invite.id.0,
        &invite.code,
        &role,
        &invite.by.0,
        &invite.created_at.0,
        &invite.expires_at.0,
        &uses_max,
        &uses,
        &revoked_at,
    ];
    Ok(db.execute(ADD, values).await? > 0)
}

pub(super) async fn by_code(db: &Postgres, code: &str) -> Result<Option<InviteRow>, EngineError> {
    if !storable(code) {
        return Ok(None);
    }
    one(db.query_opt(&BY_CODE, &[&code]).await?, row)
}

pub(super) async fn of_channel(
    db: &Postgres,
    channel: ChannelId,
    now: Millis,
) -> Result<Vec<InviteRow>, EngineError> {
    let rows = db
        .query(&OF_CHANNEL, &[&channel.bucket(), &channel.0, &now.0])
        .await?;
    all(&rows, row)
}

pub(super) async fn revoke(
    db: &Postgres,
    channel: ChannelId,
    invite: InviteId,
    at: Millis,
) -> Result<bool, EngineError> {
    let revoked = db
        .execute(REVOKE, &[&channel.bucket(), &channel.0, &invite.0, &at.0])
        .await?;
    Ok(revoked > 0)
}
