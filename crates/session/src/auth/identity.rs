//! Who a verified token stands for, and whether they may still use it.
//!
//! The directory knows; asking it for every request would cost too much. So an answer is believed for a few seconds,
//! and what is revoked on this node is refused at once.

use super::{Auth, refusal};
use crate::recent::Recent;
use crate::{Principal, SessionError};
use klatch_types::{ChannelId, DeviceId, Millis, Role, SpaceId, UserId, UserKind};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use uuid::Uuid;

const IDENTITIES_CACHED_MAX: usize = 50_000;
/// Announcements that a listener may be behind; one that lags must check all its sockets with [`Auth::recheck`].
const ANNOUNCEMENTS_MAX: usize = 1_024;

/// Who lost the right to be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// One device: signed out, or its refresh token was used twice.
    Device(DeviceId),
    /// One device, because its user signed in on another where one at a time is allowed.
    Replaced(DeviceId),
    /// Connections of a user whose token has no device, opened before this one, where one at a time is allowed.
    OlderSeats(UserId, Seat),
    /// Every connection of a user: the account was disabled, or a key of the back end was revoked.
    User(UserId),
}

/// A connection's place in the order of its user's, the same on all nodes: a UUIDv7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat(pub Uuid);

impl Revoked {
    /// The device or the user who is refused from now on; none if nobody is.
    fn refused(self) -> Option<Self> {
        match self {
            Self::Replaced(device) => Some(Self::Device(device)),
            Self::Device(_) | Self::User(_) => Some(self),
            Self::OlderSeats(..) => None,
        }
    }
}

/// That someone was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Who.
    pub who: Revoked,
    /// Whether it was done here; otherwise another node told of it.
    pub here: bool,
}

/// What the directory says of a user.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) user: UserId,
    pub(super) space: SpaceId,
    pub(super) username: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) kind: UserKind,
}

impl Identity {
    pub(super) fn principal(
        self,
        device: Option<DeviceId>,
        expires_at: Millis,
        channels: Vec<(ChannelId, Role)>,
    ) -> Principal {
        let Self {
            user,
            space,
            username,
            name,
            kind,
        } = self;
        Principal {
            user,
            space,
            username,
            name,
            kind,
            admin: None,
            device,
            expires_at,
            channels,
        }
    }
}

/// What is known here of users and of revocations.
pub(super) struct Identities {
    recent: Recent<(UserId, Option<DeviceId>), Identity>,
    /// Who was revoked on this node, until no token and no cached answer can speak for them any more.
    gone: Mutex<HashMap<Revoked, Millis>>,
    announcements: broadcast::Sender<Announcement>,
}

impl Identities {
    pub(super) fn new(believed_for: Duration) -> Self {
        Self {
            recent: Recent::new(IDENTITIES_CACHED_MAX, believed_for),
            gone: Mutex::default(),
            announcements: broadcast::Sender::new(ANNOUNCEMENTS_MAX),
        }
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Announcement> {
        self.announcements.subscribe()
    }

    /// Refuses `who` until `until` and tells the listeners.
    pub(super) fn revoke(&self, who: Revoked, now: Millis, until: Millis) {
        self.refuse(who, now, until);
        self.announce(who);
    }

    /// Another node revoked `who`: a device is refused until `until`; of a user the directory is asked again, because one
    /// of several keys of a back end may be all that was revoked. Tells the listeners.
    pub(super) fn hear(&self, who: Revoked, now: Millis, until: Millis) {
        match who {
            Revoked::Device(_) | Revoked::Replaced(_) => self.refuse(who, now, until),
            Revoked::User(_) => self.forget(who),
            Revoked::OlderSeats(..) => {}
        }
        let _ = self.announcements.send(Announcement { who, here: false });
    }

    fn refuse(&self, who: Revoked, now: Millis, until: Millis) {
        let Some(who) = who.refused() else { return };
        {
            let mut gone = self.gone.lock();
            gone.retain(|_, until| *until > now);
            gone.insert(who, until);
        }
        self.forget(who);
    }

    /// Tells the listeners without refusing anything.
    pub(super) fn announce(&self, who: Revoked) {
        tracing::info!(?who, "revoked");
        // Nobody listening is fine: then nobody holds a socket.
        let _ = self.announcements.send(Announcement { who, here: true });
    }

    /// Takes a revocation back.
    pub(super) fn restore(&self, who: Revoked) {
        self.gone.lock().remove(&who);
        self.forget(who);
    }

    /// Makes the directory be asked again.
    pub(super) fn forget(&self, who: Revoked) {
        self.recent.forget_if(|(user, device)| match who {
            Revoked::Device(id) | Revoked::Replaced(id) => *device == Some(id),
            Revoked::User(id) => *user == id,
            Revoked::OlderSeats(..) => false,
        });
    }

    fn refuse_gone(&self, user: UserId, device: Option<DeviceId>, now: Millis) -> Result<(), SessionError> {
        let gone = self.gone.lock();
        let is_gone = |who: Revoked| gone.get(&who).is_some_and(|until| *until > now);
        if is_gone(Revoked::User(user)) || device.is_some_and(|id| is_gone(Revoked::Device(id))) {
            return Err(refusal::revoked());
        }
        Ok(())
    }
}

impl Auth {
    /// The identity behind a user and a device, if both are still good. Errors: `unauthenticated`, `revoked`, failures
    /// of the directory.
    pub(super) async fn identity(
        &self,
        user: UserId,
        device: Option<DeviceId>,
    ) -> Result<Identity, SessionError> {
        let now = self.clock.now();
        self.identities.refuse_gone(user, device, now)?;
        if let Some(identity) = self.identities.recent.get(&(user, device), now) {
            return Ok(identity);
        }
        let identity = self.read_identity(user, device).await?;
        self.identities.recent.put((user, device), identity.clone(), now);
        // A revocation that came while the directory was read must win.
        self.identities.refuse_gone(user, device, now)?;
        Ok(identity)
    }

    async fn read_identity(&self, user: UserId, device: Option<DeviceId>) -> Result<Identity, SessionError> {
        let row = self.directory.user(user).await?;
        let row = row.ok_or_else(|| refusal::unauthenticated("The token's user is not known here."))?;
        if row.disabled_at.is_some() {
            return Err(refusal::disabled());
        }
        if let Some(device) = device {
            let device = self
                .directory
                .device(device)
                .await?
                .filter(|device| device.user == user);
            let device =
                device.ok_or_else(|| refusal::unauthenticated("The token's device is not known here."))?;
            if device.revoked_at.is_some() {
                return Err(refusal::revoked());
            }
        }
        Ok(Identity {
            user,
            space: row.space,
            username: row.username.into(),
            name: row.name.into(),
            kind: row.kind,
        })
    }

    /// Whether a caller who was let in before may stay: the device is not signed out, the account not disabled, and the
    /// token not ended unless they [outlive](Principal::outlives_token) it. Cheap; it also finds what another process
    /// revoked.
    /// Errors: `token_expired`, `revoked`, `unauthenticated`, failures of the directory.
    pub async fn recheck(&self, who: &Principal) -> Result<(), SessionError> {
        if !who.outlives_token() && who.expires_at <= self.clock.now() {
            return Err(refusal::expired());
        }
        self.identity(who.user, who.device).await.map(drop)
    }
}
