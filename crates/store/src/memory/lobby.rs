//! Those who wait to be let into a channel.

use crate::{LobbyPut, StoreError};
use klatch_engine::memory::Tables;
use klatch_engine::row::LobbyRow;
use klatch_types::{ChannelId, UserId};

pub(super) fn put(
    tables: &mut Tables,
    channel: ChannelId,
    row: LobbyRow,
    max: u32,
) -> Result<LobbyPut, StoreError> {
    let table = tables.channels.get_mut(&channel).ok_or(StoreError::NotFound)?;
    if table.lobby.contains_key(&row.user) {
        return Ok(LobbyPut::Waiting);
    }
    if table.lobby.len() >= max as usize {
        return Ok(LobbyPut::Full);
    }
    table.lobby.insert(row.user, row);
    Ok(LobbyPut::Added)
}

pub(super) fn one(tables: &Tables, channel: ChannelId, user: UserId) -> Option<LobbyRow> {
    tables.channels.get(&channel)?.lobby.get(&user).copied()
}

pub(super) fn of_channel(tables: &Tables, channel: ChannelId) -> Vec<LobbyRow> {
    let lobby = tables.channels.get(&channel).map(|table| table.lobby.values());
    let mut rows: Vec<LobbyRow> = lobby.into_iter().flatten().copied().collect();
    rows.sort_by_key(|row| (row.at, row.user));
    rows
}

pub(super) fn remove(tables: &mut Tables, channel: ChannelId, user: Option<UserId>) -> u64 {
    let Some(table) = tables.channels.get_mut(&channel) else {
        return 0;
    };
    let before = table.lobby.len();
    table
        .lobby
        .retain(|waiting, _| user.is_some_and(|user| *waiting != user));
    (before - table.lobby.len()) as u64
}
