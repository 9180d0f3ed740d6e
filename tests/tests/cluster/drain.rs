//! A node is emptied, and its clients go on elsewhere.

use anyhow::{Context, Result, ensure};
use klatch_tests::cluster::{Cluster, Person, until};
use klatch_tests::{Api, Ear, contiguous};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

const CLIENTS: usize = 12;
const SPREAD_S: u64 = 3;
const SOON: Duration = Duration::from_secs(20);

/// What one client saw.
struct Moved {
    delay_ms: u64,
    events: Vec<Value>,
}

/// A client as it should be: told to go it waits, asks where to, and resumes there.
async fn client(mut ear: Ear, api: Api, rui: Person, channel: String, drained: String) -> Result<Moved> {
    let mut events = vec![ear.event(&channel, SOON).await?];
    let delay_ms = ear.frame("reconnect", SOON).await?;
    let delay_ms = delay_ms["delay_ms"].as_u64().context("a delay")?;
    let ended = ear.ended(SOON).await?;
    ensure!(
        ended == Some((1012, "restarting".to_owned())),
        "closed with {ended:?}"
    );
    events.extend(ear.rest(&channel).await);
    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    let place = api.must("GET", "/v1/location", None).await?;
    ensure!(place.text("node")? != drained, "sent back to {drained}");
    let address: SocketAddr = place.text("url")?.replace("http://", "").parse()?;
    let cursors = json!({ &channel: contiguous(&events)? });
    let hello =
        json!({ "op": "hello", "token": rui.token, "epoch": ear.ready()["epoch"], "cursors": cursors });
    let mut ear = Ear::greet(address, hello).await?;
    // What is replayed may come live too: clients drop what they have by its position (contract, delivery 6).
    for event in ear.events_until(&channel, "the end", SOON).await? {
        if event["seq"].as_u64() > events.last().and_then(|last: &Value| last["seq"].as_u64()) {
            events.push(event);
        }
    }
    Ok(Moved { delay_ms, events })
}

/// `klatch node drain --wait` as the hook of the chart runs it: in the environment of the server, which says where its
/// internal listener is, and without a word about which node.
fn hook(cluster: &Cluster) -> Result<Command> {
    let mut command = Command::new(klatch_testkit::binary()?);
    let internal = cluster.node(0).internal_base().replace("http://", "");
    command.env_clear().env("KLATCH_SERVER__INTERNAL", internal);
    command.args(["node", "drain", "--wait"]);
    Ok(command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drained_node_sends_its_clients_away_and_they_lose_nothing() -> Result<()> {
    let cluster = Cluster::of_three().await?;
    let (ana, rui) = (cluster.person("ana").await?, cluster.person("rui").await?);
    let channel = cluster.group(1, &[&ana, &rui]).await?;
    let drained = cluster.id(0).await?;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let ear = cluster.ear(0, &rui).await?;
        let api = cluster.api(0, &rui)?;
        let client = client(ear, api, rui.clone(), channel.clone(), drained.clone());
        clients.push(tokio::spawn(client));
    }
    let writer = cluster.api(1, &ana)?;
    writer.send(&channel, "the beginning").await?;
    let began = Instant::now();
    let mut hook = hook(&cluster)?;
    hook.args(["--spread", &SPREAD_S.to_string()]);
    let draining = tokio::task::spawn_blocking(move || hook.output());
    let mut sent = 1;
    while !draining.is_finished() {
        ensure!(began.elapsed() < SOON, "the drain does not end");
        writer.send(&channel, &format!("meanwhile {sent}")).await?;
        sent += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = draining.await??;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(String::from_utf8(output.stdout)?.contains("draining"));
    is_drained(&cluster).await?;

    writer.send(&channel, "the end").await?;
    let mut delays = HashSet::new();
    for client in clients {
        let moved = client.await??;
        delays.insert(moved.delay_ms);
        contiguous(&moved.events)?;
        ensure!(moved.events.len() == sent + 1, "{} of {sent}", moved.events.len());
    }
    ensure!(delays.len() > CLIENTS / 2, "delays are spread: {delays:?}");
    ensure!(
        delays.iter().all(|delay| *delay <= SPREAD_S * 1_000),
        "{delays:?}"
    );
    comes_back(&cluster, &ana, &rui, &channel).await
}

async fn is_drained(cluster: &Cluster) -> Result<()> {
    let ready = cluster.inside(0)?.call("GET", "/readyz", None).await?;
    ensure!(ready.status == 503 && ready.body["ready"] == false, "{ready:?}");
    ensure!(ready.body["reasons"].to_string().contains("drained"), "{ready:?}");
    let cards = cluster.cards(0).await?;
    let own = cards.iter().find(|card| card["asked"] == true);
    ensure!(
        own.is_some_and(|card| card["connections"] == 0 && card["draining"] == true),
        "{cards:?}"
    );
    Ok(())
}

/// A drained node answers who asks it nevertheless, and serves again when it is told so.
async fn comes_back(cluster: &Cluster, ana: &Person, rui: &Person, channel: &str) -> Result<()> {
    let api = cluster.api(0, ana)?;
    api.send(channel, "over the drained one").await?;
    let line = format!("node resume {}", cluster.node(0).base());
    ensure!(cluster.ask(1, &line)?.contains("open"));
    let inside = cluster.inside(0)?;
    until(SOON, "it is ready again", || async {
        Ok(inside.call("GET", "/readyz", None).await?.status == 200)
    })
    .await?;
    let mut ear = cluster.ear(0, rui).await?;
    cluster.api(1, ana)?.send(channel, "welcome back").await?;
    ear.events_until(channel, "welcome back", SOON).await?;
    ensure!(ear.frame("reconnect", Duration::from_millis(300)).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_node_is_drained_from_another_and_tells_late_comers_too() -> Result<()> {
    let cluster = Cluster::start(1, &[], &[vec![], vec![]]).await?;
    let rui = cluster.person("rui").await?;
    let line = format!("node drain {} --spread 0 --wait --json", cluster.node(1).base());
    let card: Value = serde_json::from_str(&cluster.ask(0, &line)?)?;
    ensure!(
        card["draining"] == true && card["connections"] == 0 && card["asked"] == false,
        "{card}"
    );
    let ready = cluster.inside(1)?.call("GET", "/readyz", None).await?;
    ensure!(ready.status == 503, "{ready:?}");
    // Who does not ask where to go comes here all the same, and is told within a few seconds.
    let mut late = cluster.ear(1, &rui).await?;
    ensure!(late.frame("reconnect", SOON).await?["delay_ms"].is_u64());
    ensure!(late.ended(SOON).await?.map(|ended| ended.0) == Some(1012));
    for wrong in [
        "node drain nobody",
        "node drain --spread 3601",
        "node drain --spread -1",
    ] {
        ensure!(cluster.ask(0, wrong).is_err(), "{wrong}");
    }
    Ok(())
}
