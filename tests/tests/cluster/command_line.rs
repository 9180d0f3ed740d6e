//! The command line beside running nodes: it is no node, and what it does is so on all of them.

use crate::shared;
use anyhow::{Context, Result, ensure};
use klatch_tests::cluster::until;
use klatch_tests::contiguous;
use serde_json::json;
use std::time::Duration;

/// How soon nodes find out what nobody tells them.
const FOUND: Duration = Duration::from_secs(4);
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn accounts_and_channels_of_the_command_line_are_there_on_all_nodes() -> Result<()> {
    let cluster = shared::cluster().await?;
    let rui = cluster.person("line-rui").await?;
    let mut ears = [
        cluster.ear(0, &rui).await?,
        cluster.ear(1, &rui).await?,
        cluster.ear(2, &rui).await?,
    ];
    let id = cluster.cli(0, "user add line-ana --no-password --space test")?;
    let token = cluster.cli(1, "token line-ana --space test")?;
    for at in 0..3 {
        let me = cluster
            .nobody(at)?
            .with(&token)
            .must("GET", "/v1/me", None)
            .await?;
        ensure!(me.body["user"]["id"] == *id, "node {at}: {me:?}");
    }
    let channel = cluster.cli(
        2,
        "channel add --owner line-ana --member line-rui --space test notices",
    )?;
    cluster.nobody(1)?.with(&token).send(&channel, "hello").await?;
    for ear in &mut ears {
        let events = ear.events_until(&channel, "hello", FOUND).await?;
        ensure!(
            events[0]["type"] == "channel.created" && events[0]["seq"] == 1,
            "{events:?}"
        );
        contiguous(&events)?;
    }
    let members = cluster.cli(0, &format!("channel members {channel}"))?;
    ensure!(
        members.contains("line-ana") && members.contains("owner"),
        "{members}"
    );
    ensure!(cluster.cards(0).await?.len() == 3, "a command is no node");
    Ok(())
}

#[tokio::test]
async fn a_disabled_user_stays_out_until_enabled() -> Result<()> {
    let cluster = shared::cluster().await?;
    cluster.register("line-zoe").await?;
    let zoe = cluster.log_in(0, "test", "line-zoe").await?;
    cluster.cli(1, "user disable line-zoe --space test")?;
    let body =
        json!({ "space": "test", "username": "line-zoe", "password": klatch_tests::cluster::PASSWORD });
    for at in 0..3 {
        let nobody = cluster.nobody(at)?;
        let answer = nobody.call("POST", "/v1/auth/login", Some(body.clone())).await?;
        ensure!(answer.status == 401, "node {at}: {answer:?}");
        let refresh = json!({ "refresh_token": zoe.refresh });
        let answer = nobody.call("POST", "/v1/auth/refresh", Some(refresh)).await?;
        ensure!(answer.status == 401, "node {at}: {answer:?}");
    }
    cluster.cli(2, "user enable line-zoe --space test")?;
    for at in 0..3 {
        let nobody = cluster.nobody(at)?;
        until(SOON, "they may log in again", || async {
            let answer = nobody.call("POST", "/v1/auth/login", Some(body.clone())).await?;
            Ok(answer.status == 200)
        })
        .await?;
    }
    let again = cluster.log_in(1, "test", "line-zoe").await?;
    let ear = cluster.ear(2, &again).await?;
    ear.ready()["user"]["id"].as_str().context("it is them")?;
    Ok(())
}
