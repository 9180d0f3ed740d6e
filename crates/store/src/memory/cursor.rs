//! Cursors.

use crate::{CursorRow, StoreError};
use klatch_engine::memory::{ChannelTable, Tables};
use klatch_types::{ChannelId, Ordinal, Seq, UserId};

pub(super) fn advance(
    tables: &mut Tables,
    channel: ChannelId,
    user: UserId,
    read: Option<Seq>,
    received: Option<Seq>,
) -> Result<CursorRow, StoreError> {
    let table = tables.channels.get_mut(&channel).ok_or(StoreError::NotFound)?;
    let ChannelTable {
        row,
        events,
        members,
        mentions,
        broadcasts,
        ..
    } = table;
    let member = members.get_mut(&user).ok_or(StoreError::NotFound)?;
    let forward = |from: Seq, to: Option<Seq>| to.map_or(from, |to| from.max(to.min(row.head)));
    let before = (member.read, member.received);
    member.read = forward(member.read, read);
    member.received = forward(member.received, received).max(member.read);
    if member.read > before.0 {
        let at = member.read;
        let reached = events.partition_point(|event| event.seq <= at);
        let last = reached.checked_sub(1).and_then(|last| events.get(last));
        member.read_ordinal = last.map_or(Ordinal(0), |event| event.ordinal);
        member.read_mentions = mentions.get(&user).map_or(Ordinal(0), |seqs| up_to(seqs, at));
        member.read_broadcasts = up_to(broadcasts, at);
    }
    Ok(CursorRow {
        read: member.read,
        received: member.received,
        unread: row.ordinal.since(member.read_ordinal),
        mentions: member.mentions.since(member.read_mentions) + row.broadcasts.since(member.read_broadcasts),
        read_moved: member.read > before.0,
        received_moved: member.received > before.1,
    })
}

/// How many of these ascending positions are at or below `seq`.
fn up_to(seqs: &[Seq], seq: Seq) -> Ordinal {
    Ordinal(seqs.partition_point(|at| *at <= seq) as u64)
}
