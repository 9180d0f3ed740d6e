//! Channels and their members.

use crate::{ChannelHead, ChannelSnapshot, MembershipRow};
use klatch_engine::memory::Tables;
use klatch_engine::row::{ChannelRow, MemberRow, UserRow};
use klatch_types::{ChannelId, SpaceId, UserId, limits};
use std::ops::Bound;

pub(super) fn snapshot(tables: &Tables, id: ChannelId) -> Option<ChannelSnapshot> {
    let table = tables.channels.get(&id)?;
    Some(ChannelSnapshot {
        row: table.row.clone(),
        members: table.members.values().cloned().collect(),
        bans: table.bans.values().cloned().collect(),
    })
}

pub(super) fn of_space(tables: &Tables, space: SpaceId, limit: usize) -> Vec<ChannelRow> {
    let rows = tables.channels.values().map(|table| &table.row);
    let mut rows: Vec<ChannelRow> = rows.filter(|row| row.space == space).cloned().collect();
    rows.sort_by_key(|row| (row.created_at, row.id));
    rows.truncate(limit);
    rows
}

pub(super) fn heads(tables: &Tables, space: SpaceId, limit: usize) -> Vec<ChannelHead> {
    let rows = tables.channels.values().map(|table| &table.row);
    let rows = rows.filter(|row| row.space == space).take(limit);
    rows.map(|row| ChannelHead {
        id: row.id,
        kind: row.kind,
        head: row.head,
    })
    .collect()
}

pub(super) fn memberships(tables: &Tables, user: UserId) -> Vec<MembershipRow> {
    let channels = tables.channels.values();
    let mine = channels.filter_map(|table| {
        let member = table.members.get(&user)?;
        Some(MembershipRow {
            channel: table.row.id,
            head: table.row.head,
            read: member.read,
            unread: table.row.ordinal.since(member.read_ordinal),
            visible_after: member.visible_after,
        })
    });
    mine.take(limits::CHANNELS_PER_USER_MAX as usize).collect()
}

pub(super) fn members(
    tables: &Tables,
    channel: ChannelId,
    after: Option<UserId>,
    limit: usize,
) -> Vec<(MemberRow, UserRow)> {
    let Some(table) = tables.channels.get(&channel) else {
        return Vec::new();
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let members = table.members.range((from, Bound::Unbounded));
    members
        .filter_map(|(id, member)| Some((member.clone(), tables.users.get(id)?.clone())))
        .take(limit)
        .collect()
}
