//! The `klatch` binary: configuration, command line, logs, metrics, and the one place that names a backend.

pub mod cli;
pub mod compose;
pub mod config;
pub mod demo;
pub mod log;
pub mod metrics;
pub mod serve;
