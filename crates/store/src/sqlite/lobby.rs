//! Those who wait to be let into a channel.

use super::query::{all, execute, exists, one as first};
use crate::LobbyPut;
use klatch_engine::EngineError;
use klatch_engine::row::LobbyRow;
use klatch_engine::sqlite::{channel_no, code, coded, id, millis, opt_id};
use klatch_types::{ChannelId, UserId};
use rusqlite::{Connection, Row, params};

/// All who wait before a channel.
pub(super) const OF_CHANNEL: &str = "SELECT l.user, l.role, l.invite, l.at FROM channels c
    CROSS JOIN lobby l ON l.channel = c.no WHERE c.id = ?1 ORDER BY l.at, l.user";

fn row(row: &Row<'_>) -> rusqlite::Result<LobbyRow> {
    Ok(LobbyRow {
        user: id(row, 0)?,
        role: coded(row, 1)?,
        invite: opt_id(row, 2)?,
        at: millis(row, 3)?,
    })
}

/// Nothing, if the channel is not there.
pub(super) fn put(
    db: &Connection,
    channel: ChannelId,
    row: &LobbyRow,
    max: u32,
) -> Result<Option<LobbyPut>, EngineError> {
    let Some(no) = channel_no(db, channel)? else {
        return Ok(None);
    };
    let user = row.user.as_bytes();
    let sql = "SELECT 1 FROM lobby WHERE channel = ?1 AND user = ?2";
    if exists(db, sql, params![no, user])? {
        return Ok(Some(LobbyPut::Waiting));
    }
    let sql = "INSERT INTO lobby SELECT ?1, ?2, ?3, ?4, ?5
               WHERE (SELECT count(*) FROM lobby WHERE channel = ?1) < ?6";
    let invite = row.invite.as_ref().map(klatch_types::InviteId::as_bytes);
    let values = params![no, user, code(row.role.code()), invite, row.at.0, max];
    Ok(Some(match execute(db, sql, values)? {
        0 => LobbyPut::Full,
        _ => LobbyPut::Added,
    }))
}

pub(super) fn one(
    db: &Connection,
    channel: ChannelId,
    user: UserId,
) -> Result<Option<LobbyRow>, EngineError> {
    let sql = "SELECT l.user, l.role, l.invite, l.at FROM channels c CROSS JOIN lobby l ON l.channel = c.no
               WHERE c.id = ?1 AND l.user = ?2";
    first(db, sql, params![channel.as_bytes(), user.as_bytes()], row)
}

pub(super) fn of_channel(db: &Connection, channel: ChannelId) -> Result<Vec<LobbyRow>, EngineError> {
    all(db, OF_CHANNEL, [channel.as_bytes()], row)
}

pub(super) fn remove(db: &Connection, channel: ChannelId, user: Option<UserId>) -> Result<u64, EngineError> {
    let Some(no) = channel_no(db, channel)? else {
        return Ok(0);
    };
    let sql = "DELETE FROM lobby WHERE channel = ?1 AND (?2 IS NULL OR user = ?2)";
    let removed = execute(db, sql, params![no, user.as_ref().map(UserId::as_bytes)])?;
    Ok(removed as u64)
}
