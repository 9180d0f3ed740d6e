//! Accounts, as administrators see and change them.

use super::{PASSWORD, Town, sign_in, soon};
use anyhow::{Context, Result, ensure};
use klatch_tests::Api;
use serde_json::{Value, json};

fn usernames(page: &Value) -> Vec<&str> {
    let users = page["users"].as_array().map_or(&[][..], Vec::as_slice);
    users
        .iter()
        .filter_map(|user| user["username"].as_str())
        .collect()
}

async fn change(who: &Api, id: &str, body: Value) -> Result<(String, Value)> {
    let answer = who
        .call("PATCH", &format!("/v1/admin/users/{id}"), Some(body))
        .await?;
    Ok((answer.code().to_owned(), answer.body))
}

/// Everyone is told what they administer; a token that was made on an administrator's behalf gives none of their rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_know_it_and_their_rights_are_theirs_alone() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    for (person, admin) in [
        (&town.boss, json!("server")),
        (&town.keeper, json!("space")),
        (&town.ana, Value::Null),
    ] {
        let me = person.api.must("GET", "/v1/me", None).await?.body;
        assert_eq!(me["admin"], admin, "{me}");
    }
    let body = json!({ "user": town.boss.id });
    let behalf = town.back_end.must("POST", "/v1/tokens", Some(body)).await?;
    let behalf = town.nobody.with(behalf.text("access_token")?);
    assert_eq!(
        behalf.must("GET", "/v1/me", None).await?.body["admin"],
        Value::Null
    );
    let asked = behalf.call("GET", "/v1/admin/users", None).await?;
    assert_eq!(asked.code(), "forbidden");
    Ok(())
}

/// All accounts are found, page by page, with what an administrator wants to know of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_looked_through() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let keeper = &town.keeper.api;
    let all = keeper.must("GET", "/v1/admin/users", None).await?.body;
    assert_eq!(usernames(&all), ["ana", "boss", "keeper", "rui", "system"]);
    let first = keeper.must("GET", "/v1/admin/users?limit=2", None).await?.body;
    assert_eq!(usernames(&first), ["ana", "boss"]);
    let rest = keeper
        .must("GET", "/v1/admin/users?after=boss&limit=2", None)
        .await?
        .body;
    assert_eq!(usernames(&rest), ["keeper", "rui"]);
    let found = keeper.must("GET", "/v1/admin/users?query=EEP", None).await?.body;
    assert_eq!(usernames(&found), ["keeper"]);
    let shown = &found["users"][0];
    assert_eq!(
        (
            &shown["kind"],
            &shown["admin"],
            &shown["devices"],
            &shown["disabled_at"]
        ),
        (&json!("person"), &json!("space"), &json!(1), &Value::Null)
    );
    ensure!(shown["created_at"].as_i64() > Some(1_600_000_000_000), "{shown}");
    Ok(())
}

/// Who is disabled is signed out and not let in, on every node, until they are enabled again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_disabled_and_enabled() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let (code, shown) = change(&town.keeper.api, &town.ana.id, json!({ "disabled": true })).await?;
    assert_eq!((code.as_str(), &shown["devices"]), ("ok", &json!(0)), "{shown}");
    ensure!(shown["disabled_at"].is_i64(), "{shown}");
    soon("revoked", || async {
        Ok(town.ana.api.call("GET", "/v1/me", None).await?.code().to_owned())
    })
    .await?;
    let login = json!({ "space": "test", "username": "ana", "password": PASSWORD });
    let refused = town.nobody.call("POST", "/v1/auth/login", Some(login)).await?;
    assert_eq!(refused.code(), "bad_credentials");
    let (code, shown) = change(&town.keeper.api, &town.ana.id, json!({ "disabled": false })).await?;
    assert_eq!((code.as_str(), &shown["disabled_at"]), ("ok", &Value::Null));
    sign_in(&town.nobody, "ana", PASSWORD).await?;
    let audit = town.audit().await?;
    let said = |act: &str, detail: &str| (act.to_owned(), detail.to_owned(), "keeper".to_owned());
    assert_eq!(
        audit[..2],
        [said("user.enabled", "ana"), said("user.disabled", "ana")]
    );
    Ok(())
}

/// An account gets another name, and is signed out everywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_renamed_and_signed_out() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let (code, shown) = change(&town.keeper.api, &town.rui.id, json!({ "name": "Rui Sá" })).await?;
    assert_eq!((code.as_str(), &shown["name"]), ("ok", &json!("Rui Sá")));
    let path = format!("/v1/admin/users/{}/devices", town.rui.id);
    town.keeper.api.must("DELETE", &path, None).await?;
    soon("revoked", || async {
        Ok(town.rui.api.call("GET", "/v1/me", None).await?.code().to_owned())
    })
    .await?;
    let audit = town.audit().await?;
    let acts: Vec<&str> = audit.iter().take(2).map(|line| line.0.as_str()).collect();
    assert_eq!(acts, ["user.signed_out", "user.renamed"]);
    assert_eq!(audit[1].1, "rui: Rui Sá");
    // Nothing is noted where nothing changed.
    change(
        &town.keeper.api,
        &town.rui.id,
        json!({ "name": "Rui Sá", "disabled": false }),
    )
    .await?;
    assert_eq!(town.audit().await?.len(), audit.len());
    Ok(())
}

