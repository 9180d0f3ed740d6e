//! Where clients are sent (S0.13, S1.6, S4.3), and servers that are registered from outside.

use anyhow::{Context, Result, ensure};
use klatch_tests::Api;
use klatch_tests::cluster::{Cluster, Person, settings, until};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// Cards are told every two seconds.
const TOLD: Duration = Duration::from_secs(10);
const EXTERNAL: &str = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";

/// A small cluster in two regions. Each node answers by a strategy of its own, so that one cluster shows them all; the
/// cards are the same.
async fn cluster() -> Result<Cluster> {
    let each = [
        settings(&[("cluster.region", "north")]),
        settings(&[("cluster.region", "south"), ("cluster.placement", "digits")]),
        settings(&[("cluster.region", "south"), ("cluster.placement", "region")]),
    ];
    Cluster::start(1, &[("cluster.capacity", "20")], &each).await
}

/// The nodes that a caller is sent to when asking several times, cards being told meanwhile.
async fn places(api: &Api, query: &str) -> Result<HashSet<String>> {
    let mut places = HashSet::new();
    for _ in 0..10 {
        let answer = api.must("GET", &format!("/v1/location{query}"), None).await?;
        places.insert(answer.text("node")?);
    }
    Ok(places)
}

/// Waits until one node alone is named.
async fn named(api: &Api, node: &str, why: &str) -> Result<()> {
    until(TOLD, why, || async {
        Ok(places(api, "").await? == HashSet::from([node.to_owned()]))
    })
    .await
    .map(drop)
}

#[tokio::test]
async fn clients_are_placed_by_room_region_and_digits() -> Result<()> {
    let cluster = cluster().await?;
    let ids = [cluster.id(0).await?, cluster.id(1).await?, cluster.id(2).await?];
    let rui = cluster.person("rui").await?;
    by_digits(&cluster, &ids).await?;
    by_region(&cluster, &rui, &ids).await?;

    // By room: wherever the sockets are not.
    let api = cluster.api(0, &rui)?;
    let mut sockets = Vec::new();
    for node in [0, 1] {
        for _ in 0..8 {
            sockets.push(cluster.ear(node, &rui).await?);
        }
    }
    named(&api, &ids[2], "the empty one is named").await?;
    for _ in 0..16 {
        sockets.push(cluster.ear(2, &rui).await?);
    }
    sockets.drain(8..16);
    named(&api, &ids[1], "the one that was left is named").await?;
    let chat = api.must("GET", "/chat/location", None).await?;
    ensure!(chat.text("url")? == cluster.node(1).base(), "{chat:?}");

    // Not the one that is drained, nor the one that is dead.
    let drain = Some(json!({ "spread_s": 0 }));
    cluster
        .inside(0)?
        .must("POST", &format!("/v1/nodes/{}/drain", ids[1]), drain)
        .await?;
    ensure!(
        !places(&api, "").await?.contains(&ids[1]),
        "named although it is drained"
    );
    // The cards may still tell of the time when the third was filling up.
    named(&api, &ids[0], "the one with more room is named").await?;
    sockets.truncate(8);
    cluster
        .inside(2)?
        .must("POST", &format!("/v1/nodes/{}/resume", ids[1]), Some(json!({})))
        .await?;
    until(TOLD, "it is named again", || async {
        Ok(places(&api, "").await?.contains(&ids[1]))
    })
    .await?;
    Ok(())
}

async fn by_digits(cluster: &Cluster, ids: &[String; 3]) -> Result<()> {
    let mut sorted = ids.clone();
    sorted.sort();
    for digit in 0..10 {
        let student = cluster.person(&format!("up20190668{digit}")).await?;
        let asked = cluster.api(1, &student)?;
        let node = asked.must("GET", "/v1/location", None).await?.text("node")?;
        ensure!(node == sorted[digit % 3], "digit {digit}: {node} of {sorted:?}");
    }
    Ok(())
}

