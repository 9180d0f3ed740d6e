//! What the end-to-end tests stand on: the real binary in a folder of its own, and the ways to talk to it.
//!
//! [`Home`] is a data folder with its configuration, [`Server`] a running `klatch`. [`Api`] speaks REST as a client
//! would, [`Socket`] the WebSocket, and [`raw`] writes bytes that no library would send.

mod api;
mod home;
pub mod raw;
mod socket;
pub mod token;

pub use api::{Answer, Api};
pub use home::{Home, Server};
pub use socket::{Ended, Socket, code};
