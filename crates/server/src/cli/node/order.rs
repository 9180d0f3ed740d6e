//! What changes nodes: drain, resume, add.

use super::super::inside::{Inside, print_json};
use super::super::{Global, say};
use super::{NODES, SPREAD_S_MAX, TTL_S_MAX, list, pick};
use anyhow::bail;
use clap::Args;
use klatch_client::Rest;
use klatch_protocol::view::{Node as Card, Nodes};
use klatch_types::{Clock, NodeId, SystemClock, SystemEntropy};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// How often a drained node is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long after the spread clients may still be there.
const PATIENCE: Duration = Duration::from_secs(120);

/// Send a server's clients elsewhere, and no others there
#[derive(Debug, Args)]
pub(super) struct Drain {
    /// Id or address of the server; the one that is asked if left out
    node: Option<String>,
    /// Seconds over which the clients are sent away
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=SPREAD_S_MAX))]
    spread: u64,
    /// Wait until the server has no clients any more
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    inside: Inside,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct DrainBody {
    spread_s: u64,
}

#[derive(Serialize)]
struct ResumeBody {}

impl Drain {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let rest = self.inside.rest(global)?;
        let nodes: Nodes = rest.get(NODES).await?;
        let id = pick(&nodes.nodes, self.node.as_deref())?.id;
        let spread_s = self.spread;
        let mut card: Card = rest
            .post(&format!("{NODES}/{id}/drain"), &DrainBody { spread_s })
            .await?;
        if self.wait {
            let longest = Duration::from_secs(spread_s) + PATIENCE;
            card = wait_until_empty(&rest, card, longest).await?;
        }
        print(&card, self.json)
    }
}

/// Looks at a node until it has no clients, or is gone.
async fn wait_until_empty(rest: &Rest, mut card: Card, longest: Duration) -> anyhow::Result<Card> {
    let until = Instant::now() + longest;
    while card.connections > 0 {
        if Instant::now() >= until {
            bail!(
                "{} clients are still there; the node stays drained",
                card.connections
            );
        }
        tokio::time::sleep(LOOK).await;
        let nodes: Nodes = rest.get(NODES).await?;
        match nodes.nodes.into_iter().find(|found| found.id == card.id) {
            Some(found) => card = found,
            None => card.connections = 0,
        }
    }
    Ok(card)
}

/// Let a drained server take clients again
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Id or address of the server; the one that is asked if left out
    node: Option<String>,
    #[command(flatten)]
    inside: Inside,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Resume {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let rest = self.inside.rest(global)?;
        let nodes: Nodes = rest.get(NODES).await?;
        let id = pick(&nodes.nodes, self.node.as_deref())?.id;
        let card: Card = rest.post(&format!("{NODES}/{id}/resume"), &ResumeBody {}).await?;
        print(&card, self.json)
    }
}

/// Add a server that does not speak for itself, or renew it; prints its id
#[derive(Debug, Args)]
pub(super) struct Add {
    /// Base address that clients use, such as https://chat-9.example.org
    url: String,
    /// Id of the server, to renew it; a new one if left out
    #[arg(long)]
    id: Option<NodeId>,
    /// Where it stands
    #[arg(long, default_value = "default")]
    region: String,
    /// Connections it takes
    #[arg(long)]
    capacity: u32,
    /// Connections it has
    #[arg(long, default_value_t = 0)]
    connections: u32,
    /// Seconds after which it is forgotten unless it is renewed
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=TTL_S_MAX))]
    ttl: u64,
    #[command(flatten)]
    inside: Inside,
}

#[derive(Serialize)]
struct AddBody<'a> {
    url: &'a str,
    region: &'a str,
    capacity: u32,
    connections: u32,
    ttl_s: u64,
}

impl Add {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let id = self
            .id
            .unwrap_or_else(|| NodeId::new(SystemClock.now(), &SystemEntropy));
        let body = AddBody {
            url: &self.url,
            region: &self.region,
            capacity: self.capacity,
            connections: self.connections,
            ttl_s: self.ttl,
        };
        let rest = self.inside.rest(global)?;
        let card: Card = rest.put(&format!("{NODES}/{id}"), &body).await?;
        say(&format!("{}\n", card.id));
        Ok(())
    }
}

fn print(card: &Card, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(card);
    }
    list(std::slice::from_ref(card));
    Ok(())
}
