//! Which nodes there are, which of them a client should use, and how clients are moved from one to another.
//!
//! Every node tells the others about itself ([`NodeCard`], every [`klatch_types::limits::NODE_HEARTBEAT`]) and keeps a
//! [`Registry`] of what it hears; nobody is in charge. From the same cards every node places a client on the same node
//! ([`place`]; S0.13, S1.6, S4.3). Which node holds a user's connections is not kept anywhere: it is asked when
//! somebody wants to know ([`Cluster::who`]; S2.4, S4.5), so that what a dead node held is gone with it.
//!
//! All of it is soft state over a [`klatch_fanout::Bus`]. A server that is alone is a [`Cluster`] of one.

mod beat;
mod card;
mod cluster;
mod connections;
mod drain;
mod error;
mod external;
mod message;
mod monotonic;
mod overload;
mod placement;
mod registry;
mod revocation;
#[cfg(test)]
mod tests;
mod who;

pub use card::{NodeCard, VersionRange, is_address, is_region};
pub use cluster::{Cluster, Parts};
pub use connections::{Connection, Connections, NoConnections};
pub use error::ClusterError;
pub use external::Registration;
pub use message::Revoked;
pub use monotonic::{ManualMonotonic, Monotonic, SinceStart};
pub use overload::{FULL, OVERLOADED, RECOVERED, ROOM, moves};
pub use placement::{Strategy, Wish, place};
pub use registry::{Change, Registry, WhyLeft};
pub use who::Holder;
