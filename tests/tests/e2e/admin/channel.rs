//! Channels, as administrators see and close them.

use super::Town;
use anyhow::{Context, Result};
use klatch_tests::Api;
use serde_json::{Value, json};

/// The ids of all channels, in pages of one.
async fn one_by_one(keeper: &Api) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v1/admin/channels?limit=1{after}");
        let page = keeper.must("GET", &path, None).await?.body;
        let Some(id) = page["channels"][0]["id"].as_str() else {
            break;
        };
        all.push(id.to_owned());
        after = format!("&after={id}");
    }
    Ok(all)
}

/// S0.1: channels are found without being in them, and closed for good; conversations of two people are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_are_looked_through_and_closed() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let keeper = &town.keeper.api;
    let chess = town.group(&[&town.ana, &town.rui]).await?;
    town.ana.api.send(&chess, "a secret opening").await?;
    let body = json!({ "kind": "direct", "members": [town.rui.id] });
    let direct = town
        .ana
        .api
        .must("POST", "/v1/channels", Some(body))
        .await?
        .text("id")?;

    let found = keeper
        .must("GET", "/v1/admin/channels?query=CHESS", None)
        .await?
        .body;
    let channels = found["channels"].as_array().context("channels")?;
    assert_eq!(channels.len(), 1, "{found}");
    let shown = &channels[0];
    assert_eq!(
        (
            &shown["id"],
            &shown["kind"],
            &shown["name"],
            &shown["members"],
            &shown["archived"]
        ),
        (
            &json!(chess),
            &json!("group"),
            &json!("Chess club"),
            &json!(2),
            &json!(false)
        )
    );
    assert!(!found.to_string().contains("opening"), "{found}");
    let mut both = vec![chess.clone(), direct.clone()];
    both.sort_unstable();
    assert_eq!(one_by_one(keeper).await?, both);

    let close = async |id: &str| {
        keeper
            .call("DELETE", &format!("/v1/admin/channels/{id}"), None)
            .await
    };
    assert_eq!(close(&direct).await?.code(), "not_found");
    assert_eq!(
        close("0190f3a1-7c1e-7000-8000-000000000001").await?.code(),
        "not_found"
    );
    assert_eq!(close(&chess).await?.code(), "ok");
    assert_eq!(close(&chess).await?.code(), "archived");
    let body = json!({ "key": "0190f3a1-7c1e-7000-8000-000000000002", "text": "more" });
    let path = format!("/v1/channels/{chess}/messages");
    let sent = town.ana.api.call("POST", &path, Some(body)).await?;
    assert_eq!(sent.code(), "archived");
    // It can still be read by those who are in it, and by nobody else.
    let read = town.rui.api.must("GET", &path, None).await?.body;
    assert_eq!(read["messages"].as_array().map(Vec::len), Some(1), "{read}");
    assert_eq!(keeper.call("GET", &path, None).await?.code(), "not_found");
    let found = keeper
        .must("GET", "/v1/admin/channels?query=chess", None)
        .await?
        .body;
    assert_eq!(found["channels"][0]["archived"], json!(true));
    let newest = &town.audit().await?[0];
    assert_eq!(
        (newest.0.as_str(), newest.1.as_str(), newest.2.as_str()),
        ("channel.archived", "Chess club", "keeper")
    );
    let log = keeper.must("GET", "/v1/admin/audit?limit=1", None).await?.body;
    assert_eq!(log["lines"][0]["target"], Value::from(chess));
    Ok(())
}
