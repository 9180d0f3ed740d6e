//! What things cost, as the measurements have it, and what a load costs by that.

use super::fit;
use super::lane;
use crate::cluster::cell::{Cell, Shape};

/// Lanes of a node: commits it may have under way (`storage.lanes`).
pub(super) const LANES: f64 = 4.0;
/// How often the head of every channel that is listened to is compared with the log, seconds.
pub(super) const HEADS_EVERY_S: f64 = klatch_types::limits::HEADS_COMPARED_EVERY.as_secs() as f64;

/// Costs: processor time in µs, times in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Costs {
    /// A node that does nothing, µs each second.
    pub(crate) node: f64,
    /// In the nodes: a message, a commit, an event that reached a connection, a payload from another node, a compared
    /// head.
    pub(crate) message: f64,
    pub(crate) commit: f64,
    pub(crate) delivery: f64,
    pub(crate) received: f64,
    pub(crate) head: f64,
    /// A client that connects, in the node and in PostgreSQL.
    pub(crate) connect: f64,
    pub(crate) postgres_connect: f64,
    /// In PostgreSQL: a commit, an event in it, a compared head.
    pub(crate) postgres_commit: f64,
    pub(crate) postgres_event: f64,
    pub(crate) postgres_head: f64,
    /// In NATS: what a node publishes after a commit, whatever it holds, and a payload passed on to a node.
    pub(crate) nats_commit: f64,
    pub(crate) nats_received: f64,
    /// Bytes of a payload with one event, and of the write-ahead log for each message.
    pub(crate) payload_bytes: f64,
    pub(crate) wal_bytes: f64,
    /// How much of the median latency of a message the commit of its lane is; the rest is waiting for the one before,
    /// and delivery.
    pub(crate) commit_part: f64,
    /// How much longer it takes for each other node that commits to the same channels at the same time: the row of a
    /// channel is its lock.
    pub(crate) contention: f64,
    /// How long a commit took where little happened, seconds.
    pub(crate) commit_s: f64,
}

/// A load, as the model needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) nodes: f64,
    /// Messages per second of all.
    pub(crate) messages_per_s: f64,
    /// Connections that get each message.
    pub(crate) deliveries_per_message: f64,
    /// Nodes that hear each message, the one that commits it included.
    pub(crate) nodes_that_hear: f64,
    /// Channels in which messages are sent by one node.
    pub(crate) channels_per_node: f64,
    /// Channels that are listened to, summed over the nodes.
    pub(crate) tails: f64,
    /// How long a commit takes, seconds.
    pub(crate) commit_s: f64,
}

/// What a load costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) klatch_cores: f64,
    pub(crate) postgres_cores: f64,
    /// The part of PostgreSQL's that compares heads.
    pub(crate) heads_cores: f64,
    pub(crate) nats_cores: f64,
    pub(crate) commits_per_s: f64,
    pub(crate) bus_received_per_s: f64,
}

impl Costs {
    /// The costs that explain these cells best.
    pub(crate) fn of(cells: &[&Cell]) -> Self {
        let shape = |shape: Shape| cells.iter().filter(move |cell| cell.shape == shape);
        let idle_nodes: usize = shape(Shape::Idle).map(|cell| cell.nodes).sum();
        let idle_cores: f64 = shape(Shape::Idle).map(|cell| cell.klatch_cores).sum();
        let mut costs = Self {
            node: idle_cores * 1e6 / idle_nodes.max(1) as f64,
            ..Self::default()
        };
        if let Some(cell) = shape(Shape::Listening).next() {
            costs.postgres_head = cell.postgres_cores * 1e6 / cell.heads_per_s;
            let busy = cell.klatch_cores * 1e6 - costs.node * cell.nodes as f64;
            costs.head = busy.max(0.0) / cell.heads_per_s;
        }
        let came = || shape(Shape::Connecting);
        let connects: f64 = came().map(|cell| cell.rate).sum::<f64>().max(1.0);
        costs.connect = came().map(|cell| cell.klatch_cores).sum::<f64>() * 1e6 / connects;
        costs.postgres_connect = came().map(|cell| cell.postgres_cores).sum::<f64>() * 1e6 / connects;
        let busy: Vec<&Cell> = cells
            .iter()
            .filter(|cell| cell.messages_per_s > 0.0)
            .copied()
            .collect();
        let rows = |units: fn(&Cell) -> [f64; 4], total: &dyn Fn(&Cell) -> f64| -> Vec<([f64; 4], f64)> {
            busy.iter().map(|cell| (units(cell), total(cell))).collect()
        };
        let at_rest = costs;
        [costs.message, costs.commit, costs.delivery, costs.received] = fit::costs(&rows(
            |cell| {
                [
                    cell.messages_per_s,
                    cell.commits_per_s,
                    cell.deliveries_per_s,
                    cell.bus_received_per_s,
                ]
            },
            &|cell| {
                cell.klatch_cores * 1e6 - at_rest.node * cell.nodes as f64 - at_rest.head * cell.heads_per_s
            },
        ));
        [costs.postgres_commit, costs.postgres_event, _, _] = fit::costs(&rows(
            |cell| [cell.commits_per_s, cell.messages_per_s, 0.0, 0.0],
            &|cell| cell.postgres_cores * 1e6 - at_rest.postgres_head * cell.heads_per_s,
        ));
        [costs.nats_commit, costs.nats_received, _, _] = fit::costs(&rows(
            |cell| [cell.commits_per_s, cell.bus_received_per_s, 0.0, 0.0],
            &|cell| cell.nats_cores * 1e6,
        ));
        let mean = |of: &dyn Fn(&Cell) -> f64| {
            busy.iter().map(|cell| of(cell)).sum::<f64>() / busy.len().max(1) as f64
        };
        costs.payload_bytes = mean(&|cell| cell.bus_sent_bytes_per_s / cell.bus_sent_per_s.max(1.0));
        costs.wal_bytes = mean(&|cell| cell.wal_bytes_per_message);
        (costs.commit_part, costs.contention) = costs.fitting_times(&busy);
        let fastest = busy.iter().map(|cell| cell.p50_ms).fold(f64::INFINITY, f64::min);
        costs.commit_s = costs.commit_part * fastest / 1e3;
        costs
    }

