//! People on different nodes who talk to each other.

use crate::shared;
use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use klatch_tests::{Ear, Socket, code, contiguous};
use klatch_types::limits;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// How soon what is sent on one node is heard on the others.
const LIVE: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(10);

fn send(channel: &str, text: &str) -> Value {
    json!({ "op": "send", "channel": channel, "key": Uuid::now_v7(), "text": text })
}

/// Delivery 4 and 6.
/// S4.7: recipients on all nodes have it, in one order.
#[tokio::test]
async fn what_one_says_all_hear_in_one_order() -> Result<()> {
    let cluster = shared::cluster().await?;
    let people = [
        cluster.person("order-a").await?,
        cluster.person("order-b").await?,
        cluster.person("order-c").await?,
    ];
    let channel = cluster.group(0, &[&people[0], &people[1], &people[2]]).await?;
    let mut ears = Vec::new();
    for (at, person) in people.iter().enumerate() {
        ears.push(cluster.ear(at, person).await?);
    }
    for at in 0..ears.len() {
        let text = format!("from {at}");
        let answer = ears[at].ask(send(&channel, &text)).await?;
        ensure!(code(&answer) == "ok", "{answer}");
        for ear in &mut ears {
            let event = ear.event(&channel, LIVE).await?;
            ensure!(
                event["text"] == *text && event["seq"] == answer["ok"]["seq"],
                "{event} after {answer}"
            );
        }
    }
    let texts: Vec<_> = (0..60).map(|n| format!("{n}")).collect();
    let sends = texts
        .iter()
        .enumerate()
        .map(|(n, text)| ears[n % 3].ask(send(&channel, text)));
    for answer in try_join_all(sends).await? {
        ensure!(code(&answer) == "ok", "{answer}");
    }
    ears[2].ask(send(&channel, "the end")).await?;
    let mut heard = Vec::new();
    for ear in &mut ears {
        let events = ear.events_until(&channel, "the end", SOON).await?;
        ensure!(events.len() == 61, "{} events", events.len());
        contiguous(&events)?;
        heard.push(events);
    }
    ensure!(heard[0] == heard[1] && heard[1] == heard[2], "{heard:?}");
    Ok(())
}

/// Delivery 2 and 3.
#[tokio::test]
async fn one_key_on_three_nodes_at_once_is_one_message() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (cluster.person("key-a").await?, cluster.person("key-b").await?);
    let channel = cluster.group(0, &[&ana, &rui]).await?;
    let mut ear = cluster.ear(1, &rui).await?;
    let path = format!("/v1/channels/{channel}/messages");
    for round in 0..10 {
        let body = json!({ "key": Uuid::now_v7(), "text": format!("once {round}") });
        let apis = [
            cluster.api(0, &ana)?,
            cluster.api(1, &ana)?,
            cluster.api(2, &ana)?,
        ];
        let sends = apis.iter().map(|api| api.must("POST", &path, Some(body.clone())));
        let answers = try_join_all(sends).await?;
        let seqs: Vec<_> = answers.iter().map(|answer| &answer.body["seq"]).collect();
        ensure!(seqs.iter().all(|seq| *seq == seqs[0]), "{answers:?}");
        let first = answers.iter().filter(|answer| answer.body["duplicate"] != true);
        ensure!(first.count() == 1, "{answers:?}");
        let mut other = body.clone();
        other["text"] = json!("other");
        let answer = cluster.api(2, &ana)?.call("POST", &path, Some(other)).await?;
        ensure!(
            (answer.status, answer.code()) == (409, "idempotency_conflict"),
            "{answer:?}"
        );
    }
    cluster.api(2, &ana)?.send(&channel, "the end").await?;
    let events = ear.events_until(&channel, "the end", SOON).await?;
    ensure!(events.len() == 11, "{events:?}");
    contiguous(&events)?;
    Ok(())
}

#[tokio::test]
async fn edits_deletions_and_reactions_are_heard_and_read_everywhere() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (cluster.person("amend-a").await?, cluster.person("amend-b").await?);
    let channel = cluster.group(2, &[&ana, &rui]).await?;
    let mut ears = [
        cluster.ear(0, &ana).await?,
        cluster.ear(1, &rui).await?,
        cluster.ear(2, &rui).await?,
    ];
    let at = |rest: &str| format!("/v1/channels/{channel}/messages/{rest}");
    let first = cluster.api(0, &ana)?.send(&channel, "helo").await?;
    let second = cluster.api(0, &ana)?.send(&channel, "oops").await?;
    let body = json!({ "text": "hello" });
    cluster
        .api(1, &ana)?
        .must("PATCH", &at(&first.to_string()), Some(body))
        .await?;
    cluster
        .api(2, &rui)?
        .must("PUT", &at(&format!("{first}/reactions/%F0%9F%91%8D")), None)
        .await?;
    cluster
        .api(1, &ana)?
        .must("DELETE", &at(&second.to_string()), None)
        .await?;
    cluster
        .api(0, &rui)?
        .must("DELETE", &at(&format!("{first}/reactions/%F0%9F%91%8D")), None)
        .await?;
    for ear in &mut ears {
        let mut types = Vec::new();
        for _ in 0..6 {
            let event = ear.event(&channel, LIVE).await?;
            types.push(event["type"].as_str().unwrap_or_default().to_owned());
        }
        let expected = [
            "message.posted",
            "message.posted",
            "message.edited",
            "reaction.added",
            "message.deleted",
            "reaction.removed",
        ];
        ensure!(types == expected, "{types:?}");
    }
    for node in 0..3 {
        let api = cluster.api(node, &rui)?;
        let message = api.must("GET", &at(&first.to_string()), None).await?;
        ensure!(message.text("text")? == "hello", "{message:?}");
        let events = format!("/v1/channels/{channel}/events?after=0");
        let events = api.must("GET", &events, None).await?;
        ensure!(
            !events.body.to_string().contains("oops"),
            "node {node} still shows what was deleted"
        );
    }
    Ok(())
}

