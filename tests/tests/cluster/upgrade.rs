//! Nodes of different releases, started at different times, beside each other.

use anyhow::{Result, ensure};
use klatch_tests::cluster::{Cluster, settings, until};
use klatch_tests::contiguous;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const LIVE: Duration = Duration::from_secs(1);
/// How soon a node knows a key that another made.
const LOOKED_UP: Duration = Duration::from_secs(6);
const SOON: Duration = Duration::from_secs(10);

async fn protocol_is(cluster: &Cluster, version: u64) -> Result<()> {
    for at in 0..3 {
        until(SOON, &format!("node {at} speaks {version}"), || async {
            let nodes = cluster.inside(at)?.must("GET", "/v1/nodes", None).await?;
            Ok(nodes.number("protocol")? == version)
        })
        .await?;
    }
    Ok(())
}

/// Someone on each node hears what is said, changed and decided on each.
async fn all_understand(cluster: &Cluster, round: &str) -> Result<()> {
    let ana = cluster.person(&format!("ana-{round}")).await?;
    let rui = cluster.person(&format!("rui-{round}")).await?;
    let channel = cluster.group(0, &[&ana]).await?;
    let mut ears = Vec::new();
    for at in 0..3 {
        ears.push(cluster.ear(at, &rui).await?);
    }
    for at in 0..3 {
        let api = cluster.api(at, &ana)?;
        let path = |rest: &str| format!("/v1/channels/{channel}/{rest}");
        api.must("POST", &path("members"), Some(json!({ "user": rui.id })))
            .await?;
        let seq = api.send(&channel, "hello").await?;
        let message = path(&format!("messages/{seq}"));
        api.must("PATCH", &message, Some(json!({ "text": "hello!" })))
            .await?;
        api.must("PUT", &format!("{message}/reactions/%F0%9F%91%8D"), None)
            .await?;
        let body = json!({ "key": Uuid::now_v7(), "text": "@all", "reply_to": seq });
        api.must("POST", &path("messages"), Some(body)).await?;
        api.must("DELETE", &path(&format!("members/{}", rui.id)), None)
            .await?;
        for ear in &mut ears {
            let mut events = Vec::new();
            for _ in 0..6 {
                events.push(ear.event(&channel, LIVE).await?);
            }
            contiguous(&events)?;
            ensure!(events[0]["type"] == "member.joined", "{round}: {events:?}");
            ensure!(events[5]["type"] == "member.removed", "{round}: {events:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_older_node_is_understood_and_all_speak_the_newer_once_it_is_replaced() -> Result<()> {
    let older = settings(&[("cluster.bus_protocol_max", "1")]);
    let mut cluster = Cluster::start(1, &[], &[vec![], vec![], older.clone()]).await?;
    protocol_is(&cluster, 1).await?;
    all_understand(&cluster, "mixed").await?;
    cluster.restart_with(2, vec![]).await?;
    cluster.meet().await?;
    protocol_is(&cluster, 2).await?;
    all_understand(&cluster, "new").await?;
    // And the way back.
    cluster.restart_with(0, older).await?;
    cluster.meet().await?;
    protocol_is(&cluster, 1).await?;
    all_understand(&cluster, "back").await
}

/// Nodes that start at once on an empty database, each of which might make the first key; and a new key of one.
#[tokio::test]
async fn tokens_of_each_node_are_good_on_all() -> Result<()> {
    let mut cluster = Cluster::of_three().await?;
    cluster.register("rui").await?;
    let mut tokens = Vec::new();
    for at in 0..3 {
        let rui = cluster.log_in(at, "test", "rui").await?;
        for other in 0..3 {
            let answer = cluster.api(other, &rui)?.call("GET", "/v1/me", None).await?;
            ensure!(answer.status == 200, "a token of {at} on {other}: {answer:?}");
        }
        tokens.push(rui);
    }
    cluster.rotate_signing_key().await?;
    // The node that starts next signs with the new key, which the others have not read.
    cluster.restart_with(0, vec![]).await?;
    let kid = |token: &str| -> Result<_> { Ok(klatch_tests::token::open(token)?.0["kid"].clone()) };
    let new = cluster.log_in(0, "test", "rui").await?;
    ensure!(kid(&new.token)? != kid(&tokens[0].token)?, "the new key signs");
    tokens.push(new);
    for at in 0..3 {
        // Unknown keys are looked up once in five seconds, and a node may have done so when it began.
        let api = cluster.api(at, &tokens[3])?;
        until(LOOKED_UP, "the new key is known", || async {
            Ok(api.call("GET", "/v1/me", None).await?.status == 200)
        })
        .await?;
        let _ear = cluster.ear(at, &tokens[3]).await?;
        for token in &tokens {
            let answer = cluster.api(at, token)?.call("GET", "/v1/me", None).await?;
            ensure!(answer.status == 200, "node {at}: {answer:?}");
        }
    }
    Ok(())
}
