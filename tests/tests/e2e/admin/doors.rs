//! Who may what: each caller at each route.

use super::Town;
use anyhow::{Context, Result, ensure};
use klatch_tests::Api;
use serde_json::{Value, json};

/// Every route and what each caller is answered: nobody, a guest, a person, the back end, a token on behalf of the server's
/// administrator, an administrator of the space, one of the server.
type Row = (&'static str, String, Option<Value>, [&'static str; 7]);

const NO: &str = "forbidden";
const NOBODY: &str = "unauthenticated";
const SPACE: [&str; 7] = [NOBODY, NO, NO, NO, NO, "ok", "ok"];
const SERVER: [&str; 7] = [NOBODY, NO, NO, NO, NO, NO, "ok"];

fn table(user: &str, channel: &str) -> Vec<Row> {
    let of = |method, path: &str, body, expected| (method, path.to_owned(), body, expected);
    vec![
        of("GET", "/v1/admin/users", None, SPACE),
        // The account is there once the first has made it.
        of(
            "POST",
            "/v1/admin/users",
            Some(json!({ "username": "newcomer" })),
            [NOBODY, NO, NO, NO, NO, "ok", "exists"],
        ),
        of(
            "PATCH",
            &format!("/v1/admin/users/{user}"),
            Some(json!({})),
            SPACE,
        ),
        of("DELETE", &format!("/v1/admin/users/{user}/devices"), None, SPACE),
        of("GET", "/v1/admin/channels", None, SPACE),
        of(
            "DELETE",
            &format!("/v1/admin/channels/{channel}"),
            None,
            [NOBODY, NO, NO, NO, NO, "ok", "archived"],
        ),
        of("GET", "/v1/admin/space", None, SPACE),
        of("PATCH", "/v1/admin/space", Some(json!({})), SPACE),
        of("GET", "/v1/admin/audit", None, SPACE),
        of("GET", "/v1/admin/nodes", None, SERVER),
        of("GET", "/v1/admin/spaces", None, SERVER),
        of("GET", "/v1/admin/metrics", None, SERVER),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_may_what_the_table_says() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let guest = town
        .back_end
        .must("POST", "/v1/guests", Some(json!({ "name": "Guest" })))
        .await?;
    let guest = town.nobody.with(guest.text("access_token")?);
    let body = json!({ "user": town.boss.id });
    let behalf = town.back_end.must("POST", "/v1/tokens", Some(body)).await?;
    let behalf = town.nobody.with(behalf.text("access_token")?);
    let channel = town.group(&[&town.ana]).await?;
    let table = table(&town.rui.id, &channel);
    let callers: [&Api; 7] = [
        &town.nobody,
        &guest,
        &town.ana.api,
        &town.back_end,
        &behalf,
        &town.keeper.api,
        &town.boss.api,
    ];
    let mut complaints = Vec::new();
    for (at, caller) in callers.into_iter().enumerate() {
        for (method, path, body, expected) in &table {
            let answer = caller.call(method, path, body.clone()).await?;
            if answer.code() != expected[at] {
                complaints.push(format!("caller {at}: {method} {path}: {answer:?}"));
            }
        }
    }
    ensure!(complaints.is_empty(), "{}", complaints.join("\n"));
    let document = town.nobody.must("GET", "/openapi.json", None).await?.body;
    let paths = document["paths"].as_object().context("paths")?;
    let routes: usize = paths
        .iter()
        .filter(|(path, _)| path.starts_with("/v1/admin/"))
        .map(|(_, item)| item.as_object().map_or(0, serde_json::Map::len))
        .sum();
    assert_eq!(routes, table.len(), "every route is in the table");
    Ok(())
}

/// S0.1: what is not of an administrator's space is not theirs, and is not told to be there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_spaces_are_out_of_reach() -> Result<()> {
    let Some(mut town) = Town::new().await? else {
        return Ok(());
    };
    town.server.stop().await?;
    klatch_tests::cli(&town.server, "space add elsewhere")?;
    let key = klatch_tests::cli(&town.server, "space key add elsewhere tests")?;
    town.server.restart().await?;
    let theirs = Api::new(town.server.public())?.with(key.trim());
    let stranger = theirs
        .must("POST", "/v1/users", Some(json!({ "username": "stranger" })))
        .await?
        .text("id")?;
    let body = json!({ "kind": "group", "name": "Elsewhere", "members": [stranger] });
    let channel = theirs
        .must("POST", "/v1/channels", Some(body))
        .await?
        .text("id")?;
    for who in [&town.keeper, &town.boss] {
        let api = who.api.at(town.server.public());
        for (method, path) in [
            ("PATCH", format!("/v1/admin/users/{stranger}")),
            ("DELETE", format!("/v1/admin/users/{stranger}/devices")),
            ("DELETE", format!("/v1/admin/channels/{channel}")),
        ] {
            let body = (method == "PATCH").then(|| json!({ "disabled": true }));
            assert_eq!(
                api.call(method, &path, body).await?.code(),
                "not_found",
                "{method} {path}"
            );
        }
        for list in ["users?query=stranger", "channels?query=elsewhere"] {
            let found = api.must("GET", &format!("/v1/admin/{list}"), None).await?.body;
            ensure!(
                found == json!({ "users": [] }) || found == json!({ "channels": [] }),
                "{found}"
            );
        }
        let audit = api.must("GET", "/v1/admin/audit?limit=200", None).await?.body;
        ensure!(!audit.to_string().contains("elsewhere"), "{audit}");
    }
    Ok(())
}
