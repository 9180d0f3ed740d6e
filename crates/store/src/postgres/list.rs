//! The lines of channel lists, each list in one query.

use super::query::{all, one, page};
use crate::{ChannelListRow, PeerRow, PreviewRow};
use klatch_engine::EngineError;
use klatch_engine::postgres::{
    CHANNEL_COLUMNS, MEMBER_COLUMNS, Postgres, channel_row, id, member_row, millis, opt_id, opt_seq, small,
};
use klatch_engine::row::MemberRow;
use klatch_types::{ChannelId, Seq, SpaceId, UserId, Visibility};
use std::sync::LazyLock;
use tokio_postgres::Row;

/// Where the columns of the member, the peer and the preview begin.
const MEMBER_AT: usize = 18;
const PEER_AT: usize = 29;
const PREVIEW_AT: usize = 35;

/// The columns of a line. An erased message shows nothing, whatever was erased of its edits.
static LINE_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{CHANNEL_COLUMNS}, {MEMBER_COLUMNS}, p.id, p.username, p.name, pm.read, pm.received,
         h.user_id IS NOT NULL, e.seq, e.at, e.actor, e.tombstone,
         CASE WHEN e.tombstone THEN ''::bytea ELSE coalesce(x.payload, e.payload) END"
    )
});

/// Joins of a line to `channels c`, beside the member: the peer with their cursors, the last message and its newest edit. $1 is the
/// user, $2 the kind of edits, `bucket` the bucket of all.
fn line_joins(bucket: &str) -> String {
    format!(
        "LEFT JOIN users p ON p.id = CASE $1 WHEN c.pair_low THEN c.pair_high WHEN c.pair_high THEN c.pair_low END
         LEFT JOIN members pm ON pm.bucket = {bucket} AND pm.channel = c.id AND pm.user_id = p.id
         LEFT JOIN receipts_hidden h ON h.user_id = p.id
         LEFT JOIN events e ON e.bucket = {bucket} AND e.channel = c.id AND e.seq = c.last_message
         LEFT JOIN LATERAL (
           SELECT x.payload FROM events x WHERE x.bucket = {bucket} AND x.channel = c.id
               AND x.target = c.last_message AND x.kind = $2
             ORDER BY x.seq DESC LIMIT 1) x ON true"
    )
}

/// A user's list: asks all buckets. The inner query finds which channels are on the page, so that only their messages
/// are read.
pub(super) static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM (
           SELECT m.bucket, m.channel FROM members m JOIN channels c ON c.bucket = m.bucket AND c.id = m.channel
             WHERE m.user_id = $1 ORDER BY c.active_at DESC, c.id LIMIT $3) page
         JOIN channels c ON c.bucket = page.bucket AND c.id = page.channel
         JOIN members m ON m.bucket = c.bucket AND m.channel = c.id AND m.user_id = $1
         {} ORDER BY c.active_at DESC, c.id",
        *LINE_COLUMNS,
        line_joins("c.bucket")
    )
});

/// One line, in its bucket.
pub(super) static ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channels c
           LEFT JOIN members m ON m.bucket = $4 AND m.channel = c.id AND m.user_id = $1
         {} WHERE c.bucket = $4 AND c.id = $3",
        *LINE_COLUMNS,
        line_joins("$4")
    )
});

/// Open channels of a space: asks all buckets.
pub(super) static OPEN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {CHANNEL_COLUMNS}, {MEMBER_COLUMNS} FROM channels c
           LEFT JOIN members m ON m.bucket = c.bucket AND m.channel = c.id AND m.user_id = $1
           WHERE c.space = $2 AND c.visibility = 2 AND c.archived_at IS NULL ORDER BY c.name, c.id LIMIT $3"
    )
});
const _: () = assert!(Visibility::Open as u8 == 2);

pub(super) async fn of_user(
    db: &Postgres,
    user: UserId,
    edit_kind: u8,
    limit: u32,
) -> Result<Vec<ChannelListRow>, EngineError> {
    let rows = db
        .query(&OF_USER, &[&user.0, &small(edit_kind), &page(limit)])
        .await?;
    all(&rows, line)
}

pub(super) async fn one_line(
    db: &Postgres,
    user: UserId,
    channel: ChannelId,
    edit_kind: u8,
) -> Result<Option<ChannelListRow>, EngineError> {
    let (kind, bucket) = (small(edit_kind), channel.bucket());
    let found = db.query_opt(&ONE, &[&user.0, &kind, &channel.0, &bucket]).await?;
    one(found, line)
}

pub(super) async fn open(
    db: &Postgres,
    space: SpaceId,
    user: UserId,
    limit: u32,
) -> Result<Vec<ChannelListRow>, EngineError> {
    let rows = db.query(&OPEN, &[&user.0, &space.0, &page(limit)]).await?;
    all(&rows, |row| {
        Ok(ChannelListRow {
            row: channel_row(row, 0)?,
            member: member(row)?,
            peer: None,
            preview: None,
        })
    })
}

fn line(row: &Row) -> Result<ChannelListRow, EngineError> {
    Ok(ChannelListRow {
        row: channel_row(row, 0)?,
        member: member(row)?,
        peer: peer(row)?,
        preview: preview(row)?,
    })
}

/// The member, if the join found one.
fn member(row: &Row) -> Result<Option<MemberRow>, EngineError> {
    match opt_id::<UserId>(row, MEMBER_AT)? {
        Some(_) => member_row(row, MEMBER_AT).map(Some),
        None => Ok(None),
    }
}

fn peer(row: &Row) -> Result<Option<PeerRow>, EngineError> {
    let Some(id) = opt_id(row, PEER_AT)? else {
        return Ok(None);
    };
    Ok(Some(PeerRow {
        id,
        username: row.try_get(PEER_AT + 1)?,
        name: row.try_get(PEER_AT + 2)?,
        read: opt_seq(row, PEER_AT + 3)?.unwrap_or(Seq::ZERO),
        received: opt_seq(row, PEER_AT + 4)?.unwrap_or(Seq::ZERO),
        hides_reading: row.try_get(PEER_AT + 5)?,
    }))
}

fn preview(row: &Row) -> Result<Option<PreviewRow>, EngineError> {
    let Some(seq) = opt_seq(row, PREVIEW_AT)? else {
        return Ok(None);
    };
    Ok(Some(PreviewRow {
        seq,
        at: millis(row, PREVIEW_AT + 1)?,
        actor: id(row, PREVIEW_AT + 2)?,
        tombstone: row.try_get(PREVIEW_AT + 3)?,
        payload: row.try_get(PREVIEW_AT + 4)?,
    }))
}
