//! The lines of channel lists.

use crate::{ChannelListRow, PeerRow, PreviewRow};
use klatch_engine::memory::{ChannelTable, Tables};
use klatch_engine::row::EventRow;
use klatch_types::{ChannelId, Seq, SpaceId, UserId, Visibility};
use std::cmp::Reverse;

pub(super) fn of_user(tables: &Tables, user: UserId, edit_kind: u8, limit: usize) -> Vec<ChannelListRow> {
    let channels = tables.channels.values();
    let mut mine: Vec<&ChannelTable> = channels
        .filter(|table| table.members.contains_key(&user))
        .collect();
    mine.sort_by_key(|table| (Reverse(table.row.active_at), table.row.id));
    let lines = mine.into_iter().take(limit);
    lines.map(|table| line(tables, table, user, edit_kind)).collect()
}

pub(super) fn one(
    tables: &Tables,
    user: UserId,
    channel: ChannelId,
    edit_kind: u8,
) -> Option<ChannelListRow> {
    let table = tables.channels.get(&channel)?;
    Some(line(tables, table, user, edit_kind))
}

pub(super) fn open(tables: &Tables, space: SpaceId, user: UserId, limit: usize) -> Vec<ChannelListRow> {
    let channels = tables.channels.values();
    let mut open: Vec<&ChannelTable> = channels
        .filter(|ChannelTable { row, .. }| {
            row.space == space && row.visibility == Visibility::Open && row.archived_at.is_none()
        })
        .collect();
    open.sort_by(|a, b| (&a.row.name, a.row.id).cmp(&(&b.row.name, b.row.id)));
    let lines = open.into_iter().take(limit).map(|table| ChannelListRow {
        row: table.row.clone(),
        member: table.members.get(&user).cloned(),
        peer: None,
        preview: None,
    });
    lines.collect()
}

fn line(tables: &Tables, table: &ChannelTable, user: UserId, edit_kind: u8) -> ChannelListRow {
    let peer = table.row.pair.and_then(|(low, high)| match user {
        user if user == low => Some(high),
        user if user == high => Some(low),
        _ => None,
    });
    let peer = peer.and_then(|peer| tables.users.get(&peer)).map(|peer| {
        let place = table.members.get(&peer.id);
        PeerRow {
            id: peer.id,
            username: peer.username.clone(),
            name: peer.name.clone(),
            read: place.map_or(Seq::ZERO, |member| member.read),
            received: place.map_or(Seq::ZERO, |member| member.received),
            hides_reading: tables.receipts_hidden.contains(&peer.id),
        }
    });
    ChannelListRow {
        row: table.row.clone(),
        member: table.members.get(&user).cloned(),
        peer,
        preview: table
            .row
            .last_message
            .and_then(|seq| preview(table, seq, edit_kind)),
    }
}

fn event(table: &ChannelTable, seq: Seq) -> Option<&EventRow> {
    table.events.get(usize::try_from(seq.0.checked_sub(1)?).ok()?)
}

fn preview(table: &ChannelTable, seq: Seq, edit_kind: u8) -> Option<PreviewRow> {
    let message = event(table, seq)?;
    let edits = table.amendments.range((seq, Seq::ZERO)..=(seq, Seq(u64::MAX)));
    let newest = edits
        .rev()
        .filter_map(|((_, amendment), ())| event(table, *amendment))
        .find(|amendment| amendment.kind == edit_kind);
    Some(PreviewRow {
        seq,
        at: message.at,
        actor: message.actor,
        payload: if message.tombstone {
            Vec::new()
        } else {
            newest.unwrap_or(message).payload.clone()
        },
        tombstone: message.tombstone,
    })
}
