//! What other nodes tell of their users: batches of changes in their order, and everything when one was missed.

use super::{Presence, PresentDevice, note};
use klatch_types::{ChannelId, Millis, NodeId, UserId};
use std::collections::HashMap;
use std::mem;

/// A user of a node, as it tells the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceEntry {
    /// Who.
    pub user: UserId,
    /// When last active.
    pub active_at: Millis,
    /// Their connections; none if they are no longer there.
    pub devices: Vec<PresentDevice>,
    /// Their channels, if they are known: not in what is told of everyone.
    pub channels: Option<Vec<ChannelId>>,
}

/// Changes of one tick. A node that does not stand where the batch begins has missed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many batches there were before it.
    pub before: u64,
    /// And with it.
    pub after: u64,
    /// Who changed.
    pub entries: Vec<PresenceEntry>,
}

/// What came of something that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was taken.
    Taken,
    /// Something was missed: the node must be asked for everything.
    Missed,
}

#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    pub(super) heard_at: Millis,
    pub(super) users: HashMap<UserId, Vec<PresentDevice>>,
    version: u64,
    /// What is told of everyone, until its last part came.
    parts: Option<(u64, HashMap<UserId, Vec<PresentDevice>>)>,
}

impl Presence {
    /// Another node told of changes.
    pub fn hear_batch(&mut self, node: NodeId, batch: Batch, now: Millis) -> Heard {
        let known = self.elsewhere.entry(node).or_default();
        known.heard_at = now;
        if known.version != batch.before {
            return Heard::Missed;
        }
        known.version = batch.after;
        for entry in batch.entries {
            note(&mut self.stale, &entry);
            match entry.devices.is_empty() {
                true => drop(known.users.remove(&entry.user)),
                false => drop(known.users.insert(entry.user, entry.devices)),
            }
        }
        Heard::Taken
    }

    /// Another node told how many batches it has told.
    pub fn hear_beat(&mut self, node: NodeId, version: u64, now: Millis) -> Heard {
        let known = self.elsewhere.entry(node).or_default();
        known.heard_at = now;
        if known.version == version {
            Heard::Taken
        } else {
            Heard::Missed
        }
    }

    /// Another node told a part of everything, as it was after `version` batches.
    pub fn hear_part(
        &mut self,
        node: NodeId,
        version: u64,
        (first, last): (bool, bool),
        entries: Vec<PresenceEntry>,
        now: Millis,
    ) {
        let known = self.elsewhere.entry(node).or_default();
        known.heard_at = now;
        if first {
            known.parts = Some((version, HashMap::new()));
        }
        let Some((begun, parts)) = &mut known.parts else {
            return;
        };
        if *begun != version {
            known.parts = None;
            return;
        }
        parts.extend(entries.into_iter().map(|entry| (entry.user, entry.devices)));
        if !last {
            return;
        }
        let parts = mem::take(parts);
        known.parts = None;
        known.version = version;
        let before = mem::replace(&mut known.users, parts);
        let gone = before.iter().filter(|(user, _)| !known.users.contains_key(user));
        for (user, devices) in gone {
            let active_at = devices.iter().map(|device| device.active_at).max();
            self.stale.entry(*user).or_default().active_at = active_at;
        }
        for (user, devices) in &known.users {
            if before.get(user) != Some(devices) {
                self.stale.entry(*user).or_default();
            }
        }
    }
}
