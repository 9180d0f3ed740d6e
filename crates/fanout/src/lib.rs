//! Fan-out: from one encoded event to every connection that should hear it.
//!
//! A [`Frame`] is encoded once; an [`Outbox`] is a connection's bounded queue of shared frames; the [`Hub`] knows
//! which outboxes listen to a channel on this node; a [`Bus`] reaches other nodes. Nothing here knows a session, and no
//! publisher ever waits for a reader.

mod bus;
mod frame;
mod hub;
mod outbox;

pub use bus::{Bus, BusFigures, Inbox, Incoming, NoBus, Topic};
pub use frame::Frame;
pub use hub::{Hub, Interest};
pub use outbox::{ConnectionId, Outbox, OutboxLimits, Taken};
