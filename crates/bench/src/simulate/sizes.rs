//! Sizes of installations, from costs and assumptions.

use super::costs::{Cost, Costs, HEADS_EVERY_S, Load};
use super::measured::{Measured, Single};

/// How many people do what, on which machines. All of it can be given on the command line.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Assumptions {
    /// Part of the users who are connected at the busiest hour
    #[arg(long, default_value_t = 0.1)]
    pub(crate) online: f64,
    /// Messages per hour of each who is connected
    #[arg(long, default_value_t = 10.0)]
    pub(crate) messages_per_hour: f64,
    /// People in a channel, all of whom are connected
    #[arg(long, default_value_t = 10.0)]
    pub(crate) participants: f64,
    /// Channels that each user is in
    #[arg(long, default_value_t = 20.0)]
    pub(crate) channels_per_user: f64,
    /// How much more than on average is sent in the busiest second
    #[arg(long, default_value_t = 3.0)]
    pub(crate) peak: f64,
    /// Hours of such activity in a day
    #[arg(long, default_value_t = 8.0)]
    pub(crate) hours: f64,
    /// Connections that a node takes at most
    #[arg(long, default_value_t = 50_000.0)]
    pub(crate) node_connections: f64,
    /// Cores of a node
    #[arg(long, default_value_t = 4.0)]
    pub(crate) node_cores: f64,
    /// Memory of a node, GiB
    #[arg(long, default_value_t = 16.0)]
    pub(crate) node_gib: f64,
    /// Cores of a PostgreSQL server or of a worker of Citus
    #[arg(long, default_value_t = 16.0)]
    pub(crate) postgres_cores: f64,
    /// Part of a machine's cores that is planned to be used
    #[arg(long, default_value_t = 0.5)]
    pub(crate) used: f64,
    /// People of a channel on one node where that can be (1), or anywhere (0)
    #[arg(long, default_value_t = 0.0)]
    pub(crate) together: f64,
}

/// One size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) connections: f64,
    pub(crate) messages_per_s: f64,
    pub(crate) deliveries_per_s: f64,
    pub(crate) nodes: f64,
    /// Nodes beside the sender's that hear a message.
    pub(crate) others_that_hear: f64,
    /// Channels listened to, in each node and in all.
    pub(crate) tails_per_node: f64,
    pub(crate) tails: f64,
    pub(crate) node_bytes: f64,
    pub(crate) cost: Cost,
    /// PostgreSQL servers or workers, each with its standby.
    pub(crate) workers: f64,
    /// The same if heads were not compared.
    pub(crate) workers_without_heads: f64,
    pub(crate) bus_bytes_per_s: f64,
    /// Memory of the interests in all NATS servers.
    pub(crate) interest_bytes: f64,
    /// NATS servers of as many cores as a node, three at least.
    pub(crate) bus_servers: f64,
    /// Cores of nodes and of PostgreSQL while everyone connects within a minute.
    pub(crate) reconnect_cores: f64,
    pub(crate) reconnect_postgres_cores: f64,
    pub(crate) heads_per_s: f64,
    pub(crate) users_compared_per_s: f64,
    pub(crate) heartbeats_per_s: f64,
    pub(crate) stored_bytes_per_day: f64,
    pub(crate) wal_bytes_per_day: f64,
    /// Users and what hangs on them, members and channels.
    pub(crate) directory_bytes: f64,
    /// The part of it that Citus keeps on every worker.
    pub(crate) users_bytes: f64,
}

/// One node is spare, and there are at least three.
fn with_spare(needed: f64) -> f64 {
    (needed.ceil() + 1.0).max(3.0)
}

impl Assumptions {
    /// The size for so many users.
    pub(crate) fn size(&self, users: f64, costs: &Costs, measured: &Measured) -> Size {
        let connections = users * self.online;
        let each = measured.single.connection_bytes + measured.single.connection_kernel_bytes;
        let tail = measured.single.listened_node_bytes;
        let mut nodes = with_spare(connections / self.node_connections);
        // More nodes hear more of each other, so the number is in its own equation; it only grows.
        loop {
            let load = self.load(users, nodes, costs.commit_s);
            let cost = costs.cost(&load);
            let bytes = connections / nodes * each + load.tails / nodes * tail;
            let by_cpu = cost.klatch_cores / (self.node_cores * self.used);
            let by_memory = bytes * nodes / (self.node_gib * f64::from(1 << 30) * self.used);
            let needed = with_spare(by_cpu.max(by_memory).max(connections / self.node_connections));
            if needed <= nodes {
                return self.told(users, &load, cost, bytes, measured, costs);
            }
            nodes = needed;
        }
    }

