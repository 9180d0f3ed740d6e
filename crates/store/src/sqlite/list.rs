//! The lines of channel lists, each list in one query.

use super::query::{all, one};
use crate::{ChannelListRow, PeerRow, PreviewRow};
use klatch_engine::EngineError;
use klatch_engine::row::MemberRow;
use klatch_engine::sqlite::{
    CHANNEL_COLUMNS, MEMBER_COLUMNS, channel_row, code, id, member_row, millis, opt_id, opt_seq,
};
use klatch_types::{ChannelId, Seq, SpaceId, UserId, Visibility};
use rusqlite::{Connection, Row, params};
use std::sync::LazyLock;

/// Where the columns of the member, the peer and the preview begin.
const MEMBER_AT: usize = 18;
const PEER_AT: usize = 29;
const PREVIEW_AT: usize = 35;

/// The columns of a line. ?1 is the user, ?2 the kind of edits. An erased message shows nothing, whatever was
/// erased of its edits. The index is named because the planner, who has no statistics, would rather walk the whole
/// channel backwards.
static LINE_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{CHANNEL_COLUMNS}, {MEMBER_COLUMNS}, p.id, p.username, p.name, pm.read, pm.received, h.user IS NOT NULL,
         e.seq, e.at, e.actor, e.tombstone,
         CASE e.tombstone WHEN 0 THEN ifnull(
           (SELECT x.payload FROM events x INDEXED BY events_target WHERE x.channel = c.no AND x.target = c.last_message AND x.kind = ?2
              ORDER BY x.seq DESC LIMIT 1), e.payload) ELSE x'' END"
    )
});

/// Joins of a line to `channels c`, beside the member: the peer with their cursors, and the last message.
const LINE_JOINS: &str = "LEFT JOIN users p
    ON p.id = CASE ?1 WHEN c.pair_low THEN c.pair_high WHEN c.pair_high THEN c.pair_low END
  LEFT JOIN members pm ON pm.channel = c.no AND pm.user = p.id
  LEFT JOIN receipts_hidden h ON h.user = p.id
  LEFT JOIN events e ON e.channel = c.no AND e.seq = c.last_message";

/// A user's list. The inner query finds which channels are on the page, so that only their messages are read.
pub(super) static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM (
           SELECT m.channel AS no FROM members m CROSS JOIN channels c ON c.no = m.channel
             WHERE m.user = ?1 ORDER BY c.active_at DESC, c.id LIMIT ?3) page
         CROSS JOIN channels c ON c.no = page.no
         CROSS JOIN members m ON m.channel = c.no AND m.user = ?1
         {LINE_JOINS} ORDER BY c.active_at DESC, c.id",
        *LINE_COLUMNS
    )
});

/// One line.
pub(super) static ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channels c LEFT JOIN members m ON m.channel = c.no AND m.user = ?1
         {LINE_JOINS} WHERE c.id = ?3",
        *LINE_COLUMNS
    )
});

/// Open channels of a space.
pub(super) static OPEN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {CHANNEL_COLUMNS}, {MEMBER_COLUMNS} FROM channels c
           LEFT JOIN members m ON m.channel = c.no AND m.user = ?1
           WHERE c.space = ?2 AND c.visibility = 2 AND c.archived_at IS NULL ORDER BY c.name, c.id LIMIT ?3"
    )
});
const _: () = assert!(Visibility::Open as u8 == 2);

pub(super) fn of_user(
    db: &Connection,
    user: UserId,
    edit_kind: u8,
    limit: u32,
) -> Result<Vec<ChannelListRow>, EngineError> {
    all(
        db,
        &OF_USER,
        params![user.as_bytes(), code(edit_kind), limit],
        line,
    )
}

pub(super) fn one_line(
    db: &Connection,
    user: UserId,
    channel: ChannelId,
    edit_kind: u8,
) -> Result<Option<ChannelListRow>, EngineError> {
    let params = params![user.as_bytes(), code(edit_kind), channel.as_bytes()];
    one(db, &ONE, params, line)
}

pub(super) fn open(
    db: &Connection,
    space: SpaceId,
    user: UserId,
    limit: u32,
) -> Result<Vec<ChannelListRow>, EngineError> {
    all(
        db,
        &OPEN,
        params![user.as_bytes(), space.as_bytes(), limit],
        |row| {
            Ok(ChannelListRow {
                row: channel_row(row, 0)?,
                member: member(row)?,
                peer: None,
                preview: None,
            })
        },
    )
}

fn line(row: &Row<'_>) -> rusqlite::Result<ChannelListRow> {
    Ok(ChannelListRow {
        row: channel_row(row, 0)?,
        member: member(row)?,
        peer: peer(row)?,
        preview: preview(row)?,
    })
}

/// The member, if the join found one.
fn member(row: &Row<'_>) -> rusqlite::Result<Option<MemberRow>> {
    match opt_id::<UserId>(row, MEMBER_AT)? {
        Some(_) => member_row(row, MEMBER_AT).map(Some),
        None => Ok(None),
    }
}

fn peer(row: &Row<'_>) -> rusqlite::Result<Option<PeerRow>> {
    let Some(id) = opt_id(row, PEER_AT)? else {
        return Ok(None);
    };
    Ok(Some(PeerRow {
        id,
        username: row.get(PEER_AT + 1)?,
        name: row.get(PEER_AT + 2)?,
        read: opt_seq(row, PEER_AT + 3)?.unwrap_or(Seq::ZERO),
        received: opt_seq(row, PEER_AT + 4)?.unwrap_or(Seq::ZERO),
        hides_reading: row.get(PEER_AT + 5)?,
    }))
}

fn preview(row: &Row<'_>) -> rusqlite::Result<Option<PreviewRow>> {
    let Some(seq) = opt_seq(row, PREVIEW_AT)? else {
        return Ok(None);
    };
    Ok(Some(PreviewRow {
        seq,
        at: millis(row, PREVIEW_AT + 1)?,
        actor: id(row, PREVIEW_AT + 2)?,
        tombstone: row.get(PREVIEW_AT + 3)?,
        payload: row.get(PREVIEW_AT + 4)?,
    }))
}
