//! What is in `deploy/` stays well-formed and speaks of things that exist: variables, metrics, alerts, pages of the guide.
//! It needs neither Docker nor Helm nor Prometheus.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

mod chart;
mod files;
mod metrics;
mod variables;
