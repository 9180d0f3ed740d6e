//! Who is online: soft state of one node, without a clock or I/O of its own.
//!
//! Each node knows its own users by their connections ([`Presence::connect`]), and of the others what their nodes tell
//! ([`Batch`]). [`Presence::tick`] looks at the time and says what other nodes must hear; [`Presence::take_changes`]
//! says whose status, over all nodes, is another one than was last told.

mod elsewhere;
mod here;
#[cfg(test)]
mod tests;

pub use elsewhere::{Batch, Heard, PresenceEntry};
pub use here::Pulse;

use crate::ConnectionId;
use elsewhere::Elsewhere;
use here::Here;
use klatch_types::{ChannelId, DeviceId, Millis, NodeId, UserId, limits};
use std::collections::HashMap;
use std::sync::Arc;

/// Users in one batch, so that it fits into a message of the bus.
const BATCH_ENTRIES_MAX: usize = 50;

/// How present a user or device is; the greater the more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// No connection.
    Offline,
    /// Connected, and not at it.
    Away,
    /// There.
    Online,
}

/// One connection of a user, as others may be told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentDevice {
    /// The signed-in device; none for tokens of others and for users whom a back end shows as online.
    pub device: Option<DeviceId>,
    /// How present.
    pub status: Status,
    /// When something was last done there.
    pub active_at: Millis,
}

/// A user whose status changed since it was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who.
    pub user: UserId,
    /// How present now.
    pub status: Status,
    /// When last active, if that is known.
    pub active_at: Option<Millis>,
    /// The user's channels, if they are known.
    pub channels: Option<Vec<ChannelId>>,
}

/// A new connection.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Its number.
    pub connection: ConnectionId,
    /// Whose.
    pub user: UserId,
    /// Their device.
    pub device: Option<DeviceId>,
}

/// What is known of a user whose status may be another one than was told.
#[derive(Debug, Default)]
struct Stale {
    channels: Option<Vec<ChannelId>>,
    active_at: Option<Millis>,
}

/// The state. See the module.
#[derive(Debug, Default)]
pub struct Presence {
    here: HashMap<UserId, Here>,
    elsewhere: HashMap<NodeId, Elsewhere>,
    /// What was last told of those who are not offline.
    told: HashMap<UserId, Status>,
    /// Users to compare with what was told, and their channels if they are known.
    stale: HashMap<UserId, Stale>,
    /// How many batches other nodes were told.
    version: u64,
    flags: usize,
}

impl Presence {
    /// A connection is there. What is done on it is noted at the pulse.
    pub fn connect(&mut self, arrival: Arrival, pulse: &Arc<Pulse>, now: Millis) {
        let here = self.here.entry(arrival.user).or_insert_with(Here::new);
        here.connect(arrival.connection, arrival.device, pulse, now);
    }

    /// A connection is gone; its user listened to these channels.
    pub fn disconnect(
        &mut self,
        user: UserId,
        connection: ConnectionId,
        channels: Vec<ChannelId>,
        now: Millis,
    ) {
        if let Some(here) = self.here.get_mut(&user) {
            here.disconnect(connection, channels, now);
        }
    }

    /// Shows a user as online without a connection, or no longer. False if there are too many of them.
    pub fn flag(&mut self, user: UserId, channels: Vec<ChannelId>, online: bool, now: Millis) -> bool {
        if online && self.flags >= limits::PRESENCE_FLAGS_MAX {
            return false;
        }
        if !online && !self.here.contains_key(&user) {
            return true;
        }
        let here = self.here.entry(user).or_insert_with(Here::new);
        if here.flag(online, channels, now) {
            self.flags = if online { self.flags + 1 } else { self.flags - 1 };
        }
        true
    }

    /// Users of this node of whom it is not known whether they hide.
    pub fn unknown(&self) -> Vec<UserId> {
        let unknown = self.here.iter().filter(|(_, here)| here.hidden.is_none());
        unknown.map(|(user, _)| *user).collect()
    }

    /// Whether a user hides, of those who are here.
    pub fn set_hidden(&mut self, user: UserId, hidden: bool) {
        if let Some(here) = self.here.get_mut(&user) {
            here.hidden = Some(hidden);
        }
    }

    /// The same, unless it became known meanwhile.
    pub fn learn_hidden(&mut self, user: UserId, hidden: bool) {
        if let Some(here) = self.here.get_mut(&user) {
            here.hidden.get_or_insert(hidden);
        }
    }

    /// What was known of who hides may be wrong: it is asked again.
    pub fn doubt_hidden(&mut self) {
        self.here.values_mut().for_each(|here| here.hidden = None);
    }

