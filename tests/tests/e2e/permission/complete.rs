//! The table forgets nothing: every command and every route that names a channel is in it.

use super::operation::OPERATIONS;
use super::table::{SCENES, Table};
use anyhow::{Context, Result};
use klatch_protocol::Command;
use klatch_testkit::Server;
use klatch_tests::Api;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Commands that name no channel. A new one belongs here or into the table.
const WITHOUT_CHANNEL: [&str; 9] = [
    "channel_create",
    "channel_list",
    "circle",
    "circle_create",
    "invite_accept",
    "invite_preview",
    "presence_set",
    "user_get",
    "user_search",
];

/// Routes that run a command of the table and tell the answer in another shape; `compat` tests who may.
const IN_ANOTHER_SHAPE: [&str; 1] = ["/s4/channels/{id}/messages"];

/// Routes that ask what one administers, and nothing about the channel; `admin` has their own table.
const ADMINISTRATORS: &str = "/v1/admin/";

#[test]
fn every_scene_has_every_operation() -> Result<()> {
    let table = Table::read()?;
    let mut all: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    all.sort_unstable();
    for scene in SCENES {
        assert_eq!(table.operations(scene), all, "[{scene}]");
    }
    Ok(())
}

#[test]
fn every_command_that_names_a_channel_is_in_the_table() -> Result<()> {
    let in_table: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.command).collect();
    let commands = commands()?;
    let (mut with, mut without) = (BTreeSet::new(), BTreeSet::new());
    for command in &commands {
        // Every command refuses fields that it does not have, so it tells whether it has this one.
        let probe = json!({ "op": command, "channel": 0 });
        let told = serde_json::from_value::<Command>(probe)
            .expect_err("0 is no id")
            .to_string();
        let set = if told.contains("unknown field `channel`") {
            &mut without
        } else {
            &mut with
        };
        set.insert(command.as_str());
    }
    assert_eq!(with, in_table);
    assert_eq!(without, BTreeSet::from(WITHOUT_CHANNEL));
    Ok(())
}

/// The names of all commands, as the one who reads them tells.
fn commands() -> Result<Vec<String>> {
    let told = serde_json::from_value::<Command>(json!({ "op": "?" }))
        .expect_err("`?` is no command")
        .to_string();
    let (_, list) = told.split_once("expected one of").context("the names are told")?;
    let names: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    anyhow::ensure!(names.len() >= 34, "{told}");
    Ok(names)
}

#[tokio::test]
async fn every_route_that_names_a_channel_is_in_the_table() -> Result<()> {
    let server = Server::start().await?;
    let document = Api::new(server.public())?
        .must("GET", "/openapi.json", None)
        .await?
        .body;
    let in_table: BTreeSet<(String, String)> = OPERATIONS
        .iter()
        .map(|operation| (operation.template.to_owned(), operation.method.to_owned()))
        .collect();
    let paths = document["paths"].as_object().context("the document has paths")?;
    let mut published = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().context("a path has methods")? {
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let is_told_elsewhere =
                IN_ANOTHER_SHAPE.contains(&path.as_str()) || path.starts_with(ADMINISTRATORS);
            if names_channel(path, parameters) && !is_told_elsewhere {
                published.insert((path.clone(), method.to_uppercase()));
            }
        }
    }
    assert_eq!(published, in_table);
    Ok(())
}

/// Whether a route takes a channel's id: all of them lie under `/v1/channels/`, or say so in a parameter.
fn names_channel(path: &str, parameters: &[Value]) -> bool {
    let named = |parameter: &Value| {
        let name = parameter["name"].as_str().unwrap_or_default();
        name.contains("channel") || (name == "id" && path.contains("/channels/"))
    };
    path.contains("/channels/") || parameters.iter().any(named)
}
