//! The socket `/v1/ws` (RFC 6455, subprotocol `klatch.v1`).
//!
//! [`upgrade`] takes an HTTP request over; [`connection`] is the life of one socket in one task; [`pipe`] lets a
//! protocol library read and answer control frames while we write shared frames ourselves; [`registry`] knows all
//! sockets of this node: it pings, finds the dead, the stalled and the revoked, and says goodbye.

mod connection;
mod pipe;
mod registry;
mod shape;
mod upgrade;

pub(crate) use registry::Pulse;
pub use registry::{Registry, RegistryOptions, SocketInfo};
pub(crate) use upgrade::check_handshake;
pub use upgrade::{WebSocketState, router};
