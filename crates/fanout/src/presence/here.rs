//! A user of this node, by their connections.

use super::{PresentDevice, Status};
use crate::ConnectionId;
use klatch_types::{ChannelId, DeviceId, Millis, limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// When something was last done on a connection, and whether its user said that they are away. Noted without a lock.
#[derive(Debug)]
pub struct Pulse {
    active_at: AtomicI64,
    away: AtomicBool,
}

impl Pulse {
    /// The pulse of a new connection.
    pub fn new(now: Millis) -> Self {
        Self {
            active_at: AtomicI64::new(now.0),
            away: AtomicBool::new(false),
        }
    }

    /// Something was done.
    pub fn active(&self, now: Millis) {
        self.active_at.store(now.0, Ordering::Relaxed);
    }

    /// The user says that they are away, or not.
    pub fn set_away(&self, away: bool, now: Millis) {
        self.away.store(away, Ordering::Relaxed);
        self.active(now);
    }

    fn active_at(&self) -> Millis {
        Millis(self.active_at.load(Ordering::Relaxed))
    }

    fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    fn status(&self, now: Millis) -> Status {
        if self.is_away() || now.since(self.active_at()) >= limits::PRESENCE_AWAY_AFTER {
            Status::Away
        } else {
            Status::Online
        }
    }
}

/// A connection, or one that ended a moment ago and counts as it was until its grace period is over.
#[derive(Debug)]
struct Connected {
    id: ConnectionId,
    device: Option<DeviceId>,
    pulse: Arc<Pulse>,
    ended: Option<Millis>,
}

impl Connected {
    fn counts(&self, now: Millis) -> bool {
        self.ended.is_none_or(|at| now.since(at) < limits::PRESENCE_GRACE)
    }
}

#[derive(Debug)]
pub(super) struct Here {
    /// Unknown until the directory was asked; until then nothing is told of the user.
    pub(super) hidden: Option<bool>,
    /// Channels they listened to when they left.
    pub(super) channels: Vec<ChannelId>,
    /// What other nodes were told.
    pub(super) shown: Vec<PresentDevice>,
    connected: Vec<Connected>,
    /// Since when a back end shows the user as online.
    flagged: Option<Millis>,
    /// When they were last active, on connections that ended too.
    last: Millis,
}

impl Here {
    pub(super) fn new() -> Self {
        Self {
            hidden: None,
            channels: Vec::new(),
            shown: Vec::new(),
            connected: Vec::new(),
            flagged: None,
            last: Millis(0),
        }
    }

    /// A device that comes back within the grace period goes on as before.
    pub(super) fn connect(
        &mut self,
        id: ConnectionId,
        device: Option<DeviceId>,
        pulse: &Arc<Pulse>,
        now: Millis,
    ) {
        let before = |was: &Connected| was.ended.is_some() && was.device == device && was.counts(now);
        if let Some(at) = self.connected.iter().position(before) {
            let was = self.connected.remove(at);
            pulse.set_away(was.pulse.is_away(), was.pulse.active_at());
        }
        self.connected.push(Connected {
            id,
            device,
            pulse: Arc::clone(pulse),
            ended: None,
        });
    }

    pub(super) fn disconnect(&mut self, id: ConnectionId, channels: Vec<ChannelId>, now: Millis) {
        let is_it = |connected: &&mut Connected| connected.id == id && connected.ended.is_none();
        if let Some(gone) = self.connected.iter_mut().find(is_it) {
            gone.ended = Some(now);
            self.last = self.last.max(gone.pulse.active_at());
            self.channels = channels;
        }
    }

    /// Whether it changed something.
    pub(super) fn flag(&mut self, online: bool, channels: Vec<ChannelId>, now: Millis) -> bool {
        let changed = self.flagged.is_some() != online;
        self.last = self.active_at();
        self.flagged = online.then_some(now);
        if !self.is_connected() && !channels.is_empty() {
            self.channels = channels;
        }
        changed
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.iter().any(|connected| connected.ended.is_none())
    }

    /// When they were last active on any connection that is or was here.
    pub(super) fn active_at(&self) -> Millis {
        let connected = self.connected.iter().map(|connected| connected.pulse.active_at());
        connected.chain(self.flagged).fold(self.last, Millis::max)
    }

    /// Whether nothing more is to be known of the user.
    pub(super) fn is_over(&self) -> bool {
        self.connected.is_empty() && self.flagged.is_none() && self.shown.is_empty()
    }

    /// What others must be told, if that is something else than they were.
    pub(super) fn look(&mut self, now: Millis) -> Option<Vec<PresentDevice>> {
        self.connected.retain(|connected| connected.counts(now));
        let hidden = self.hidden?;
        let mut devices: Vec<PresentDevice> = Vec::new();
        if !hidden {
            devices.extend(self.connected.iter().map(|connected| PresentDevice {
                device: connected.device,
                status: connected.pulse.status(connected.ended.unwrap_or(now)),
                active_at: connected.pulse.active_at(),
            }));
            devices.extend(self.flagged.map(|since| PresentDevice {
                device: None,
                status: Status::Online,
                active_at: since,
            }));
        }
        let is_same = |(a, b): (&PresentDevice, &PresentDevice)| (a.device, a.status) == (b.device, b.status);
        let same = devices.len() == self.shown.len() && devices.iter().zip(&self.shown).all(is_same);
        if same {
            self.shown = devices; // when they were last active is told with the next change
            return None;
        }
        self.shown.clone_from(&devices);
        Some(devices)
    }
}
