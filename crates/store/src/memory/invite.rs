//! Invitations.

use crate::StoreError;
use klatch_engine::memory::Tables;
use klatch_engine::row::InviteRow;
use klatch_types::{ChannelId, InviteId, Millis};

pub(super) fn add(tables: &mut Tables, invite: InviteRow) -> Result<(), StoreError> {
    if !tables.channels.contains_key(&invite.channel) {
        return Err(StoreError::NotFound);
    }
    if tables.invites.contains_key(&invite.id) || by_code(tables, &invite.code).is_some() {
        return Err(StoreError::Exists);
    }
    tables.invites.insert(invite.id, invite);
    Ok(())
}

pub(super) fn by_code(tables: &Tables, code: &str) -> Option<InviteRow> {
    tables
        .invites
        .values()
        .find(|invite| invite.code == code)
        .cloned()
}

pub(super) fn of_channel(tables: &Tables, channel: ChannelId, now: Millis) -> Vec<InviteRow> {
    let invites = tables.invites.values();
    let mut live: Vec<InviteRow> = invites
        .filter(|invite| invite.channel == channel && invite.revoked_at.is_none() && invite.expires_at > now)
        .cloned()
        .collect();
    live.sort_by_key(|invite| (invite.created_at, invite.id));
    live
}

pub(super) fn revoke(
    tables: &mut Tables,
    channel: ChannelId,
    id: InviteId,
    at: Millis,
) -> Result<(), StoreError> {
    let invite = tables.invites.get_mut(&id);
    let invite = invite
        .filter(|invite| invite.channel == channel)
        .ok_or(StoreError::NotFound)?;
    invite.revoked_at.get_or_insert(at);
    Ok(())
}
