//! Who is asking, as a verified token says.

use klatch_types::{ChannelId, DeviceId, Millis, Role, SpaceId, UserId, UserKind};
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
    /// The device, for the server's own tokens.
    pub device: Option<DeviceId>,
    /// When the token ends; sockets that outlive it are closed with 4001 unless a new token is given.
    pub expires_at: Millis,
    /// Channels that an external or guest token puts the user into.
    pub channels: Vec<(ChannelId, Role)>,
}
