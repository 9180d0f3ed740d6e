//! The space: its rules, its roster and its audit log.

use super::{Town, soon};
use anyhow::{Context, Result, ensure};
use klatch_tests::cli;
use serde_json::{Value, json};

/// Rules and origins are read, changed here and there, checked, and hold within seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_changed() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let keeper = &town.keeper.api;
    let before = keeper.must("GET", "/v1/admin/space", None).await?.body;
    assert_eq!(
        (&before["slug"], &before["origins"]),
        (&json!("test"), &json!([]))
    );
    let chess = town.group(&[&town.ana]).await?;
    town.ana.api.send(&chess, "longer than ten characters").await?;
    let change = async |body: Value| keeper.call("PATCH", "/v1/admin/space", Some(body)).await;
    let body = json!({
        "policy": { "characters_max": 10, "retention": { "kind": "days", "days": 30 } },
        "origins": ["https://www.example.org"],
    });
    let after = change(body).await?;
    assert_eq!(after.code(), "ok", "{after:?}");
    let mut expected = before.clone();
    expected["policy"]["characters_max"] = json!(10);
    expected["policy"]["retention"] = json!({ "kind": "days", "days": 30 });
    expected["origins"] = json!(["https://www.example.org"]);
    assert_eq!(after.body, expected);
    assert_eq!(keeper.must("GET", "/v1/admin/space", None).await?.body, expected);
    let path = format!("/v1/channels/{chess}/messages");
    soon("too_large", || async {
        let body = json!({ "key": uuid::Uuid::now_v7(), "text": "longer than ten characters" });
        Ok(town
            .ana
            .api
            .call("POST", &path, Some(body))
            .await?
            .code()
            .to_owned())
    })
    .await?;
    let newest = town.audit().await?.swap_remove(0);
    assert_eq!(
        (newest.0.as_str(), newest.2.as_str()),
        ("space.changed", "keeper")
    );
    ensure!(newest.1.contains(r#""characters_max":10"#), "{newest:?}");

    let many: Vec<String> = (0..101).map(|n| format!("https://{n}.example")).collect();
    for wrong in [
        json!({ "policy": { "characters_max": 0 } }),
        json!({ "policy": { "colour": "red" } }),
        json!({ "policy": { "retention": { "kind": "days", "days": 0 } } }),
        json!({ "origins": ["https://www.example.org/path"] }),
        json!({ "origins": ["*"] }),
        json!({ "origins": many }),
        json!({ "slug": "other" }),
    ] {
        assert_eq!(change(wrong.clone()).await?.code(), "invalid", "{wrong}");
    }
    assert_eq!(keeper.must("GET", "/v1/admin/space", None).await?.body, expected);
    Ok(())
}

/// S0.3: an administrator puts a roster in place as a back end does, first to see what it would do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rosters_are_imported() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let keeper = &town.keeper.api;
    let roster = json!({
        "users": [{ "username": "ana" }, { "username": "rui" }],
        "groups": [
            { "id": "c1", "kind": "course", "title": "Software Systems" },
            { "id": "k1", "kind": "class", "title": "3MEIC01", "parent": "c1" },
        ],
        "enrolments": [{ "user": "ana", "group": "k1" }, { "user": "rui", "group": "k1" }],
    });
    let lines = town.audit().await?.len();
    let dry = keeper
        .must("PUT", "/v1/roster?dry_run=true", Some(roster.clone()))
        .await?
        .body;
    assert_eq!(
        (&dry["dry_run"], &dry["import"]),
        (&json!(true), &Value::Null),
        "{dry}"
    );
    assert_eq!(town.audit().await?.len(), lines, "nothing was done");
    let done = keeper.must("PUT", "/v1/roster", Some(roster)).await?.body;
    assert_eq!(
        (&done["state"], &done["import"]),
        (&json!("done"), &json!(1)),
        "{done}"
    );
    let channels = town.ana.api.must("GET", "/v1/channels", None).await?.body;
    ensure!(channels.to_string().contains("3MEIC01"), "{channels}");
    let members = &channels["channels"][0]["members_count"];
    ensure!(
        members.is_null() || *members == json!(2),
        "the administrator is in no channel: {channels}"
    );
    let imports = keeper.must("GET", "/v1/roster/imports", None).await?.body;
    assert_eq!(imports["imports"][0]["by"], json!(town.keeper.id));
    let newest = town.audit().await?.swap_remove(0);
    assert_eq!(
        newest,
        ("roster.imported".into(), "import 1".into(), "keeper".into())
    );
    Ok(())
}

/// What the command line does is in the log, by nobody, and no secret with it; pages follow one another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_is_noted() -> Result<()> {
    let Some(mut town) = Town::new().await? else {
        return Ok(());
    };
    town.server.stop().await?;
    let key = cli(&town.server, "space key add test spare")?;
    cli(&town.server, "user disable rui --space test")?;
    cli(&town.server, "user enable rui --space test")?;
    let made = cli(&town.server, "user passwd rui --space test --generate")?;
    cli(&town.server, "space policy test --set members_max=77")?;
    let list = cli(&town.server, "user list --space test")?;
    for (name, admin) in [("boss", "server"), ("keeper", "space"), ("ana", "-")] {
        let line = list
            .lines()
            .find(|line| line.starts_with(name))
            .context("a line")?;
        ensure!(line.split_whitespace().any(|word| word == admin), "{line}");
    }
    town.server.restart().await?;
    town.keeper.api = town.keeper.api.at(town.server.public());
    let acts: Vec<(String, String)> = town
        .audit()
        .await?
        .into_iter()
        .take(5)
        .inspect(|line| assert_eq!(line.2, "-", "{line:?}"))
        .map(|line| (line.0, line.1))
        .collect();
    let said = |act: &str, detail: &str| (act.to_owned(), detail.to_owned());
    assert_eq!(
        acts,
        [
            said("space.changed", r#"{"members_max":77}"#),
            said("user.password_changed", "rui"),
            said("user.enabled", "rui"),
            said("user.disabled", "rui"),
            said("key.created", "spare"),
        ]
    );
    let whole = town
        .keeper
        .api
        .must("GET", "/v1/admin/audit?limit=200", None)
        .await?
        .body;
    let password = made.trim().rsplit(' ').next().context("a password")?;
    for secret in [key.trim(), password] {
        ensure!(!whole.to_string().contains(secret), "{whole}");
    }
    let mut paged = Vec::new();
    let mut before = String::new();
    loop {
        let path = format!("/v1/admin/audit?limit=3{before}");
        let page = town.keeper.api.must("GET", &path, None).await?.body;
        let lines = page["lines"].as_array().context("lines")?.clone();
        let Some(last) = lines.last() else { break };
        before = format!("&before={}", last["id"].as_str().context("an id")?);
        paged.extend(lines);
    }
    assert_eq!(json!(paged), whole["lines"]);
    Ok(())
}
