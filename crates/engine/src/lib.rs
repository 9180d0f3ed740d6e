//! The storage engines under the log and the directory: rows, in-memory tables, one SQLite database, one PostgreSQL database.
//!
//! A room of its own because the log and the directory share one database, and neither may import the other
//! (ADR 0001). The engine knows rows and transactions; what a row means is decided above.

mod coded;
mod error;
pub mod memory;
pub mod postgres;
pub mod row;
pub mod sqlite;
pub mod transfer;

pub use error::EngineError;
