//! One line of the table: a shape of load on a number of nodes, and what it cost.

use crate::load::Losses;
use serde::{Deserialize, Serialize};

/// How clients sit on nodes and what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    /// Channels of ten, the members of each on one node.
    Local,
    /// Channels of ten, the members of each over all nodes.
    Rooms,
    /// One channel of many, over all nodes.
    Wide,
    /// The connections of `rooms` come, as many a second as `rate`, each a member of one channel.
    Connecting,
    /// The connections of `rooms`, of whom nobody does anything.
    Idle,
    /// A few connections in many channels where nothing happens: what comparing heads costs.
    Listening,
}

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Rooms => "rooms",
            Self::Wide => "wide",
            Self::Connecting => "connecting",
            Self::Idle => "idle",
            Self::Listening => "listening",
        }
    }

    /// How many nodes hear of a message in a channel of `members`.
    pub(crate) fn nodes_that_hear(self, nodes: usize, members: usize) -> usize {
        match self {
            Self::Local => 1,
            _ => nodes.min(members),
        }
    }
}

/// What was measured. Rates are per second and over all nodes; processor time is in cores, seconds per second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) shape: Shape,
    pub(crate) nodes: usize,
    pub(crate) channels: usize,
    pub(crate) members: usize,
    pub(crate) senders: usize,
    /// Messages per second of each sender; of `connecting`, connections per second of all.
    pub(crate) rate: f64,
    pub(crate) messages_per_s: f64,
    pub(crate) deliveries_per_s: f64,
    pub(crate) deliveries_per_frame: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) klatch_cores: f64,
    pub(crate) postgres_cores: f64,
    pub(crate) nats_cores: f64,
    pub(crate) bus_sent_per_s: f64,
    pub(crate) bus_sent_bytes_per_s: f64,
    pub(crate) bus_received_per_s: f64,
    pub(crate) bus_received_bytes_per_s: f64,
    /// Transactions that wrote.
    pub(crate) commits_per_s: f64,
    pub(crate) wal_bytes_per_message: f64,
    /// Heads compared with the log.
    pub(crate) heads_per_s: f64,
    /// Channels that nodes listened to, over all nodes.
    pub(crate) tails: f64,
    pub(crate) lost: u64,
    /// Came again. Push is at least once, and clients drop such by their position: it happens where a hole was read from
    /// the log while the frame with its events, and later ones, was under way.
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
    pub(crate) refused: u64,
}

impl Cell {
    /// Figures of one kind for each message; 0 where there were none.
    pub(crate) fn per_message(&self, per_s: f64) -> f64 {
        if self.messages_per_s > 0.0 {
            per_s / self.messages_per_s
        } else {
            0.0
        }
    }

    /// Microseconds of all nodes for each delivery.
    pub(crate) fn klatch_us_per_delivery(&self) -> f64 {
        if self.deliveries_per_s > 0.0 {
            self.klatch_cores * 1e6 / self.deliveries_per_s
        } else {
            0.0
        }
    }

    /// Whether nothing went wrong: everything came, in order, and nothing was refused.
    pub(crate) fn is_right(&self) -> bool {
        self.lost + self.reordered + self.refused == 0
    }

    /// What went wrong in all of a load's life until this cell.
    pub(crate) fn blame(&mut self, losses: &Losses) {
        self.lost = losses.lost;
        self.duplicated = losses.duplicated;
        self.reordered = losses.reordered + losses.wrong_prev;
        self.refused = losses.refused;
    }
}