/// S3.5, S4.1: typing is seen on all nodes; a user's devices share what was read.
#[tokio::test]
async fn devices_of_one_user_share_cursors_and_typing_is_seen() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (
        cluster.person("cursor-a").await?,
        cluster.person("cursor-b").await?,
    );
    let channel = cluster.group(0, &[&ana, &rui]).await?;
    let (mut phone, mut laptop) = (cluster.ear(1, &rui).await?, cluster.ear(2, &rui).await?);
    let mut writer = cluster.ear(0, &ana).await?;
    cluster.api(0, &ana)?.send(&channel, "one").await?;
    let last = cluster.api(0, &ana)?.send(&channel, "two").await?;
    phone.events_until(&channel, "two", LIVE).await?;
    let answer = phone
        .ask(json!({ "op": "read", "channel": channel, "seq": last }))
        .await?;
    ensure!(code(&answer) == "ok", "{answer}");
    let cursor = laptop.frame("cursor", LIVE).await?;
    ensure!(
        cursor["channel"] == *channel && cursor["read"] == last && cursor["unread"] == 0,
        "{cursor}"
    );
    let tablet = cluster.ear(0, &rui).await?;
    let known = tablet.ready()["channels"].as_array().context("channels")?.clone();
    let known = known.iter().find(|known| known["channel"] == *channel);
    let known = known.context("the channel is there")?;
    ensure!(known["read"] == last && known["unread"] == 0, "{known}");

    writer.ask(json!({ "op": "typing", "channel": channel })).await?;
    for ear in [&mut phone, &mut laptop] {
        let typing = ear.frame("typing", LIVE).await?;
        ensure!(
            typing["channel"] == *channel && typing["user"] == *ana.id,
            "{typing}"
        );
    }
    ensure!(
        writer.frame("typing", Duration::from_millis(100)).await.is_err(),
        "nobody sees themselves typing"
    );
    Ok(())
}

/// Delivery 6, and `behind` and `resync` on a node where the client never was.
#[tokio::test]
async fn a_client_resumes_on_another_node() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (
        cluster.person("resume-a").await?,
        cluster.person("resume-b").await?,
    );
    let channel = cluster.group(0, &[&ana, &rui]).await?;
    let api = cluster.api(1, &ana)?;
    let mut ear = cluster.ear(0, &rui).await?;
    let epoch = ear.ready()["epoch"].clone();
    api.send(&channel, "heard").await?;
    let heard = ear.events_until(&channel, "heard", LIVE).await?;
    let after = contiguous(&heard)?;
    drop(ear);
    for n in 0..5 {
        api.send(&channel, &format!("missed {n}")).await?;
    }
    let greet = |epoch: &Value, after: u64| json!({ "op": "hello", "token": rui.token, "epoch": epoch, "cursors": { &channel: after } });
    let mut ear = Ear::greet(cluster.node(2).public(), greet(&epoch, after)).await?;
    let missed = ear.events_until(&channel, "missed 4", SOON).await?;
    ensure!(missed.len() == 5 && missed[0]["prev"] == after, "{missed:?}");
    let last = contiguous(&missed)?;

    for (epoch, after) in [(json!("another"), after), (epoch.clone(), last + 100)] {
        let (frames, ended) = Socket::refused(cluster.node(2).public(), &[greet(&epoch, after)]).await?;
        ensure!(frames[0]["refused"]["code"] == "resync", "{frames:?}");
        ensure!(ended.map(|ended| ended.0) == Some(4090));
    }
    let sender = Socket::open(cluster.node(0).public(), &ana.token).await?.deaf();
    let more = u64::from(limits::RESUME_EVENTS_MAX) + 1;
    let texts: Vec<_> = (0..more).map(|n| format!("more {n}")).collect();
    for answer in try_join_all(texts.iter().map(|text| sender.ask(send(&channel, text)))).await? {
        ensure!(code(&answer) == "ok", "{answer}");
    }
    let mut late = Ear::greet(cluster.node(1).public(), greet(&epoch, last)).await?;
    let behind = late.frame("behind", SOON).await?;
    ensure!(
        behind[0]["after"] == last && behind[0]["head"] == last + more,
        "{behind}"
    );
    // The one that stayed has heard all of it.
    let all = ear
        .events_until(&channel, &format!("more {}", more - 1), SOON)
        .await?;
    ensure!(contiguous(&all)? == last + more && all.len() as u64 == more);
    Ok(())
}
