//! Who loses the right to be connected loses it on every node (contract, delivery 9).

use crate::shared;
use anyhow::{Result, ensure};
use klatch_tests::cluster::{Cluster, Person, until};
use klatch_tests::{Ear, code};
use serde_json::json;
use std::time::Duration;

const LIVE: Duration = Duration::from_secs(1);
/// How long nodes may believe what they read of keys.
const BELIEVED: Duration = Duration::from_secs(3);

/// Sockets of a person on all nodes.
async fn ears(cluster: &Cluster, person: &Person) -> Result<[Ear; 3]> {
    Ok([
        cluster.ear(0, person).await?,
        cluster.ear(1, person).await?,
        cluster.ear(2, person).await?,
    ])
}

async fn closed(ears: &mut [Ear], how: (u16, &str), why: &str) -> Result<()> {
    for (node, ear) in ears.iter_mut().enumerate() {
        let ended = ear.ended(LIVE).await?;
        ensure!(
            ended == Some((how.0, how.1.to_owned())),
            "{why}, node {node}: {ended:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_device_signed_out_on_one_node_is_cut_off_on_all() -> Result<()> {
    let cluster = shared::cluster().await?;
    cluster.register("revoked").await?;
    let kept = cluster.log_in(0, "test", "revoked").await?;
    let mut kept_ears = ears(cluster, &kept).await?;
    for way in ["signed out", "logged out", "refresh token used twice"] {
        let gone = cluster.log_in(1, "test", "revoked").await?;
        let mut gone_ears = ears(cluster, &gone).await?;
        let refresh = Some(json!({ "refresh_token": gone.refresh }));
        match way {
            "signed out" => {
                let path = format!("/v1/devices/{}", gone.device);
                cluster.api(0, &kept)?.must("DELETE", &path, None).await?;
            }
            "logged out" => {
                let api = cluster.api(2, &gone)?;
                api.must("POST", "/v1/auth/logout", None).await?;
            }
            _ => {
                let path = "/v1/auth/refresh";
                cluster.nobody(1)?.must("POST", path, refresh.clone()).await?;
                let answer = cluster.nobody(2)?.call("POST", path, refresh).await?;
                ensure!((answer.status, answer.code()) == (401, "revoked"), "{answer:?}");
            }
        }
        closed(&mut gone_ears, (4003, "revoked"), way).await?;
        for node in 0..3 {
            let answer = cluster
                .api(node, &gone)?
                .call("GET", "/v1/channels", None)
                .await?;
            ensure!(answer.status == 401, "{way}, node {node}: {answer:?}");
        }
        for ear in &mut kept_ears {
            let answer = ear.ask(json!({ "op": "channel_list" })).await?;
            ensure!(code(&answer) == "ok", "{way}: the other device stays: {answer}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_login_on_another_node_replaces_where_one_device_is_the_rule() -> Result<()> {
    let cluster = shared::cluster().await?;
    cluster.cli(0, "space add single --profile course")?;
    cluster.cli(0, "space policy single several_devices=false").ok();
    let key = cluster.cli(0, "space key add single test")?;
    let body = json!({ "username": "single", "password": klatch_tests::cluster::PASSWORD });
    let system = cluster.nobody(1)?.with(key);
    system.must("POST", "/v1/users", Some(body)).await?;
    let first = cluster.log_in(0, "single", "single").await?;
    let mut before = ears(cluster, &first).await?;
    let second = cluster.log_in(2, "single", "single").await?;
    closed(&mut before, (4004, "replaced"), "replaced").await?;
    for node in 0..3 {
        let answer = cluster
            .api(node, &first)?
            .call("GET", "/v1/channels", None)
            .await?;
        ensure!(answer.status == 401, "node {node}: {answer:?}");
        cluster
            .api(node, &second)?
            .must("GET", "/v1/channels", None)
            .await?;
    }
    Ok(())
}

/// The command line is no node, and revokes nevertheless.
#[tokio::test]
async fn what_the_command_line_revokes_is_gone_on_all_nodes() -> Result<()> {
    let cluster = shared::cluster().await?;
    let rui = cluster.person("disabled").await?;
    let mut sockets = ears(cluster, &rui).await?;
    cluster.cli(1, "user disable disabled --space test")?;
    for ear in &mut sockets {
        let ended = ear.ended(Duration::from_secs(5)).await?;
        ensure!(ended.map(|ended| ended.0) == Some(4003), "closed with 4003");
    }
    for node in 0..3 {
        let api = cluster.api(node, &rui)?;
        until(BELIEVED, "the token is refused", || async {
            Ok(api.call("GET", "/v1/channels", None).await?.status == 401)
        })
        .await?;
    }

    cluster.cli(0, "space key add test spare")?;
    let text = cluster.cli(0, "space key add test short-lived")?;
    let apis = [
        cluster.nobody(0)?.with(&text),
        cluster.nobody(1)?.with(&text),
        cluster.nobody(2)?.with(&text),
    ];
    for api in &apis {
        api.must("GET", "/v1/users?query=nobody", None).await?;
    }
    let list = cluster.cli(0, "space key list test")?;
    let id = list.lines().find(|line| line.contains("short-lived"));
    let id = id.and_then(|line| line.split_whitespace().find(|word| word.len() == 36));
    let id = anyhow::Context::context(id, list.clone())?;
    cluster.cli(2, &format!("space key revoke test {id}"))?;
    for (node, api) in apis.iter().enumerate() {
        until(
            BELIEVED,
            &format!("the key is refused on node {node}"),
            || async { Ok(api.call("GET", "/v1/users?query=nobody", None).await?.status == 401) },
        )
        .await?;
    }
    Ok(())
}
