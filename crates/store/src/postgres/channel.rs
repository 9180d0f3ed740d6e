//! Channels and their members.

use super::query::{all, one, page};
use super::user;
use crate::{ChannelHead, ChannelSnapshot, MembershipRow};
use klatch_engine::EngineError;
use klatch_engine::postgres::{
    CHANNEL_COLUMNS, MEMBER_COLUMNS, Postgres, channel_row, coded, id, member_row, millis, seq, uint,
};
use klatch_engine::row::{BanRow, ChannelRow, MemberRow, UserRow};
use klatch_types::{ChannelId, SpaceId, UserId, limits};
use std::sync::LazyLock;
use tokio_postgres::Row;
use uuid::Uuid;

/// How many columns a channel and a member have.
const CHANNEL_WIDTH: usize = 18;
const MEMBER_WIDTH: usize = 11;
/// Where the columns stand in a snapshot, after the number of the part.
const SNAPSHOT_CHANNEL_AT: usize = 1;
const SNAPSHOT_MEMBER_AT: usize = SNAPSHOT_CHANNEL_AT + CHANNEL_WIDTH;
const SNAPSHOT_BAN_AT: usize = SNAPSHOT_MEMBER_AT + MEMBER_WIDTH;

/// What a connection must know of its user's channels: asks all buckets.
pub(super) const MEMBERSHIPS: &str =
    "SELECT c.id, c.head, m.read, greatest(c.ordinal - m.read_ordinal, 0), m.visible_after
       FROM members m JOIN channels c ON c.bucket = m.bucket AND c.id = m.channel WHERE m.user_id = $1 LIMIT $2";

/// The direct channel of two users: asks all buckets, because older ids do not follow from the pair.
pub(super) const OF_PAIR: &str =
    "SELECT c.id FROM channels c WHERE c.space = $1 AND c.pair_low = $2 AND c.pair_high = $3 LIMIT 1";

/// One channel.
pub(super) static BY_ID: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {CHANNEL_COLUMNS} FROM channels c WHERE c.bucket = $1 AND c.id = $2"));

/// A page of members with their users.
pub(super) static MEMBERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {MEMBER_COLUMNS}, {} FROM members m JOIN users u ON u.id = m.user_id
           WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id > $3 ORDER BY m.user_id LIMIT $4",
        user::COLUMNS
    )
});

/// A channel, its members and its bans: one statement, so that all parts are of one moment. The first column says of
/// which part a row is; the columns of the others are NULL.
pub(super) static SNAPSHOT: LazyLock<String> = LazyLock::new(|| {
    let no_channel = "NULL, ".repeat(CHANNEL_WIDTH);
    let no_member = "NULL, ".repeat(MEMBER_WIDTH);
    let no_ban = "NULL::uuid, NULL::uuid, NULL::bigint, NULL::bigint, NULL::text";
    format!(
        "SELECT {CHANNEL_PART}, {CHANNEL_COLUMNS}, {no_member} {no_ban}
             FROM channels c WHERE c.bucket = $1 AND c.id = $2
         UNION ALL SELECT {MEMBER_PART}, {no_channel} {MEMBER_COLUMNS}, {no_ban}
             FROM members m WHERE m.bucket = $1 AND m.channel = $2
         UNION ALL SELECT {BAN_PART}, {no_channel} {no_member} b.user_id, b.by, b.at, b.until, b.reason
             FROM bans b WHERE b.bucket = $1 AND b.channel = $2"
    )
});

const CHANNEL_PART: i32 = 0;
const MEMBER_PART: i32 = 1;
const BAN_PART: i32 = 2;

pub(super) async fn by_id(db: &Postgres, channel: ChannelId) -> Result<Option<ChannelRow>, EngineError> {
    let found = db.query_opt(&BY_ID, &[&channel.bucket(), &channel.0]).await?;
    one(found, |row| channel_row(row, 0))
}

pub(super) async fn snapshot(
    db: &Postgres,
    channel: ChannelId,
) -> Result<Option<ChannelSnapshot>, EngineError> {
    let rows = db.query(&SNAPSHOT, &[&channel.bucket(), &channel.0]).await?;
    let (mut found, mut members, mut bans) = (None, Vec::new(), Vec::new());
    for row in &rows {
        match row.try_get::<_, i32>(0)? {
            CHANNEL_PART => found = Some(channel_row(row, SNAPSHOT_CHANNEL_AT)?),
            MEMBER_PART => members.push(member_row(row, SNAPSHOT_MEMBER_AT)?),
            _ => bans.push(ban_row(row, SNAPSHOT_BAN_AT)?),
        }
    }
    members.sort_unstable_by_key(|member: &MemberRow| member.user);
    bans.sort_unstable_by_key(|ban: &BanRow| ban.user);
    Ok(found.map(|row| ChannelSnapshot { row, members, bans }))
}

fn ban_row(row: &Row, at: usize) -> Result<BanRow, EngineError> {
    Ok(BanRow {
        user: id(row, at)?,
        by: id(row, at + 1)?,
        at: millis(row, at + 2)?,
        until: millis(row, at + 3)?,
        reason: row.try_get(at + 4)?,
    })
}

pub(super) async fn of_pair(
    db: &Postgres,
    space: SpaceId,
    low: UserId,
    high: UserId,
) -> Result<Option<ChannelId>, EngineError> {
    let found = db.query_opt(OF_PAIR, &[&space.0, &low.0, &high.0]).await?;
    one(found, |row| id(row, 0))
}

/// For operators: reads the whole table, which has no index for this order, in all buckets.
pub(super) async fn of_space(
    db: &Postgres,
    space: SpaceId,
    limit: u32,
) -> Result<Vec<ChannelRow>, EngineError> {
    let sql = format!(
        "SELECT {CHANNEL_COLUMNS} FROM channels c WHERE c.space = $1 ORDER BY c.created_at, c.id LIMIT $2"
    );
    all(&db.query(&sql, &[&space.0, &page(limit)]).await?, |row| {
        channel_row(row, 0)
    })
}

/// For back ends, a few times a second at most: reads the whole table, in all buckets.
pub(super) async fn heads(
    db: &Postgres,
    space: SpaceId,
    limit: u32,
) -> Result<Vec<ChannelHead>, EngineError> {
    let sql = "SELECT c.id, c.kind, c.head FROM channels c WHERE c.space = $1 LIMIT $2";
    all(&db.query(sql, &[&space.0, &page(limit)]).await?, |row| {
        Ok(ChannelHead {
            id: id(row, 0)?,
            kind: coded(row, 1)?,
            head: seq(row, 2)?,
        })
    })
}

pub(super) async fn memberships(db: &Postgres, user: UserId) -> Result<Vec<MembershipRow>, EngineError> {
    let limit = page(limits::CHANNELS_PER_USER_MAX);
    all(&db.query(MEMBERSHIPS, &[&user.0, &limit]).await?, |row| {
        Ok(MembershipRow {
            channel: id(row, 0)?,
            head: seq(row, 1)?,
            read: seq(row, 2)?,
            unread: uint(row, 3)?,
            visible_after: seq(row, 4)?,
        })
    })
}

pub(super) async fn members(
    db: &Postgres,
    channel: ChannelId,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<(MemberRow, UserRow)>, EngineError> {
    // The nil UUID comes before every id, and is none.
    let after = after.map_or(Uuid::nil(), |user| user.0);
    let rows = db
        .query(&MEMBERS, &[&channel.bucket(), &channel.0, &after, &page(limit)])
        .await?;
    all(&rows, |row| {
        Ok((member_row(row, 0)?, user::row(row, MEMBER_WIDTH)?))
    })
}
