//! The directory in memory.