    /// Whether a user of this node shows and is shown presence.
    pub fn shows(&self, user: UserId) -> bool {
        self.here
            .get(&user)
            .is_some_and(|here| here.hidden == Some(false))
    }

    /// Looks at the time. `channels` gives those of a connected user, to be told with a change. Returns what other nodes
    /// must be told.
    pub fn tick(&mut self, now: Millis, channels: impl Fn(UserId) -> Vec<ChannelId>) -> Vec<Batch> {
        let mut entries = Vec::new();
        self.here.retain(|user, here| {
            if let Some(devices) = here.look(now) {
                let mut of = if here.is_connected() {
                    channels(*user)
                } else {
                    Vec::new()
                };
                if of.is_empty() {
                    of.clone_from(&here.channels);
                }
                let entry = PresenceEntry {
                    user: *user,
                    active_at: here.active_at(),
                    devices,
                    channels: Some(of),
                };
                note(&mut self.stale, &entry);
                entries.push(entry);
            }
            !here.is_over()
        });
        let mut batches = Vec::new();
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            self.version += 1;
            batches.push(Batch {
                before: self.version - 1,
                after: self.version,
                entries: entries.by_ref().take(BATCH_ENTRIES_MAX).collect(),
            });
        }
        batches
    }

    /// How many batches were told.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Everything that was told of this node's users.
    pub fn whole(&self) -> Vec<PresenceEntry> {
        let shown = self.here.iter().filter(|(_, here)| !here.shown.is_empty());
        shown
            .map(|(user, here)| PresenceEntry {
                user: *user,
                active_at: here.active_at(),
                devices: here.shown.clone(),
                channels: None,
            })
            .collect()
    }

    /// How present a user is over all nodes, and when last active if they are.
    pub fn of(&self, user: UserId) -> (Status, Option<Millis>) {
        let devices = self.devices(user);
        let status = devices.iter().map(|device| device.status).max();
        let active_at = devices.iter().map(|device| device.active_at).max();
        (status.unwrap_or(Status::Offline), active_at)
    }

    /// The connections of a user, over all nodes.
    pub fn devices(&self, user: UserId) -> Vec<PresentDevice> {
        let here = self.here.get(&user).map(|here| here.shown.as_slice());
        let there = self.elsewhere.values().filter_map(|node| node.users.get(&user));
        let all = here.into_iter().chain(there.map(Vec::as_slice));
        all.flatten().copied().collect()
    }

    /// Up to `max` of those whose status is not what was last told; now it is.
    pub fn take_changes(&mut self, max: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        let stale: Vec<UserId> = self.stale.keys().copied().collect();
        for user in stale {
            if changes.len() >= max {
                break;
            }
            let stale = self.stale.remove(&user).unwrap_or_default();
            let (status, active_at) = self.of(user);
            let before = self.told.get(&user).copied().unwrap_or(Status::Offline);
            if status == before {
                continue;
            }
            match status {
                Status::Offline => drop(self.told.remove(&user)),
                status => drop(self.told.insert(user, status)),
            }
            changes.push(Change {
                user,
                status,
                active_at: active_at.max(stale.active_at),
                channels: stale.channels,
            });
        }
        changes
    }

    /// How present a user is, as was last told.
    pub fn told(&self, user: UserId) -> Status {
        self.told.get(&user).copied().unwrap_or(Status::Offline)
    }

    /// How many users are online and away, over all nodes, as was last told.
    pub fn counts(&self) -> (usize, usize) {
        let online = self
            .told
            .values()
            .filter(|status| **status == Status::Online)
            .count();
        (online, self.told.len() - online)
    }

    /// Nodes that said nothing for too long are gone, and their users with them. Not to be asked while the bus is down.
    pub fn forget_silent(&mut self, now: Millis) {
        let silent = |node: &Elsewhere| now.since(node.heard_at) > limits::PRESENCE_NODE_SILENT;
        for (_, node) in self.elsewhere.extract_if(|_, node| silent(node)) {
            for (user, devices) in node.users {
                let active_at = devices.iter().map(|device| device.active_at).max();
                self.stale.entry(user).or_default().active_at = active_at;
            }
        }
    }

    /// The bus was away: no node has been silent until now.
    pub fn forgive(&mut self, now: Millis) {
        self.elsewhere.values_mut().for_each(|node| node.heard_at = now);
    }
}

/// Notes that a user's status may be another one, with what an entry says of them.
fn note(stale: &mut HashMap<UserId, Stale>, entry: &PresenceEntry) {
    let stale = stale.entry(entry.user).or_default();
    stale.active_at = stale.active_at.max(Some(entry.active_at));
    if entry.channels.is_some() {
        stale.channels.clone_from(&entry.channels);
    }
}
