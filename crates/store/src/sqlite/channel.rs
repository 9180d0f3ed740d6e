//! Channels and their members.

use super::query::{all, one};
use super::user;
use crate::{ChannelHead, ChannelSnapshot, MembershipRow};
use klatch_engine::EngineError;
use klatch_engine::row::{BanRow, ChannelRow, MemberRow, UserRow};
use klatch_engine::sqlite::{
    CHANNEL_COLUMNS, MEMBER_COLUMNS, channel_no, channel_row, coded, id, member_row, millis, seq, uint,
};
use klatch_types::{ChannelId, SpaceId, UserId, limits};
use rusqlite::{Connection, params};
use std::sync::LazyLock;

/// What a connection must know of its user's channels.
pub(super) const MEMBERSHIPS: &str =
    "SELECT c.id, c.head, m.read, max(c.ordinal - m.read_ordinal, 0), m.visible_after
       FROM members m CROSS JOIN channels c ON c.no = m.channel WHERE m.user = ?1 LIMIT ?2";

/// The direct channel of two users.
pub(super) const OF_PAIR: &str =
    "SELECT c.id FROM channels c WHERE c.space = ?1 AND c.pair_low = ?2 AND c.pair_high = ?3";

/// A page of members with their users.
pub(super) static MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {MEMBER_COLUMNS}, {} FROM members m CROSS JOIN users u ON u.id = m.user
           WHERE m.channel = (SELECT no FROM channels WHERE id = ?1) AND m.user > ?2 ORDER BY m.user LIMIT ?3",
        user::COLUMNS
    )
});

/// Columns of a member before those of their user.
const MEMBER_WIDTH: usize = 11;

pub(super) fn by_id(db: &Connection, channel: ChannelId) -> Result<Option<ChannelRow>, EngineError> {
    let sql = format!("SELECT {CHANNEL_COLUMNS} FROM channels c WHERE c.id = ?1");
    one(db, &sql, [channel.as_bytes()], |row| channel_row(row, 0))
}

/// The engine's readers run this in one transaction, so that all three parts are of one moment.
pub(super) fn snapshot(db: &Connection, channel: ChannelId) -> Result<Option<ChannelSnapshot>, EngineError> {
    let (Some(row), Some(no)) = (by_id(db, channel)?, channel_no(db, channel)?) else {
        return Ok(None);
    };
    let members = format!("SELECT {MEMBER_COLUMNS} FROM members m WHERE m.channel = ?1 ORDER BY m.user");
    let members = all(db, &members, [no], |row| member_row(row, 0))?;
    let bans = "SELECT user, by, at, until, reason FROM bans WHERE channel = ?1 ORDER BY user";
    let bans = all(db, bans, [no], |row| {
        Ok(BanRow {
            user: id(row, 0)?,
            by: id(row, 1)?,
            at: millis(row, 2)?,
            until: millis(row, 3)?,
            reason: row.get(4)?,
        })
    })?;
    Ok(Some(ChannelSnapshot { row, members, bans }))
}

pub(super) fn of_pair(
    db: &Connection,
    space: SpaceId,
    low: UserId,
    high: UserId,
) -> Result<Option<ChannelId>, EngineError> {
    let pair = params![space.as_bytes(), low.as_bytes(), high.as_bytes()];
    one(db, OF_PAIR, pair, |row| id(row, 0))
}

/// For operators: reads the whole table, which has no index for this order.
pub(super) fn of_space(db: &Connection, space: SpaceId, limit: u32) -> Result<Vec<ChannelRow>, EngineError> {
    let sql = format!(
        "SELECT {CHANNEL_COLUMNS} FROM channels c WHERE c.space = ?1 ORDER BY c.created_at, c.id LIMIT ?2"
    );
    all(db, &sql, params![space.as_bytes(), limit], |row| {
        channel_row(row, 0)
    })
}

/// For back ends, a few times a second at most: reads the whole table.
pub(super) fn heads(db: &Connection, space: SpaceId, limit: u32) -> Result<Vec<ChannelHead>, EngineError> {
    let sql = "SELECT c.id, c.kind, c.head FROM channels c WHERE c.space = ?1 LIMIT ?2";
    all(db, sql, params![space.as_bytes(), limit], |row| {
        Ok(ChannelHead {
            id: id(row, 0)?,
            kind: coded(row, 1)?,
            head: seq(row, 2)?,
        })
    })
}

pub(super) fn memberships(db: &Connection, user: UserId) -> Result<Vec<MembershipRow>, EngineError> {
    let limit = limits::CHANNELS_PER_USER_MAX;
    all(db, MEMBERSHIPS, params![user.as_bytes(), limit], |row| {
        Ok(MembershipRow {
            channel: id(row, 0)?,
            head: seq(row, 1)?,
            read: seq(row, 2)?,
            unread: uint(row, 3)?,
            visible_after: seq(row, 4)?,
        })
    })
}

pub(super) fn members(
    db: &Connection,
    channel: ChannelId,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<(MemberRow, UserRow)>, EngineError> {
    // The empty blob comes before every id.
    let after = after.as_ref().map_or(&[][..], |user| user.as_bytes());
    all(db, &MEMBERS, params![channel.as_bytes(), after, limit], |row| {
        Ok((member_row(row, 0)?, user::row(row, MEMBER_WIDTH)?))
    })
}
