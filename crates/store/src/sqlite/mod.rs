//! The directory in SQLite.