    /// What one server takes from its nodes it hands to another for theirs, so that payloads are handled twice.
    fn bus_servers(&self, cost: &Cost, single: &Single) -> f64 {
        let by_cpu = 2.0 * cost.nats_cores / (self.node_cores * self.used);
        let by_payloads = 2.0 * cost.bus_received_per_s / single.bus_gathered_per_s;
        by_cpu.max(by_payloads).ceil().max(3.0)
    }

    fn load(&self, users: f64, nodes: f64, commit_s: f64) -> Load {
        let connections = users * self.online;
        let messages_per_s = connections * self.messages_per_hour / 3_600.0 * self.peak;
        // Each of the others is anywhere; a node hears if at least one of them is there.
        let spread = (nodes - 1.0) * (1.0 - (1.0 - 1.0 / nodes).powf(self.participants - 1.0));
        // A node listens to a channel once, however many of its people are there.
        let channels = (users * self.channels_per_user / self.participants).max(1.0);
        let connected_members = self.channels_per_user * connections / channels;
        let distinct = channels * (1.0 - (1.0 - 1.0 / nodes).powf(connected_members)) * nodes;
        let together = channels.min(connections * self.channels_per_user);
        let mix = |apart: f64, near: f64| apart + (near - apart) * self.together.clamp(0.0, 1.0);
        Load {
            nodes,
            messages_per_s,
            deliveries_per_message: self.participants,
            nodes_that_hear: 1.0 + mix(spread, 0.0),
            channels_per_node: channels,
            tails: mix(distinct, together),
            commit_s,
        }
    }

    fn told(
        &self,
        users: f64,
        load: &Load,
        cost: Cost,
        node_bytes: f64,
        measured: &Measured,
        costs: &Costs,
    ) -> Size {
        let connections = users * self.online;
        let per_worker = self.postgres_cores * self.used;
        let (event, wal) = measured.event_bytes();
        let a_day = connections * self.messages_per_hour * self.hours;
        let single = &measured.single;
        let channels = users * self.channels_per_user / self.participants;
        let rows = &measured.stored.rows;
        let users_bytes = users * rows.user;
        Size {
            connections,
            messages_per_s: load.messages_per_s,
            deliveries_per_s: load.messages_per_s * load.deliveries_per_message,
            nodes: load.nodes,
            others_that_hear: load.nodes_that_hear - 1.0,
            tails_per_node: load.tails / load.nodes,
            tails: load.tails,
            node_bytes,
            cost,
            workers: (cost.postgres_cores / per_worker).ceil().max(1.0),
            workers_without_heads: ((cost.postgres_cores - cost.heads_cores) / per_worker)
                .ceil()
                .max(1.0),
            bus_bytes_per_s: cost.bus_received_per_s * costs.payload_bytes,
            interest_bytes: load.tails * single.listened_server_bytes,
            bus_servers: self.bus_servers(&cost, single),
            reconnect_cores: connections / 60.0 * costs.connect / 1e6,
            reconnect_postgres_cores: connections / 60.0 * costs.postgres_connect / 1e6,
            heads_per_s: load.tails / HEADS_EVERY_S,
            users_compared_per_s: connections
                / klatch_types::limits::MEMBERSHIPS_COMPARED_EVERY.as_secs_f64(),
            heartbeats_per_s: load.nodes * load.nodes / klatch_types::limits::NODE_HEARTBEAT.as_secs_f64(),
            stored_bytes_per_day: a_day * event,
            wal_bytes_per_day: a_day * wal.max(costs.wal_bytes),
            directory_bytes: users_bytes
                + users * rows.device
                + users * self.channels_per_user * rows.member
                + channels * rows.channel,
            users_bytes,
        }
    }
}
