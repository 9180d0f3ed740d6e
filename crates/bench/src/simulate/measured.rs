//! What was measured, on which machine: `measured.json`, which is in the binary.

use crate::appends::{Appends, Stored};
use crate::cluster::cell::Cell;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The figures that are checked in.
const BUILT_IN: &str = include_str!("../../measured.json");

/// All that the model knows of the world.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) taken: String,
    pub(crate) machine: String,
    /// `make bench-cluster`.
    pub(crate) cluster: Vec<Cell>,
    /// `make bench-commits`.
    pub(crate) stored: Stored,
    pub(crate) single: Single,
}

/// Figures that were measured by themselves; `docs/scaling.md` says how.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Single {
    /// Resident bytes of a node for each connection that does nothing, and what the kernel adds.
    pub(crate) connection_bytes: f64,
    pub(crate) connection_kernel_bytes: f64,
    /// Bytes for each channel that a node listens to: in the node, and in its NATS server.
    pub(crate) listened_node_bytes: f64,
    pub(crate) listened_server_bytes: f64,
    /// Payloads per second through one NATS server, of one connection, when they gather.
    pub(crate) bus_gathered_per_s: f64,
}

impl Measured {
    /// What is checked in.
    pub(crate) fn built_in() -> anyhow::Result<Self> {
        serde_json::from_str(BUILT_IN).context("measured.json is not as it should be")
    }

    /// With the figures of the last runs, as far as there are any in this folder.
    pub(crate) fn with_last_runs(mut self, folder: &Path) -> anyhow::Result<Self> {
        if let Ok(text) = std::fs::read_to_string(folder.join("bench-cluster.json")) {
            self.cluster = serde_json::from_str(&text)?;
        }
        if let Ok(text) = std::fs::read_to_string(folder.join("bench-commits.json")) {
            self.stored = serde_json::from_str(&text)?;
        }
        Ok(self)
    }

    /// Bytes that an event takes in PostgreSQL with its indexes, and in the write-ahead log.
    pub(crate) fn event_bytes(&self) -> (f64, f64) {
        let of = |figure: fn(&Appends) -> Option<f64>| {
            self.stored.appends.iter().filter_map(figure).fold(0.0, f64::max)
        };
        (of(|row| row.bytes_per_event), of(|row| row.wal_bytes_per_event))
    }
}
