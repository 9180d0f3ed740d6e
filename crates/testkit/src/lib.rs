//! What tests stand on: real servers on ports of their own, clients with users and channels, and the checker that
//! judges what they saw.
//!
//! * [`Server`] runs the real binary on data of its own, kills it, stops it, starts it again. [`Storage`] says where
//!   the data is; of a cluster, [`Node`] is one process.
//! * [`Tenant`] makes users and channels in a space of that server; [`TestClient`] is one user.
//! * [`engines`] are real PostgreSQL and NATS servers, and a proxy that plays the broken network.
//! * [`history`] records every operation and checks the promises of the contract.

mod client;
pub mod engines;
pub mod history;
mod ports;
mod server;

pub use client::{Tenant, TestClient};
pub use ports::{free_address, free_addresses};
pub use server::{Node, Server, ServerOptions, Stopped, Storage, binary};
