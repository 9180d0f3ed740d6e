//! Nodes: where to connect, which there are, where a user is connected.

use klatch_types::{DeviceId, NodeId, UserId};
use serde::{Deserialize, Serialize};

/// The server that a client should connect to (S0.4, S4.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Location {
    /// Its base address; the socket is `/v1/ws` below it.
    pub url: String,
    /// Its id; say it as `current` the next time.
    pub node: NodeId,
    /// Where it stands.
    pub region: String,
    /// Connect within so many seconds, or ask again.
    pub expires_in_s: u64,
}

/// Versions that a node understands of what nodes say to each other, both ends included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BusVersions {
    /// The oldest.
    pub min: u32,
    /// The newest.
    pub max: u32,
}

/// A node, for operators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Node {
    /// Id.
    pub id: NodeId,
    /// Base address that clients use; empty if it is the one at which they come.
    pub url: String,
    /// Where it stands.
    pub region: String,
    /// Connections it takes.
    pub capacity: u32,
    /// Connections it has.
    pub connections: u32,
    /// How busy the machine is, 0.0 to 1.0.
    pub load: f64,
    /// Versions of the bus; none for a server that was registered from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<BusVersions>,
    /// Version of the program.
    pub version: String,
    /// When it started or was registered, Unix milliseconds by its own clock.
    pub started_at: i64,
    /// Whether its clients are sent away.
    #[serde(default)]
    pub draining: bool,
    /// Whether it is too full for new clients.
    #[serde(default)]
    pub overloaded: bool,
    /// Last digits that it shares with another node (S0.13).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split_digits: Vec<u8>,
    /// Whether it is the node that was asked.
    #[serde(default)]
    pub asked: bool,
}

/// All nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Nodes {
    /// The nodes, by id.
    pub nodes: Vec<Node>,
    /// The newest version of the bus that all understand; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
}

/// One connection of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserConnection {
    /// The device, for tokens that belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Since when, Unix milliseconds.
    pub connected_at: i64,
    /// When something was last heard over it, Unix milliseconds.
    pub active_at: i64,
}

/// A node that holds connections of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserNode {
    /// The node.
    pub node: NodeId,
    /// Its base address; empty if it is the one at which clients come.
    pub url: String,
    /// The connections.
    pub connections: Vec<UserConnection>,
}

/// The nodes that hold connections of a user (S2.4, S4.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserNodes {
    /// The user.
    pub user: UserId,
    /// The nodes, by id.
    pub nodes: Vec<UserNode>,
}
