//! `klatch node`: the servers of a cluster, through the internal listener of one of them.

mod order;

use super::inside::{Inside, print_json};
use super::table::table;
use super::{Global, on_runtime, say};
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use klatch_protocol::view::{Done, Node as Card, Nodes};
use klatch_types::{NodeId, limits};
use order::{Add, Drain, Resume};

/// Servers of the cluster: list, drain, resume, add, remove
#[derive(Debug, Args)]
pub(super) struct Node {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the servers, with how full they are
    List {
        #[command(flatten)]
        inside: Inside,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Drain(Drain),
    Resume(Resume),
    Add(Add),
    /// Remove a server that was added by hand
    Remove {
        /// Id or address of the server
        node: String,
        #[command(flatten)]
        inside: Inside,
    },
}

impl Node {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        on_runtime(async {
            match self.command {
                Command::List { inside, json } => {
                    let nodes: Nodes = inside.rest(global)?.get(NODES).await?;
                    match json {
                        true => print_json(&nodes),
                        false => {
                            list(&nodes.nodes);
                            Ok(())
                        }
                    }
                }
                Command::Drain(drain) => drain.run(global).await,
                Command::Resume(resume) => resume.run(global).await,
                Command::Add(add) => add.run(global).await,
                Command::Remove { node, inside } => {
                    let rest = inside.rest(global)?;
                    let nodes: Nodes = rest.get(NODES).await?;
                    let id = pick(&nodes.nodes, Some(&node))?.id;
                    let _: Done = rest.delete(&format!("{NODES}/{id}")).await?;
                    Ok(())
                }
            }
        })
    }
}

/// Where the internal listener tells of nodes.
const NODES: &str = "/v1/nodes";

/// The node that is meant: by id, by address, or the one that was asked.
fn pick<'a>(nodes: &'a [Card], name: Option<&str>) -> anyhow::Result<&'a Card> {
    let Some(name) = name else {
        let asked = nodes.iter().find(|card| card.asked);
        return asked.context("the server did not say which node it is");
    };
    let address = name.trim_end_matches('/');
    let id = name.parse::<NodeId>().ok();
    let mut found = nodes
        .iter()
        .filter(|card| Some(card.id) == id || (!card.url.is_empty() && card.url == address));
    match (found.next(), found.next()) {
        (Some(card), None) => Ok(card),
        (Some(_), Some(_)) => bail!("several nodes have the address `{name}`: say which by its id"),
        (None, _) => Err(anyhow!("there is no node `{name}`: see `klatch node list`")),
    }
}

fn list(nodes: &[Card]) {
    let rows: Vec<_> = nodes
        .iter()
        .map(|card| {
            vec![
                card.id.to_string(),
                shown_url(&card.url).to_owned(),
                card.region.clone(),
                card.connections.to_string(),
                card.capacity.to_string(),
                format!("{:.2}", card.load),
                state(card).to_owned(),
                card.version.clone(),
            ]
        })
        .collect();
    let head = [
        "NODE",
        "URL",
        "REGION",
        "CONNECTIONS",
        "CAPACITY",
        "LOAD",
        "STATE",
        "VERSION",
    ];
    say(&table(&head, &rows));
}

/// The address of a node in a table.
pub(super) fn shown_url(url: &str) -> &str {
    if url.is_empty() { "-" } else { url }
}

fn state(card: &Card) -> &'static str {
    match (card.draining, card.overloaded) {
        (true, _) => "draining",
        (false, true) => "overloaded",
        (false, false) => "open",
    }
}

/// Seconds over which clients may be sent away.
const SPREAD_S_MAX: u64 = limits::DRAIN_SPREAD_MAX.as_secs();
/// Seconds that a server added by hand may be believed.
const TTL_S_MAX: u64 = limits::NODE_REGISTRATION_MAX.as_secs();

#[cfg(test)]
mod tests {
    use super::*;

    fn card(number: u128, url: &str, asked: bool) -> Card {
        Card {
            id: NodeId(uuid::Uuid::from_u128(number)),
            url: url.to_owned(),
            region: "porto".to_owned(),
            capacity: 100,
            connections: 1,
            load: 0.0,
            protocol: None,
            version: "0.1.0".to_owned(),
            started_at: 0,
            draining: false,
            overloaded: false,
            split_digits: Vec::new(),
            asked,
        }
    }

    #[test]
    fn a_node_is_named_by_id_or_address_or_is_the_one_asked() {
        let nodes = [
            card(1, "https://a.example", false),
            card(2, "", true),
            card(3, "", false),
        ];
        let id = |name: Option<&str>| pick(&nodes, name).map(|card| card.id).ok();
        assert_eq!(id(None), Some(nodes[1].id));
        assert_eq!(id(Some("https://a.example/")), Some(nodes[0].id));
        assert_eq!(id(Some(&nodes[2].id.to_string())), Some(nodes[2].id));
        assert_eq!(id(Some("")), None);
        assert_eq!(id(Some("https://b.example")), None);
    }
}
