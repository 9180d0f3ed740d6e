//! S0.2, S0.4: the campus chat's public routes.

use super::Town;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// Texts of a list of messages.
fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(|m| m["message"].as_str()).collect()
}

/// S0.4: pages count from 0 and from the newest message; the first comes when none is asked for.
#[tokio::test]
async fn pages_of_a_group_are_disjoint_and_complete() -> Result<()> {
    let town = Town::new().await?;
    let ana = town.api(&town.ana)?;
    for number in 0..7 {
        ana.send(&town.group, &format!("message {number}")).await?;
    }
    let group = &town.group;
    let first = ana
        .must("GET", &format!("/chat/{group}/message"), None)
        .await?
        .body;
    let expected: Vec<String> = (0..7).rev().map(|number| format!("message {number}")).collect();
    ensure!(texts(&first) == expected, "{first}");
    let newest = &first[0];
    ensure!(
        newest["from"] == "up201906680" && newest["group"] == **group,
        "{newest}"
    );
    ensure!(newest["id"] == newest["_id"], "{newest}");
    let time = newest["timestamp"].as_str().unwrap_or_default();
    ensure!(time.len() == 24 && time.ends_with('Z'), "{newest}");

    let mut paged = Vec::new();
    for page in 0..4 {
        let path = format!("/chat/Maths/message?page={page}&perPage=3");
        let answer = ana.must("GET", &path, None).await?.body;
        paged.extend(texts(&answer).into_iter().map(str::to_owned));
    }
    ensure!(paged == expected, "{paged:?}");
    for query in [
        "perPage=0",
        "perPage=201",
        "page=-1",
        "page=x",
        "page=50&perPage=200",
        "after=1",
    ] {
        let answer = ana
            .call("GET", &format!("/chat/Maths/message?{query}"), None)
            .await?;
        ensure!(
            (answer.status, answer.code()) == (422, "invalid"),
            "{query}: {answer:?}"
        );
    }
    Ok(())
}

/// S0.2, S0.4: one call gives all of one's groups, each with its page, and nobody else's.
#[tokio::test]
async fn the_bundle_has_ones_own_groups() -> Result<()> {
    let town = Town::new().await?;
    let (ana, jane) = (town.api(&town.ana)?, town.api(&town.jane)?);
    let create = json!({ "kind": "group", "name": "Ana's own" });
    let own = ana.must("POST", "/v1/channels", Some(create)).await?.text("id")?;
    ana.send(&town.group, "to all").await?;
    ana.send(&own, "to myself").await?;
    let bundle = ana.must("GET", "/chat/message?perPage=1", None).await?.body;
    ensure!(
        bundle[0]["id"] == own && bundle[0]["name"] == "Ana's own",
        "{bundle}"
    );
    ensure!(texts(&bundle[0]["messages"]) == ["to myself"], "{bundle}");
    ensure!(
        bundle[1]["name"] == "Maths" && texts(&bundle[1]["messages"]) == ["to all"],
        "{bundle}"
    );
    let bundle = jane.must("GET", "/chat/message", None).await?.body;
    ensure!(bundle.as_array().map(Vec::len) == Some(1), "{bundle}");
    let second = ana.must("GET", "/chat/message?page=1", None).await?.body;
    ensure!(texts(&second[0]["messages"]).is_empty(), "{second}");
    Ok(())
}

/// S0.4: where to connect a socket.
#[tokio::test]
async fn the_location_is_a_server() -> Result<()> {
    let town = Town::new().await?;
    let url = town
        .api(&town.ana)?
        .must("GET", "/chat/location", None)
        .await?
        .text("url")?;
    ensure!(url.starts_with("http://127.0.0.1:"), "{url}");
    Ok(())
}
