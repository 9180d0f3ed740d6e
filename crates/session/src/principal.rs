//! Who is asking, as a verified token says.

use klatch_types::{AdminScope, ChannelId, DeviceId, Millis, Role, SpaceId, UserId, UserKind};
use std::sync::Arc;

/// A verified caller. Everything about the caller comes from here and the store, never from a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// Their space.
    pub space: SpaceId,
    /// Unique name in the space.
    pub username: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// Kind of account; `System` for API keys.
    pub kind: UserKind,
    /// What they administer, as it was known when they came; only of people who signed in themselves, on a device or
    /// where an issuer knows them.
    pub admin: Option<AdminScope>,
    /// The device, for the server's own tokens.
    pub device: Option<DeviceId>,
    /// When the token ends; see [`Principal::outlives_token`] for sockets that are open then.
    pub expires_at: Millis,
    /// Channels that an external or guest token puts the user into.
    pub channels: Vec<(ChannelId, Role)>,
}

impl Principal {
    /// Whether a socket stays when its token ends: those of a device or of a key of the back end do, because whether they
    /// were revoked can be asked. Of all others the token is all that is known; they are closed with 4001.
    pub fn outlives_token(&self) -> bool {
        self.device.is_some() || self.kind == UserKind::System
    }
}
