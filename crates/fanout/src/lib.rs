//! Fan-out: from one encoded event to every connection that should hear it.
//!
//! A [`Frame`] is encoded once; an [`Outbox`] is a connection's bounded queue of shared frames; the [`Hub`] knows
//! which outboxes listen to a channel on this node; a [`Bus`] reaches other nodes. Nothing here knows a session, and no
//! publisher ever waits for a reader.

mod bus;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod door;
mod frame;
mod framing;
mod hub;
mod memory_bus;
mod nats;
mod outbox;
mod presence;
mod pulling;

pub use bus::{Bus, BusFigures, Inbox, Incoming, NoBus, Topic};
pub use frame::Frame;
pub use framing::BUS_PAYLOAD_BYTES_MAX;
pub use hub::{Hub, Interest};
pub use memory_bus::{MemoryBus, MemoryNet};
pub use nats::{BusError, NatsBus, NatsCredentials, NatsOptions};
pub use outbox::{ConnectionId, Outbox, OutboxLimits, Taken};
pub use presence::{Arrival, Batch, Change, Heard, Presence, PresenceEntry, PresentDevice, Pulse, Status};
pub use pulling::PullRules;

#[cfg(test)]
mod tests;
