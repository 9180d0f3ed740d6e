//! The sockets of this node, as far as the cluster asks after them.

use klatch_types::{DeviceId, Millis, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One connection of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The device, for tokens that belong to one.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// Since when, by the clock of the node that has it.
    pub connected_at: Millis,
    /// When something was last heard over it, by the same clock.
    pub active_at: Millis,
}

/// The connections of this node. Nothing here may block.
pub trait Connections: Send + Sync + 'static {
    /// Those of a user.
    fn of_user(&self, user: UserId) -> Vec<Connection>;

    /// How many there are.
    fn count(&self) -> u32;

    /// Tells some clients, any, to connect again, each at a moment of its own within `spread`. Returns before they are
    /// gone. Called every [`klatch_types::limits::MOVES_EVERY`] while the node is too full.
    fn move_away(&self, clients: u32, spread: Duration);

    /// The same for all clients. Called again after each `spread` while the node is drained and has some.
    fn drain(&self, spread: Duration);
}

/// No connections: for tools and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoConnections;

impl Connections for NoConnections {
    fn of_user(&self, _user: UserId) -> Vec<Connection> {
        Vec::new()
    }
    fn count(&self) -> u32 {
        0
    }
    fn move_away(&self, _clients: u32, _spread: Duration) {}
    fn drain(&self, _spread: Duration) {}
}
