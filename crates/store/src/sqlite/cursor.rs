//! Cursors.

use super::query::{execute, one};
use crate::CursorRow;
use klatch_engine::EngineError;
use klatch_engine::row::MemberRow;
use klatch_engine::sqlite::{MEMBER_COLUMNS, int, member_row, ordinal, seq};
use klatch_types::{ChannelId, Ordinal, Seq, UserId};
use rusqlite::{Connection, params};

/// A member and where the channel stands.
struct Place {
    no: i64,
    head: Seq,
    ordinal: Ordinal,
    broadcasts: Ordinal,
    member: MemberRow,
}

/// Columns of the channel before those of the member.
const CHANNEL_WIDTH: usize = 4;

/// One write, so that what is compared and what is written are of one moment. None if they are not a member.
pub(super) fn advance(
    db: &Connection,
    channel: ChannelId,
    user: UserId,
    read: Option<Seq>,
    received: Option<Seq>,
) -> Result<Option<CursorRow>, EngineError> {
    let Some(mut place) = find(db, channel, user)? else {
        return Ok(None);
    };
    let head = place.head;
    let member = &mut place.member;
    let forward = |from: Seq, to: Option<Seq>| to.map_or(from, |to| from.max(to.min(head)));
    let before = (member.read, member.received);
    member.read = forward(member.read, read);
    member.received = forward(member.received, received).max(member.read);
    let (read_moved, received_moved) = (member.read > before.0, member.received > before.1);
    if read_moved {
        count(db, place.no, member)?;
    }
    if read_moved || received_moved {
        save(db, place.no, member)?;
    }
    let Place { member, .. } = place;
    Ok(Some(CursorRow {
        read: member.read,
        received: member.received,
        unread: place.ordinal.since(member.read_ordinal),
        mentions: member.mentions.since(member.read_mentions)
            + place.broadcasts.since(member.read_broadcasts),
        read_moved,
        received_moved,
    }))
}

fn find(db: &Connection, channel: ChannelId, user: UserId) -> Result<Option<Place>, EngineError> {
    let sql = format!(
        "SELECT c.no, c.head, c.ordinal, c.broadcasts, {MEMBER_COLUMNS} FROM channels c
           JOIN members m ON m.channel = c.no AND m.user = ?2 WHERE c.id = ?1"
    );
    one(db, &sql, params![channel.as_bytes(), user.as_bytes()], |row| {
        Ok(Place {
            no: row.get(0)?,
            head: seq(row, 1)?,
            ordinal: ordinal(row, 2)?,
            broadcasts: ordinal(row, 3)?,
            member: member_row(row, CHANNEL_WIDTH)?,
        })
    })
}

/// Looks up the counts at the new place: the running count of the last row at or below it.
fn count(db: &Connection, no: i64, member: &mut MemberRow) -> Result<(), EngineError> {
    let sql = "SELECT
        ifnull((SELECT ordinal FROM events WHERE channel = ?1 AND seq <= ?3
                  ORDER BY seq DESC LIMIT 1), 0),
        ifnull((SELECT ordinal FROM mentions WHERE channel = ?1 AND user = ?2 AND seq <= ?3
                  ORDER BY seq DESC LIMIT 1), 0),
        ifnull((SELECT ordinal FROM broadcasts WHERE channel = ?1 AND seq <= ?3
                  ORDER BY seq DESC LIMIT 1), 0)";
    let at = params![no, member.user.as_bytes(), int(member.read.0)];
    let counts = one(db, sql, at, |row| {
        Ok((ordinal(row, 0)?, ordinal(row, 1)?, ordinal(row, 2)?))
    })?;
    (member.read_ordinal, member.read_mentions, member.read_broadcasts) = counts.unwrap_or_default();
    Ok(())
}

fn save(db: &Connection, no: i64, member: &MemberRow) -> Result<(), EngineError> {
    let sql = "UPDATE members SET read = ?3, read_ordinal = ?4, read_mentions = ?5, read_broadcasts = ?6,
                 received = ?7 WHERE channel = ?1 AND user = ?2";
    let values = params![
        no,
        member.user.as_bytes(),
        int(member.read.0),
        int(member.read_ordinal.0),
        int(member.read_mentions.0),
        int(member.read_broadcasts.0),
        int(member.received.0),
    ];
    execute(db, sql, values)?;
    Ok(())
}
