//! The same clients and the same checker against nodes that are broken on purpose, each in a way that a real one could
//! be: they tell of an event before it is committed, leave holes, never compare with the log, or deliver in the order of
//! arrival. The bugs live here and in `Rules` only. An honest node, put together in the same way, must pass.
//!
//! A node is this test's executable, started again: it puts a node together from the library of the server.

mod hasty;
mod node;

use crate::judge::{self, Judgement, until};
use crate::load::{Load, Size};
use crate::town::Town;
use anyhow::{Result, ensure};
use hasty::Hasty;
use klatch_channel::tail::Rules;
use klatch_testkit::engines::{Nats, Postgres, Proxy};
use klatch_testkit::history::{Floor, Recorder, Verdict, Violation};
use klatch_testkit::{Node, binary};
use node::{Child, Parts};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Nodes of one run.
const NODES: usize = 3;
/// Little, so that a run takes seconds.
const SIZE: Size = Size {
    talkers: 3,
    crowd: 0,
    channels: 2,
    rate: 80,
};
/// How long connections to the database are away, each time.
const DATABASE_AWAY: Duration = Duration::from_millis(150);
/// How often they are cut.
const DATABASE_CUTS: usize = 4;
/// How long messages go on while nothing passes between nodes.
const BUS_AWAY: Duration = Duration::from_millis(700);
/// How long listeners are given to get what was told to nobody.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is wrong with the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Bug {
    /// Nothing.
    None,
    /// Events are told before they are committed.
    TellsFirst,
    /// Holes are not filled.
    NoFilling,
    /// Heads are not compared with the log.
    NoComparing,
    /// What comes is delivered as it comes.
    NoOrder,
}

impl Bug {
    fn rules(self) -> Rules {
        let right = Rules::default();
        match self {
            Self::None | Self::TellsFirst => right,
            Self::NoFilling => Rules { fill: false, ..right },
            Self::NoComparing => Rules {
                compare: false,
                ..right
            },
            Self::NoOrder => Rules {
                order: false,
                ..right
            },
        }
    }
}

/// Engines and nodes of one run. Nodes go first.
struct Stack {
    nodes: Vec<Child>,
    api_key: String,
    to_database: Vec<Proxy>,
    to_nats: Vec<Proxy>,
    _nats: Nats,
}

impl Stack {
    fn start(bug: Bug) -> Result<Self> {
        let postgres = Postgres::shared()?;
        let url = postgres.database()?;
        let settings = [("storage.kind", "postgres"), ("storage.url", &url)];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let tool = Node::new(binary()?, settings.to_vec())?;
        tool.cli(&["space", "add", "test", "--profile", "app"])?;
        let api_key = tool.cli(&["space", "key", "add", "test", "test"])?;
        let nats = Nats::start()?;
        let proxies = |target: SocketAddr| {
            (0..NODES)
                .map(|_| Proxy::start(target))
                .collect::<Result<Vec<_>>>()
        };
        let (to_database, to_nats) = (proxies(postgres.address())?, proxies(nats.address())?);
        let mut nodes = Vec::new();
        for (database, bus) in to_database.iter().zip(&to_nats) {
            nodes.push(Child::start(&Parts {
                bug,
                url: url.replace(&postgres.address().to_string(), &database.address().to_string()),
                nats: format!("nats://{}", bus.address()),
            })?);
        }
        Ok(Self {
            nodes,
            api_key,
            to_database,
            to_nats,
            _nats: nats,
        })
    }
}

/// A few seconds of load and faults, and the judgement.
async fn run(bug: Bug) -> Result<Judgement> {
    let _turn = crate::TURN.lock().await;
    let stack = tokio::task::block_in_place(|| Stack::start(bug))?;
    let bases: Vec<_> = stack.nodes.iter().map(Child::base).collect();
    let town = Town::new(&bases, &stack.api_key, Recorder::default())?;
    let load = Load::start(Arc::clone(&town), SIZE).await?;
    for node in 0..NODES {
        load.probe(node).await;
    }
    load.press(250);
    let enough = until(Duration::from_secs(10), || load.in_flight() >= 120).await;
    ensure!(enough, "only {} sends are in flight", load.in_flight());
    for proxy in stack.to_database.iter().cycle().take(DATABASE_CUTS) {
        town.recorder.fault("cut", "the database of a node");
        proxy.cut()?;
        tokio::time::sleep(DATABASE_AWAY).await; // a part of the fault
        proxy.pass()?;
    }
    load.relent();
    town.recorder.fault("cut", "nats");
    stack.to_nats.iter().try_for_each(Proxy::cut)?;
    tokio::time::sleep(BUS_AWAY).await; // a part of the fault
    load.stop_sending();
    let quiet = until(Duration::from_secs(30), || load.under_way() == 0).await;
    ensure!(quiet, "{} commands are never answered", load.under_way());
    stack.to_nats.iter().try_for_each(Proxy::pass)?;
    let judgement = judge::judge(&load, Floor::default(), PATIENCE).await?;
    println!(
        "{bug:?}: {} events, {} listeners incomplete, {:?}",
        judgement.events,
        judgement.incomplete.len(),
        violations(&judgement).first()
    );
    if bug == Bug::None {
        judge::assert_kept(&judgement, &town);
    }
    Ok(judgement)
}

fn violations(judgement: &Judgement) -> &[Violation] {
    match &judgement.verdict {
        Verdict::Broken(violations) => violations,
        Verdict::Kept => &[],
        Verdict::Unknown(why) => panic!("the history proves nothing: {why}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_honest_node_passes_the_same_harness() {
    run(Bug::None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_tells_of_an_event_before_its_commit_is_found_out() {
    let judgement = run(Bug::TellsFirst).await.unwrap();
    let is_it = |found: &Violation| matches!(found, Violation::SawOtherBytes { .. });
    assert!(
        violations(&judgement).iter().any(is_it),
        "{:?}",
        judgement.verdict
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_leaves_holes_is_found_out() {
    let judgement = run(Bug::NoFilling).await.unwrap();
    assert!(!judgement.incomplete.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_compares_with_the_log_is_found_out() {
    let judgement = run(Bug::NoComparing).await.unwrap();
    assert!(!judgement.incomplete.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_delivers_in_the_order_of_arrival_is_found_out() {
    let judgement = run(Bug::NoOrder).await.unwrap();
    let is_it = |found: &Violation| matches!(found, Violation::SawDisorder { .. });
    assert!(
        violations(&judgement).iter().any(is_it),
        "{:?}",
        judgement.verdict
    );
}