    /// The part of the latency, and the contention, with which the numbers of commits come closest to the measured ones.
    fn fitting_times(&self, cells: &[&Cell]) -> (f64, f64) {
        let error = |(commit_part, contention): (f64, f64)| -> f64 {
            let tried = Self {
                commit_part,
                contention,
                ..*self
            };
            let off = |cell: &&Cell| {
                let told = tried.cost(&tried.load(cell)).commits_per_s;
                (told / cell.commits_per_s).ln().powi(2)
            };
            cells.iter().map(off).sum()
        };
        let tried = (1..=50).flat_map(|part| {
            (0..=40).map(move |contention| (f64::from(part) * 0.02, f64::from(contention) * 0.05))
        });
        tried
            .min_by(|a, b| error(*a).total_cmp(&error(*b)))
            .unwrap_or((0.5, 0.0))
    }

    /// The load of a measured cell.
    pub(crate) fn load(&self, cell: &Cell) -> Load {
        let (nodes, channels) = (cell.nodes as f64, cell.channels as f64);
        let hear = cell.shape.nodes_that_hear(cell.nodes, cell.members);
        Load {
            nodes,
            messages_per_s: cell.senders as f64 * cell.rate,
            deliveries_per_message: cell.members as f64,
            nodes_that_hear: hear as f64,
            channels_per_node: if cell.shape == Shape::Local {
                channels / nodes
            } else {
                channels
            },
            tails: channels * hear as f64,
            commit_s: self.commit_part * cell.p50_ms / 1e3 * (1.0 + self.contention * (hear as f64 - 1.0)),
        }
    }

    /// What a load costs.
    pub(crate) fn cost(&self, load: &Load) -> Cost {
        let lanes_of_node = LANES.min(load.channels_per_node).max(1.0);
        let lanes = load.nodes * lanes_of_node;
        let size = lane::batch(load.messages_per_s / lanes, load.commit_s);
        let commits_per_s = load.messages_per_s / size;
        let channels = lane::channels_in(size, load.channels_per_node / lanes_of_node);
        let bus_sent_per_s = commits_per_s * channels;
        let bus_received_per_s = bus_sent_per_s * (load.nodes_that_hear - 1.0);
        let heads_per_s = load.tails / HEADS_EVERY_S;
        let heads_cores = self.postgres_head * heads_per_s / 1e6;
        let klatch_us = self.node * load.nodes
            + self.message * load.messages_per_s
            + self.commit * commits_per_s
            + self.delivery * load.messages_per_s * load.deliveries_per_message
            + self.received * bus_received_per_s
            + self.head * heads_per_s;
        let postgres_us = self.postgres_commit * commits_per_s + self.postgres_event * load.messages_per_s;
        Cost {
            klatch_cores: klatch_us / 1e6,
            postgres_cores: postgres_us / 1e6 + heads_cores,
            heads_cores,
            nats_cores: (self.nats_commit * commits_per_s + self.nats_received * bus_received_per_s) / 1e6,
            commits_per_s,
            bus_received_per_s,
        }
    }
}
