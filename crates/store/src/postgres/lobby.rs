//! Those who wait to be let into a channel.

use super::query::{all, one as first};
use crate::LobbyPut;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, coded, id, millis, opt_id, small};
use klatch_engine::row::LobbyRow;
use klatch_types::{ChannelId, UserId};
use tokio_postgres::Row;

/// All who wait before a channel.
pub(super) const OF_CHANNEL: &str = "SELECT l.user_id, l.role, l.invite, l.at FROM lobby l
    WHERE l.bucket = $1 AND l.channel = $2 ORDER BY l.at, l.user_id";

/// One of them.
pub(super) const ONE: &str = "SELECT l.user_id, l.role, l.invite, l.at FROM lobby l
    WHERE l.bucket = $1 AND l.channel = $2 AND l.user_id = $3";

/// Nothing, if the channel is not there or as many wait as may.
pub(super) const PUT: &str = "INSERT INTO lobby (bucket, channel, user_id, role, invite, at)
    SELECT c.bucket, c.id, $3::uuid, $4::smallint, $5::uuid, $6::bigint
      FROM channels c WHERE c.bucket = $1 AND c.id = $2
        AND (SELECT count(*) FROM lobby l WHERE l.bucket = $1 AND l.channel = $2) < $7
    ON CONFLICT DO NOTHING";

pub(super) const REMOVE: &str = "DELETE FROM lobby l
    WHERE l.bucket = $1 AND l.channel = $2 AND ($3::uuid IS NULL OR l.user_id = $3)";

const CHANNEL: &str = "SELECT 1 FROM channels c WHERE c.bucket = $1 AND c.id = $2";

fn row(row: &Row) -> Result<LobbyRow, EngineError> {
    Ok(LobbyRow {
        user: id(row, 0)?,
        role: coded(row, 1)?,
        invite: opt_id(row, 2)?,
        at: millis(row, 3)?,
    })
}

/// Nothing, if the channel is not there.
pub(super) async fn put(
    db: &Postgres,
    channel: ChannelId,
    row: &LobbyRow,
    max: u32,
) -> Result<Option<LobbyPut>, EngineError> {
    if one(db, channel, row.user).await?.is_some() {
        return Ok(Some(LobbyPut::Waiting));
    }
    let (bucket, role) = (channel.bucket(), small(row.role.code()));
    let (invite, max) = (row.invite.map(|invite| invite.0), i64::from(max));
    let values: Params<'_> = &[&bucket, &channel.0, &row.user.0, &role, &invite, &row.at.0, &max];
    if db.execute(PUT, values).await? > 0 {
        return Ok(Some(LobbyPut::Added));
    }
    if one(db, channel, row.user).await?.is_some() {
        return Ok(Some(LobbyPut::Waiting));
    }
    let is_there = db.query_opt(CHANNEL, &[&bucket, &channel.0]).await?.is_some();
    Ok(is_there.then_some(LobbyPut::Full))
}

pub(super) async fn one(
    db: &Postgres,
    channel: ChannelId,
    user: UserId,
) -> Result<Option<LobbyRow>, EngineError> {
    let found = db
        .query_opt(ONE, &[&channel.bucket(), &channel.0, &user.0])
        .await?;
    first(found, row)
}

pub(super) async fn of_channel(db: &Postgres, channel: ChannelId) -> Result<Vec<LobbyRow>, EngineError> {
    let rows = db.query(OF_CHANNEL, &[&channel.bucket(), &channel.0]).await?;
    all(&rows, row)
}

pub(super) async fn remove(
    db: &Postgres,
    channel: ChannelId,
    user: Option<UserId>,
) -> Result<u64, EngineError> {
    let user = user.map(|user| user.0);
    db.execute(REMOVE, &[&channel.bucket(), &channel.0, &user]).await
}
