//! A cluster to load: nodes over a durable PostgreSQL and one NATS server, all of them real and all its own.

use crate::machine::Process;
use anyhow::Context;
use klatch_client::{Method, Rest};
use klatch_testkit::engines::{Nats, Postgres, PostgresOptions};
use klatch_testkit::{Node, ServerOptions, free_addresses};
use std::net::SocketAddr;
use std::path::Path;

/// The space everything happens in.
const SPACE: &str = "bench";

/// PostgreSQL as it is run for load: commits reach the disk, and checkpoints do not come every few seconds.
pub(crate) fn postgres() -> anyhow::Result<Postgres> {
    let settings = [
        ("shared_buffers", "1GB"),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "15min"),
        ("wal_compression", "lz4"),
        ("wal_buffers", "64MB"),
    ];
    Postgres::start(PostgresOptions {
        durable: true,
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    })
}

/// Running nodes and what they stand on. Dropping it ends all of it.
#[derive(Debug)]
pub(crate) struct Stack {
    nodes: Vec<Node>,
    nats: Nats,
    postgres: Postgres,
    api_key: String,
}

/// Processor time used so far, seconds, and what the nodes have counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) klatch_cpu_s: f64,
    pub(crate) postgres_cpu_s: f64,
    pub(crate) nats_cpu_s: f64,
    pub(crate) bus_sent: f64,
    pub(crate) bus_sent_bytes: f64,
    pub(crate) bus_received: f64,
    pub(crate) bus_received_bytes: f64,
    pub(crate) heads: f64,
    pub(crate) tails: f64,
}

/// What PostgreSQL has written so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// Transactions that wrote something.
    pub(crate) commits: f64,
    /// Bytes of its write-ahead log.
    pub(crate) wal_bytes: f64,
}

impl Stack {
    /// So many nodes, each ready and of one worker thread, without the limits that protect from one busy client.
    pub(crate) async fn start(binary: &Path, count: usize) -> anyhow::Result<Self> {
        let (postgres, nats) = (postgres()?, Nats::start()?);
        let database = postgres.database()?;
        let mut nodes = Vec::new();
        let mut api_key = None;
        for _ in 0..count {
            let [public, internal] = free_addresses()?;
            let own = [
                ("server.workers", "1".to_owned()),
                ("log.level", "warn".to_owned()),
                ("storage.kind", "postgres".to_owned()),
                ("storage.url", database.clone()),
                ("cluster.nats", format!("[\"{}\"]", nats.url())),
                ("cluster.advertise", format!("http://{public}")),
            ];
            let own = own.map(|(key, value)| (key.to_owned(), value));
            let settings = ServerOptions::default().settings.into_iter().chain(own).collect();
            let mut node = Node::new(binary.to_owned(), settings)?.at(public, internal);
            if api_key.is_none() {
                node.cli(&["space", "add", SPACE])?;
                api_key = Some(node.cli(&["space", "key", "add", SPACE, "bench"])?);
            }
            node.restart().await?;
            nodes.push(node);
        }
        Ok(Self {
            nodes,
            nats,
            postgres,
            api_key: api_key.context("there is at least one node")?,
        })
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Where a node takes clients.
    pub(crate) fn public(&self, node: usize) -> SocketAddr {
        self.nodes[node].public()
    }

    /// Calls to a node with the space's API key.
    pub(crate) fn rest(&self) -> anyhow::Result<Rest> {
        Ok(Rest::new(self.nodes[0].base())?.with_token(&self.api_key))
    }

    /// What all processes have used and counted until now.
    pub(crate) async fn read(&self) -> anyhow::Result<Reading> {
        let mut reading = Reading::default();
        for node in &self.nodes {
            let process = Process(node.process_id().context("a node ended")?);
            reading.klatch_cpu_s += process.cpu_seconds()?;
            let rest = Rest::new(node.internal_base())?;
            let page = rest.request(Method::GET, "/metrics").send().await?.text().await?;
            reading.bus_sent += sum(&page, "klatch_bus_sent_messages_total");
            reading.bus_sent_bytes += sum(&page, "klatch_bus_sent_bytes_total");
            reading.bus_received += sum(&page, "klatch_bus_received_messages_total");
            reading.bus_received_bytes += sum(&page, "klatch_bus_received_bytes_total");
            reading.heads += sum(&page, "klatch_tail_heads_compared_total");
            reading.tails += sum(&page, "klatch_tails");
        }
        let postgres = self.postgres.process_id().context("PostgreSQL ended")?;
        reading.postgres_cpu_s = Process(postgres).family_cpu_seconds()?;
        let nats = self.nats.process_id().context("NATS ended")?;
        reading.nats_cpu_s = Process(nats).cpu_seconds()?;
        Ok(reading)
    }

    /// What PostgreSQL has written until now. Blocks for some hundredths of a second.
    pub(crate) fn written(&self) -> anyhow::Result<Written> {
        let answer = self.postgres.sql(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text || ' ' || pg_current_wal_insert_lsn() - '0/0'::pg_lsn",
        )?;
        let (commits, bytes) = answer.split_once(' ').context("PostgreSQL answered otherwise")?;
        Ok(Written {
            commits: commits.parse()?,
            wal_bytes: bytes.parse()?,
        })
    }
}

/// The sum of a metric over its labels, on a page as Prometheus reads it.
fn sum(page: &str, name: &str) -> f64 {
    page.lines()
        .filter_map(|line| line.strip_prefix(name))
        .filter(|rest| rest.starts_with([' ', '{']))
        .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels_only() {
        let page = "# HELP a text\na 3\na_total 9\na{x=\"y z\"} 1.5\n";
        assert_eq!(sum(page, "a"), 4.5);
        assert_eq!(sum(page, "b"), 0.0);
    }
}
