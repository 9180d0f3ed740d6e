//! The storage engines under the log and the directory: rows, in-memory tables, and one SQLite database.
//!
//! A room of its own because the log and the directory share one database, and neither may import the other
//! (ADR 0001). The engine knows rows and transactions; what a row means is decided above.

mod error;
pub mod memory;
pub mod row;
pub mod sqlite;

pub use error::EngineError;