async fn by_region(cluster: &Cluster, rui: &Person, ids: &[String; 3]) -> Result<()> {
    let api = cluster.api(2, rui)?;
    ensure!(places(&api, "?region=north").await? == HashSet::from([ids[0].clone()]));
    for query in ["", "?region=south"] {
        let south = places(&api, query).await?;
        ensure!(
            !south.is_empty() && !south.contains(&ids[0]),
            "{query}: {south:?}"
        );
    }
    ensure!(!places(&api, "?region=west").await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_from_outside_is_named_until_its_time_is_over() -> Result<()> {
    let cluster = Cluster::start(1, &[("cluster.capacity", "20")], &[vec![], vec![]]).await?;
    let rui = cluster.person("rui").await?;
    // Each of the two has something to do, so that an empty one is better.
    let _busy = [
        cluster.ear(0, &rui).await?,
        cluster.ear(0, &rui).await?,
        cluster.ear(0, &rui).await?,
        cluster.ear(1, &rui).await?,
        cluster.ear(1, &rui).await?,
        cluster.ear(1, &rui).await?,
    ];
    let path = format!("/v1/nodes/{EXTERNAL}");
    let body = |ttl_s: u64| json!({ "url": "https://chat-9.example", "region": "default", "capacity": 1_000, "ttl_s": ttl_s });
    let put = cluster.inside(0)?.must("PUT", &path, Some(body(60))).await?;
    ensure!(
        put.body["version"] == "external" && put.body["asked"] == false,
        "{put:?}"
    );
    let (near, far) = (cluster.api(0, &rui)?, cluster.api(1, &rui)?);
    for api in [&near, &far] {
        named(api, EXTERNAL, "the server from outside is the best").await?;
        let answer = api.must("GET", "/v1/location", None).await?;
        ensure!(answer.text("url")? == "https://chat-9.example");
    }
    // A node that comes later is told of it too; the bus has no say in what it speaks.
    let nodes = cluster.inside(1)?.must("GET", "/v1/nodes", None).await?;
    ensure!(nodes.number("protocol")? == 2, "{nodes:?}");
    let mut full = body(60);
    full["connections"] = json!(990);
    cluster.inside(1)?.must("PUT", &path, Some(full)).await?;
    until(TOLD, "a full one is not named", || async {
        Ok(!places(&near, "").await?.contains(EXTERNAL) && !places(&far, "").await?.contains(EXTERNAL))
    })
    .await?;
    cluster.inside(1)?.must("PUT", &path, Some(body(2))).await?;
    until(
        Duration::from_secs(6),
        "it is forgotten when nobody renews it",
        || async { Ok(cluster.cards(0).await?.len() == 2 && cluster.cards(1).await?.len() == 2) },
    )
    .await?;
    by_command_line(&cluster).await
}

async fn by_command_line(cluster: &Cluster) -> Result<()> {
    let id = cluster.ask(
        0,
        "node add https://chat-8.example --capacity 50 --region west --ttl 60",
    )?;
    until(TOLD, "the other node knows it", || async {
        let cards = cluster.cards(1).await?;
        Ok(cards
            .iter()
            .any(|card| card["id"] == *id && card["region"] == "west"))
    })
    .await?;
    let line = format!("node add https://chat-8.example --capacity 70 --id {id}");
    ensure!(cluster.ask(1, &line)? == id, "renewed under its id");
    let list = cluster.ask(0, "node list")?;
    ensure!(
        list.contains("https://chat-8.example") && list.contains("external"),
        "{list}"
    );
    let json: Value = serde_json::from_str(&cluster.ask(0, "node list --json")?)?;
    ensure!(json["nodes"].as_array().context("nodes")?.len() == 3, "{json}");
    ensure!(
        cluster.ask(0, &format!("node drain {id}")).is_err(),
        "it drains itself"
    );
    let own = cluster.node(0).base();
    ensure!(
        cluster.ask(1, &format!("node remove {own}")).is_err(),
        "that one is no server from outside"
    );
    cluster.ask(1, "node remove https://chat-8.example/")?;
    until(TOLD, "it is gone", || async {
        Ok(cluster.cards(0).await?.len() == 2)
    })
    .await?;
    for wrong in [
        "node add chat-8.example --capacity 50",
        "node add https://chat-8.example --capacity 0",
        "node add https://chat-8.example --capacity 5 --ttl 0",
        "node add https://chat-8.example --capacity 5 --region Über",
        "node remove https://nowhere.example",
        "node resume nobody",
    ] {
        ensure!(cluster.ask(0, wrong).is_err(), "{wrong}");
    }
    Ok(())
}
