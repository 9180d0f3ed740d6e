//! Who is in a channel is so on every node (contract, delivery 5 and 9).

use crate::shared;
use anyhow::{Context, Result, ensure};
use klatch_tests::cluster::until;
use klatch_tests::{code, contiguous};
use serde_json::json;
use std::time::{Duration, Instant};
use uuid::Uuid;

const LIVE: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn who_is_added_on_one_node_hears_it_first_on_another() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (cluster.person("join-a").await?, cluster.person("join-b").await?);
    let mut sockets = [cluster.ear(1, &rui).await?, cluster.ear(2, &rui).await?];
    let channel = cluster.group(0, &[&ana]).await?;
    let before = cluster.api(0, &ana)?.send(&channel, "before").await?;
    let body = json!({ "user": rui.id });
    let path = format!("/v1/channels/{channel}/members");
    let added = cluster.api(0, &ana)?.must("POST", &path, Some(body)).await?;
    for n in 0..5 {
        cluster
            .api(n % 3, &ana)?
            .send(&channel, &format!("after {n}"))
            .await?;
    }
    for ear in &mut sockets {
        let first = ear.event(&channel, LIVE).await?;
        ensure!(
            first["type"] == "member.joined" && first["user"] == *rui.id,
            "{first}"
        );
        ensure!(first["seq"] == added.number("seq")? && added.number("seq")? > before);
        let mut all = vec![first];
        all.extend(ear.events_until(&channel, "after 4", LIVE).await?);
        ensure!(all.len() == 6, "{all:?}");
        contiguous(&all)?;
    }
    // They may speak there too.
    let answer = sockets[0]
        .ask(json!({ "op": "send", "channel": channel, "key": Uuid::now_v7(), "text": "hello" }))
        .await?;
    ensure!(code(&answer) == "ok", "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_new_channel_is_heard_of_wherever_its_members_are() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (cluster.person("new-a").await?, cluster.person("new-b").await?);
    let mut ears = [
        cluster.ear(1, &rui).await?,
        cluster.ear(2, &rui).await?,
        cluster.ear(2, &ana).await?,
    ];
    for (node, kind) in [(0, "group"), (1, "direct"), (2, "meeting")] {
        let mut body = json!({ "kind": kind, "members": [rui.id] });
        if kind != "direct" {
            body["name"] = json!("a new one");
        }
        let made = cluster
            .api(node, &ana)?
            .must("POST", "/v1/channels", Some(body))
            .await?;
        let channel = made.text("id")?;
        cluster.api((node + 1) % 3, &ana)?.send(&channel, "hello").await?;
        for ear in &mut ears {
            let events = ear.events_until(&channel, "hello", LIVE).await?;
            ensure!(
                events[0]["type"] == "channel.created" && events[0]["seq"] == 1,
                "{kind}: {events:?}"
            );
            contiguous(&events)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_goes_on_one_node_is_gone_on_all() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (cluster.person("gone-a").await?, cluster.person("gone-b").await?);
    for way in ["remove", "ban", "leave"] {
        let channel = cluster.group(0, &[&ana, &rui]).await?;
        let elsewhere = cluster.group(0, &[&ana, &rui]).await?;
        let at = |rest: &str| format!("/v1/channels/{channel}{rest}");
        let mut ears = [
            cluster.ear(0, &rui).await?,
            cluster.ear(1, &rui).await?,
            cluster.ear(2, &rui).await?,
        ];
        cluster.api(2, &rui)?.must("GET", &at("/messages"), None).await?;
        cluster.api(1, &ana)?.send(&channel, "before").await?;
        let gone = match way {
            "remove" => {
                let path = at(&format!("/members/{}", rui.id));
                cluster.api(0, &ana)?.must("DELETE", &path, None).await?
            }
            "ban" => {
                let path = at(&format!("/bans/{}", rui.id));
                cluster.api(0, &ana)?.must("PUT", &path, None).await?
            }
            _ => cluster.api(0, &rui)?.must("POST", &at("/leave"), None).await?,
        };
        let last = gone.number("seq")?;
        for node in [1, 2] {
            let api = cluster.api(node, &rui)?;
            until(LIVE, &format!("{way}: no history on node {node}"), || async {
                let answer = api.call("GET", &at("/messages"), None).await?;
                Ok(matches!(answer.status, 403 | 404))
            })
            .await?;
            // What commits asks the log, and so is refused at once.
            let body = json!({ "key": Uuid::now_v7(), "text": "x" });
            let answer = api.call("POST", &at("/messages"), Some(body)).await?;
            ensure!(matches!(answer.status, 403 | 404), "{way}: {answer:?}");
        }
        for node in 0..3 {
            cluster.api(node, &ana)?.send(&channel, "after").await?;
        }
        cluster.api(2, &ana)?.send(&elsewhere, way).await?;
        for ear in &mut ears {
            ear.events_until(&elsewhere, way, LIVE).await?;
            let heard = ear.rest(&channel).await;
            ensure!(
                contiguous(&heard)? == last,
                "{way}: gone at {last}, heard {heard:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_role_that_was_taken_counts_nowhere_any_more() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (cluster.person("role-a").await?, cluster.person("role-b").await?);
    let victim = cluster.person("role-c").await?;
    let channel = cluster.group(0, &[&ana, &rui, &victim]).await?;
    let member = format!("/v1/channels/{channel}/members/{}", rui.id);
    let mute = json!({ "op": "mute", "channel": channel, "user": victim.id });
    let unmute = json!({ "op": "unmute", "channel": channel, "user": victim.id });
    let mut ear = cluster.ear(1, &rui).await?;
    for round in 0..5 {
        let body = Some(json!({ "role": "moderator" }));
        cluster.api(0, &ana)?.must("PATCH", &member, body).await?;
        // A node that does not know yet may refuse for a moment, but not longer.
        until(LIVE, "a moderator may mute", || async {
            Ok(code(&ear.ask(mute.clone()).await?) == "ok")
        })
        .await?;
        let answer = ear.ask(unmute.clone()).await?;
        ensure!(code(&answer) == "ok", "{answer}");
        let body = Some(json!({ "role": "member" }));
        cluster.api(0, &ana)?.must("PATCH", &member, body).await?;
        let answer = ear.ask(mute.clone()).await?;
        ensure!(code(&answer) == "forbidden", "round {round}: {answer}");
        let api = cluster.api(2, &rui)?;
        let path = format!("/v1/channels/{channel}/mutes/{}", victim.id);
        let answer = api.call("PUT", &path, None).await?;
        ensure!(answer.status == 403, "round {round}: {answer:?}");
    }
    // The mute of a member counts everywhere at once too.
    let path = format!("/v1/channels/{channel}/mutes/{}", victim.id);
    cluster.api(0, &ana)?.must("PUT", &path, None).await?;
    let body = json!({ "key": Uuid::now_v7(), "text": "x" });
    let path = format!("/v1/channels/{channel}/messages");
    let answer = cluster.api(2, &victim)?.call("POST", &path, Some(body)).await?;
    ensure!(answer.code() == "muted", "{answer:?}");
    let heard = ear.event(&channel, SOON).await?;
    ensure!(heard["type"] == "member.role_changed", "{heard}");
    Ok(())
}

#[tokio::test]
async fn an_archived_channel_takes_nothing_on_any_node() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (ana, rui) = (
        cluster.person("archive-a").await?,
        cluster.person("archive-b").await?,
    );
    let channel = cluster.group(0, &[&ana, &rui]).await?;
    let mut ear = cluster.ear(1, &rui).await?;
    cluster.api(1, &rui)?.send(&channel, "last words").await?;
    let path = format!("/v1/channels/{channel}");
    cluster.api(0, &ana)?.must("DELETE", &path, None).await?;
    let began = Instant::now();
    for node in [1, 2, 0] {
        let body = json!({ "key": Uuid::now_v7(), "text": "too late" });
        let path = format!("{path}/messages");
        let answer = cluster.api(node, &rui)?.call("POST", &path, Some(body)).await?;
        ensure!(answer.code() == "archived", "node {node}: {answer:?}");
    }
    let mut types = Vec::new();
    while types.last().is_none_or(|last| last != "channel.archived") {
        let event = ear.event(&channel, LIVE).await?;
        types.push(event["type"].as_str().context("a type")?.to_owned());
    }
    ensure!(types == ["message.posted", "channel.archived"], "{types:?}");
    ensure!(began.elapsed() < SOON);
    Ok(())
}
