//! Several nodes over one log, in one process, with the faults a network has: what listeners get is the log.

#![allow(clippy::unwrap_used)] // a test: a failed step ends it, and the line says which

mod faults;
mod late;
mod node;
mod person;
mod promises;
