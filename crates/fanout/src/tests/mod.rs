//! The conformance suite over both buses, and what only NATS has.

mod memory;
mod nats;
mod nats_faults;
