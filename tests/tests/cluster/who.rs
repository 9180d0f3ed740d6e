//! Which nodes hold a user's connections, and which nodes there are (S2.4, S4.5).

use crate::shared;
use anyhow::{Context, Result, ensure};
use klatch_tests::cluster::{Cluster, Person, until};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How soon a silent node is taken for dead.
const DEAD: Duration = Duration::from_secs(15);
const SOON: Duration = Duration::from_secs(10);

/// The nodes that hold connections of a user, each with how many, as node `at` answers.
async fn holders(cluster: &Cluster, at: usize, person: &Person) -> Result<Vec<(String, usize)>> {
    let path = format!("/v1/users/{}/nodes", person.id);
    let answer = cluster.inside(at)?.must("GET", &path, None).await?;
    let nodes = answer.body["nodes"].as_array().context("nodes")?.clone();
    let shown = |node: &Value| {
        let connections = node["connections"].as_array().map_or(0, Vec::len);
        Some((node["node"].as_str()?.to_owned(), connections))
    };
    nodes.iter().map(|node| shown(node).context("a node")).collect()
}

#[tokio::test]
async fn a_user_is_found_on_the_nodes_that_hold_them() -> Result<()> {
    let cluster = shared::cluster().await?;
    cluster.register("who").await?;
    let rui = cluster.log_in(0, "test", "who").await?;
    let (_first, _second) = (cluster.ear(0, &rui).await?, cluster.ear(2, &rui).await?);
    let third = cluster.ear(2, &rui).await?;
    let mut expected = [(cluster.id(0).await?, 1), (cluster.id(2).await?, 2)];
    expected.sort();
    for at in 0..3 {
        ensure!(holders(cluster, at, &rui).await? == expected, "node {at}");
        let printed = cluster.ask(at, "who who --space test")?;
        ensure!(printed.lines().count() == 4, "{printed}");
        ensure!(printed.contains(&rui.device), "{printed}");
        ensure!(printed.contains(&cluster.node(2).base()), "{printed}");
        let json: Value = serde_json::from_str(&cluster.ask(at, &format!("who {} --json", rui.id))?)?;
        ensure!(json["user"] == *rui.id && json["nodes"].as_array().is_some_and(|nodes| nodes.len() == 2));
    }
    drop(third);
    expected.iter_mut().for_each(|(_, connections)| *connections = 1);
    until(SOON, "the third connection is gone", || async {
        Ok(holders(cluster, 1, &rui).await? == expected)
    })
    .await?;
    ensure!(cluster.ask(0, "who nobody-there --space test").is_err());
    Ok(())
}

/// A killed node, and one that hangs and goes on.
#[tokio::test]
async fn a_dead_node_is_forgotten_and_one_that_wakes_comes_back() -> Result<()> {
    let mut cluster = Cluster::of_three().await?;
    let rui = cluster.person("rui").await?;
    let sockets = [
        cluster.ear(0, &rui).await?,
        cluster.ear(1, &rui).await?,
        cluster.ear(2, &rui).await?,
    ];
    let (alive, dead, asleep) = (cluster.id(0).await?, cluster.id(1).await?, cluster.id(2).await?);
    cluster.node_mut(1).kill()?;
    cluster.node(2).pause()?;
    let began = Instant::now();
    // What they held is gone with them, at once.
    ensure!(holders(&cluster, 0, &rui).await? == [(alive.clone(), 1)]);
    until(
        DEAD.saturating_sub(began.elapsed()),
        "both are given up",
        || async { Ok(cluster.cards(0).await?.len() == 1) },
    )
    .await?;
    for _ in 0..20 {
        let answer = cluster.api(0, &rui)?.must("GET", "/v1/location", None).await?;
        ensure!(answer.text("node")? == alive, "placed on a dead node: {answer:?}");
    }
    cluster.node(2).resume()?;
    until(Duration::from_secs(5), "the one that slept is back", || async {
        let ids: Vec<_> = cluster
            .cards(0)
            .await?
            .iter()
            .map(|card| card["id"].clone())
            .collect();
        Ok(ids.len() == 2 && ids.iter().any(|id| *id == *asleep))
    })
    .await?;
    // Its sockets may have been cut meanwhile or not; it serves again, and knows who is there.
    until(SOON, "it knows the other and not the dead one", || async {
        let cards = cluster.cards(2).await?;
        Ok(cards.len() == 2 && cards.iter().all(|card| card["id"] != *dead))
    })
    .await?;
    let _again = cluster.ear(2, &rui).await?;
    until(SOON, "who is there is known again", || async {
        let held = holders(&cluster, 0, &rui).await?;
        Ok(held.iter().any(|(node, _)| *node == asleep))
    })
    .await?;
    cluster.node_mut(1).restart().await?;
    cluster.meet().await?;
    ensure!(cluster.id(1).await? != dead, "a new process is a new node");
    drop(sockets);
    Ok(())
}
