//! The `klatch` binary: configuration, command line, logs, metrics, and the one place that names a backend.

pub mod config;
pub mod log;
pub mod metrics;