/// An account is made with a password, or with one that is made up and told this once; the audit log has neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_are_made() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let make = async |body: Value| town.keeper.api.call("POST", "/v1/admin/users", Some(body)).await;
    let made = make(json!({ "username": "eva", "name": "Eva" })).await?;
    assert_eq!((made.status, &made.body["user"]["name"]), (201, &json!("Eva")));
    let password = made.text("password")?;
    let eva = sign_in(&town.nobody, "eva", &password).await?;
    assert_eq!(made.body["user"]["id"], json!(eva.id));
    let given = "a given password";
    let made = make(json!({ "username": "leo", "password": given })).await?;
    assert_eq!((made.status, &made.body["password"]), (201, &Value::Null));
    sign_in(&town.nobody, "leo", given).await?;
    for (body, code) in [
        (json!({ "username": "eva" }), "exists"),
        (json!({ "username": "system" }), "exists"),
        (json!({ "username": "new", "password": "short" }), "invalid"),
    ] {
        assert_eq!(make(body.clone()).await?.code(), code, "{body}");
    }
    let log = town.keeper.api.must("GET", "/v1/admin/audit", None).await?.body;
    let text = log.to_string();
    ensure!(!text.contains(&password) && !text.contains(given), "{text}");
    ensure!(
        !town.server.log().contains(&password),
        "the password is in the server's log"
    );
    let lines = log["lines"].as_array().context("lines")?;
    ensure!(lines[0]["target"].is_string(), "{log}");
    assert_eq!(
        town.audit().await?[1],
        ("user.created".into(), "eva".into(), "keeper".into())
    );
    Ok(())
}

/// Rights are given and taken by administrators of the server alone, hold within seconds, and nobody loses their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_are_given_and_taken() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let (boss, keeper) = (&town.boss, &town.keeper);
    let may_list = || async {
        let listed = town.ana.api.call("GET", "/v1/admin/users", None).await?;
        Ok(listed.code().to_owned())
    };
    let no = "forbidden";
    for (who, whom, body, code) in [
        (keeper, &town.ana, json!({ "admin": "space" }), no),
        (keeper, keeper, json!({ "admin": "server" }), no),
        (keeper, boss, json!({ "disabled": true }), no),
        (keeper, boss, json!({ "name": "Nobody" }), no),
        (keeper, keeper, json!({ "disabled": true }), no),
        (boss, boss, json!({ "admin": "none" }), no),
        (boss, boss, json!({ "admin": "space" }), no),
        (boss, boss, json!({ "disabled": true }), no),
        (boss, boss, json!({ "admin": "server" }), "ok"),
    ] {
        let (told, _) = change(&who.api, &whom.id, body.clone()).await?;
        assert_eq!(told, code, "{body}");
    }
    let signing_out = keeper
        .api
        .call("DELETE", &format!("/v1/admin/users/{}/devices", boss.id), None)
        .await?;
    assert_eq!(signing_out.code(), no);

    assert_eq!(may_list().await?, no);
    let (code, shown) = change(&boss.api, &town.ana.id, json!({ "admin": "space" })).await?;
    assert_eq!((code.as_str(), &shown["admin"]), ("ok", &json!("space")));
    soon("ok", may_list).await?;
    let (code, shown) = change(&boss.api, &town.ana.id, json!({ "admin": "none" })).await?;
    assert_eq!((code.as_str(), &shown["admin"]), ("ok", &Value::Null));
    soon(no, may_list).await?;
    let audit = town.audit().await?;
    let said = |detail: &str| {
        (
            "user.admin_changed".to_owned(),
            detail.to_owned(),
            "boss".to_owned(),
        )
    };
    assert_eq!(audit[..2], [said("ana: none"), said("ana: space")]);

    let guest = town
        .back_end
        .must("POST", "/v1/guests", Some(json!({ "name": "Guest" })))
        .await?;
    let guest = guest.body["user"]["id"].as_str().context("an id")?.to_owned();
    let (code, _) = change(&boss.api, &guest, json!({ "admin": "space" })).await?;
    assert_eq!(code, "invalid");
    let me = town.back_end.must("GET", "/v1/me", None).await?.body;
    let system = me["user"]["id"].as_str().context("an id")?;
    assert_eq!(
        change(&boss.api, system, json!({ "disabled": true })).await?.0,
        no
    );
    Ok(())
}
