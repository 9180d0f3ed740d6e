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
    fn new(active_at: Millis, away: bool) -> Self {
        Self {
            active_at: AtomicI64::new(active_at.0),
            away: AtomicBool::new(away),
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

#[derive(Debug)]
struct Connected {
    id: ConnectionId,
    device: Option<DeviceId>,
    pulse: Arc<Pulse>,
}

/// The last connection that ended.
#[derive(Clone, Copy, Debug)]
struct Left {
    at: Millis,
    active_at: Millis,
    away: bool,
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
    left: Option<Left>,
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
            left: None,
            last: Millis(0),
        }
    }

    /// Who comes back within the grace period goes on as before.
    pub(super) fn connect(&mut self, id: ConnectionId, device: Option<DeviceId>, now: Millis) -> Arc<Pulse> {
        let before = self.left.take().filter(|left| is_grace(left, now));
        let pulse = match before {
            Some(left) if self.connected.is_empty() => Pulse::new(left.active_at, left.away),
            _ => Pulse::new(now, false),
        };
        let pulse = Arc::new(pulse);
        self.connected.push(Connected {
            id,
            device,
            pulse: Arc::clone(&pulse),
        });
        pulse
    }

    pub(super) fn disconnect(&mut self, id: ConnectionId, channels: Vec<ChannelId>, now: Millis) {
        let Some(at) = self.connected.iter().position(|connected| connected.id == id) else {
            return;
        };
        let gone = self.connected.remove(at);
        self.last = self.last.max(gone.pulse.active_at());
        if self.connected.is_empty() {
            self.channels = channels;
            self.left = Some(Left {
                at: now,
                active_at: gone.pulse.active_at(),
                away: gone.pulse.is_away(),
            });
        }
    }

    /// Whether it changed something.
    pub(super) fn flag(&mut self, online: bool, channels: Vec<ChannelId>, now: Millis) -> bool {
        let changed = self.flagged.is_some() != online;
        self.last = self.active_at();
        self.flagged = online.then_some(now);
        if self.connected.is_empty() {
            self.channels = channels;
        }
        changed
    }

    pub(super) fn is_connected(&self) -> bool {
        !self.connected.is_empty()
    }

    /// When they were last active on any connection that is or was here.
    pub(super) fn active_at(&self) -> Millis {
        let connected = self.connected.iter().map(|connected| connected.pulse.active_at());
        connected.chain(self.flagged).fold(self.last, Millis::max)
    }

    /// Whether nothing more is to be known of the user.
    pub(super) fn is_over(&self) -> bool {
        let nothing_shown = self.shown.is_empty();
        self.connected.is_empty() && self.flagged.is_none() && nothing_shown && self.left.is_none()
    }

    /// What others must be told, if that is something else than they were.
    pub(super) fn look(&mut self, now: Millis) -> Option<Vec<PresentDevice>> {
        let left = self.left;
        if left.is_some_and(|left| !is_grace(&left, now)) {
            self.left = None;
        }
        let hidden = self.hidden?;
        if !hidden && self.connected.is_empty() && self.flagged.is_none() && self.left.is_some() {
            return None;
        }
        let mut devices: Vec<PresentDevice> = Vec::new();
        if !hidden {
            devices.extend(self.connected.iter().map(|connected| PresentDevice {
                device: connected.device,
                status: connected.pulse.status(now),
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

fn is_grace(left: &Left, now: Millis) -> bool {
    now.since(left.at) < limits::PRESENCE_GRACE
}
