//! Changes of projected rows in memory.

use super::malformed;
use crate::{Append, Change, LogError};
use klatch_engine::memory::{ChannelTable, Tables};
use klatch_engine::row::{ChannelRow, EventRow, MemberRow};
use klatch_types::{InviteId, Millis, Ordinal, Role, Rules, Seq, UserId};
use std::collections::{BTreeMap, HashMap};

/// Makes the table of a new channel. `Exists` if the pair has one already.
pub(super) fn create(tables: &mut Tables, append: &Append) -> Result<(), LogError> {
    let creates = |change: &Change| {
        if let Change::Create(new) = change {
            Some(new.clone())
        } else {
            None
        }
    };
    let new = append.changes.iter().find_map(creates).ok_or_else(malformed)?;
    if let Some((low, high)) = new.pair {
        if let Some(existing) = tables.pairs.get(&(new.space, low, high)) {
            return Err(LogError::Exists(*existing));
        }
        tables.pairs.insert((new.space, low, high), append.channel);
    }
    let row = ChannelRow {
        id: append.channel,
        space: new.space,
        kind: new.kind,
        visibility: new.visibility,
        name: new.name,
        topic: new.topic.filter(|topic| !topic.is_empty()),
        pair: new.pair,
        created_at: append.at,
        archived_at: None,
        head: Seq::ZERO,
        ordinal: Ordinal(0),
        broadcasts: Ordinal(0),
        access_seq: Seq::ZERO,
        members: 0,
        active_at: append.at,
        last_message: None,
        rules: Rules::default(),
    };
    let table = ChannelTable {
        row,
        events: Vec::new(),
        keys: HashMap::new(),
        amendments: BTreeMap::new(),
        members: BTreeMap::new(),
        bans: BTreeMap::new(),
        lobby: BTreeMap::new(),
        mentions: HashMap::new(),
        broadcasts: Vec::new(),
    };
    tables.channels.insert(append.channel, table);
    Ok(())
}

/// Applies one change of the event at the table's head.
pub(super) fn apply(
    table: &mut ChannelTable,
    at: Millis,
    change: Change,
    use_invite: &mut impl FnMut(InviteId),
) {
    match change {
        Change::Create(_) => {} // made before its first event
        Change::Update {
            name,
            topic,
            visibility,
        } => {
            table.row.name = name.or(table.row.name.take());
            if let Some(topic) = topic {
                table.row.topic = Some(topic).filter(|topic| !topic.is_empty());
            }
            table.row.visibility = visibility.unwrap_or(table.row.visibility);
        }
        Change::Rules(rules) => table.row.rules = rules,
        Change::Archive => table.row.archived_at = Some(at),
        Change::MemberPut {
            user,
            role,
            sees_history,
            invite,
        } => {
            let added = member_put(table, at, user, role, sees_history);
            if let Some(invite) = invite.filter(|_| added) {
                use_invite(invite);
            }
        }
        Change::MemberRemove { user } => {
            if table.members.remove(&user).is_some() {
                table.row.members -= 1;
            }
        }
        Change::MemberRole { user, role } => {
            if let Some(member) = table.members.get_mut(&user) {
                member.role = role;
            }
        }
        Change::MemberMute { user, until } => {
            if let Some(member) = table.members.get_mut(&user) {
                member.muted_until = until;
            }
        }
        Change::BanPut(ban) => drop(table.bans.insert(ban.user, ban)),
        Change::BanRemove { user } => drop(table.bans.remove(&user)),
        Change::Mention { users } => {
            for user in users {
                mention(table, user);
            }
        }
        Change::MentionAll => {
            if table.broadcasts.last() != Some(&table.row.head) {
                table.row.broadcasts.0 += 1;
                table.broadcasts.push(table.row.head);
            }
        }
        Change::Erase { target, edit_kind } => {
            for event in &mut table.events {
                if event.seq == target || (event.target == Some(target) && event.kind == edit_kind) {
                    erase(event);
                }
            }
        }
    }
}

/// Empties an event's payload; its place and digest stay.
pub(super) fn erase(event: &mut EventRow) {
    event.payload = Vec::new();
    event.tombstone = true;
}

/// A sender has read up to their own message.
pub(super) fn own_cursor(table: &mut ChannelTable, user: UserId) {
    let Some(member) = table.members.get_mut(&user) else {
        return;
    };
    member.read = table.row.head;
    member.read_ordinal = table.row.ordinal;
    member.read_broadcasts = table.row.broadcasts;
    member.received = member.received.max(table.row.head);
    member.read_mentions = member.mentions;
}

/// Adds a member, or gives one that is there the role and nothing else; whether one was added.
fn member_put(table: &mut ChannelTable, at: Millis, user: UserId, role: Role, sees_history: bool) -> bool {
    if let Some(member) = table.members.get_mut(&user) {
        member.role = role;
        return false;
    }
    // Mentions of an earlier membership are still counted: the running count goes on from there.
    let mentions = Ordinal(table.mentions.get(&user).map_or(0, Vec::len) as u64);
    let head = table.row.head;
    let member = MemberRow {
        user,
        role,
        joined_at: at,
        visible_after: if sees_history { Seq::ZERO } else { head.prev() },
        muted_until: None,
        read: head,
        read_ordinal: table.row.ordinal,
        read_broadcasts: table.row.broadcasts,
        received: head,
        mentions,
        read_mentions: mentions,
    };
    table.members.insert(user, member);
    table.row.members += 1;
    true
}

fn mention(table: &mut ChannelTable, user: UserId) {
    let Some(member) = table.members.get_mut(&user) else {
        return;
    };
    let mentions = table.mentions.entry(user).or_default();
    if mentions.last() != Some(&table.row.head) {
        mentions.push(table.row.head);
        member.mentions.0 += 1;
    }
}
