//! What the end-to-end tests stand on beside `klatch-testkit`, whose `Server` runs the real binary: clients that say
//! what a good client would not.
//!
//! [`cluster`] starts several of them. [`Api`] speaks REST, [`Socket`] the WebSocket and [`Chatter`] Socket.IO with any
//! JSON, and tell whatever comes back. [`raw`] writes bytes that no library would send, [`token`] makes tokens that an
//! attacker would make.

mod api;
mod chatter;
pub mod cluster;
mod ear;
pub mod raw;
mod socket;
pub mod token;

use klatch_testkit::Server;
use std::io::Write;

pub use api::{Answer, Api};
pub use chatter::Chatter;
pub use ear::{Ear, contiguous};
pub use socket::{Ended, Socket, code};

/// Runs a command line, its arguments set apart by blanks, on the data of a stopped server; what it printed.
///
/// # Errors
/// It fails; the error has what it said.
pub fn cli(server: &Server, line: &str) -> anyhow::Result<String> {
    server.cli(&line.split(' ').collect::<Vec<_>>())
}

/// Says what a test leaves out with this storage, and why: also when the test passes, whose output is not shown.
pub fn skipped(what: &str) {
    let line = format!("skipped: {what}\n");
    // Whoever does not read it does without.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
