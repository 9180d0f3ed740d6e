//! S0.3, S2.1, S0.12: channels and members follow a school's own roster, through the doors of the real binary.

mod circle;
mod doors;
mod export;
mod follow;

use anyhow::{Context, Result};
use klatch_testkit::{Server, ServerOptions};
use klatch_tests::Api;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A server whose space follows a roster, and its back end.
pub(crate) async fn school(options: ServerOptions) -> Result<(Server, Api)> {
    let server = Server::start_with(ServerOptions {
        profile: "campus".to_owned(),
        ..options
    })
    .await?;
    let back_end = Api::new(server.public())?.with(server.api_key());
    Ok((server, back_end))
}

/// Makes the space follow its rosters with this grace, whatever they drop.
pub(crate) async fn follow(back_end: &Api, grace_s: u64, removals_percent: u32) -> Result<()> {
    let mut settings = back_end.must("GET", "/v1/roster/settings", None).await?.body;
    settings["grace_s"] = grace_s.into();
    settings["removals_percent"] = removals_percent.into();
    back_end
        .must("PUT", "/v1/roster/settings", Some(settings))
        .await?;
    Ok(())
}

/// A roster of one course with one class, and these students in it.
fn small(students: &[&str]) -> Value {
    let users: Vec<Value> = students.iter().map(|user| json!({ "username": user })).collect();
    let enrolments: Vec<Value> = students
        .iter()
        .map(|user| json!({ "user": user, "group": "k1" }))
        .collect();
    json!({
        "users": users,
        "groups": [
            { "id": "c1", "kind": "course", "title": "Software Systems" },
            { "id": "k1", "kind": "class", "title": "3MEIC01", "parent": "c1" },
        ],
        "enrolments": enrolments,
    })
}

/// An access token of a user by name.
pub(crate) async fn sign_in(back_end: &Api, username: &str) -> Result<Api> {
    let path = format!("/v1/users?query={username}");
    let found = back_end.must("GET", &path, None).await?.body;
    let users = found["users"].as_array().context("users")?;
    let user = users.iter().find(|user| user["username"] == username);
    let id = user.with_context(|| format!("no {username}"))?["id"].clone();
    let token = back_end
        .must("POST", "/v1/tokens", Some(json!({ "user": id })))
        .await?;
    Ok(back_end.with(token.text("access_token")?))
}

/// The names of someone's channels.
pub(crate) async fn channels(who: &Api) -> Result<BTreeSet<String>> {
    let listed = who.must("GET", "/v1/channels?limit=1000", None).await?.body;
    let channels = listed["channels"].as_array().context("channels")?;
    Ok(channels
        .iter()
        .map(|channel| channel["name"].as_str().unwrap_or_default().to_owned())
        .collect())
}
