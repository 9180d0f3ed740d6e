//! S0.5: the campus chat's routes for other services, on the internal listener and nowhere else.

use super::Town;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(|m| m["message"].as_str()).collect()
}

/// S0.5: a group is made, read, listed by user, and `/group/messages` is not taken for a group.
#[tokio::test]
async fn groups_are_made_and_read() -> Result<()> {
    let town = Town::new().await?;
    let inside = town.inside()?;
    let body = json!({ "name": "Physics", "users": ["up201906680", "johndoe"] });
    let made = inside.must("POST", "/group/", Some(body)).await?;
    ensure!(made.status == 201 && made.body["name"] == "Physics", "{made:?}");
    let id = made.text("id")?;
    for path in [
        format!("/group/{id}"),
        format!("/group/{id}/"),
        "/group/Physics".to_owned(),
    ] {
        let read = inside.must("GET", &path, None).await?;
        ensure!(read.body == made.body, "{path}: {read:?}");
    }
    let mut users: Vec<&str> = made.body["users"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    users.sort_unstable();
    ensure!(users == ["johndoe", "up201906680"], "{users:?}");
    let all = inside.must("GET", "/group/", None).await?.body;
    ensure!(all.as_array().map(Vec::len) == Some(2), "{all}");
    let of_jane = inside.must("GET", "/group/user/+1234567890", None).await?.body;
    ensure!(
        of_jane.as_array().map(Vec::len) == Some(1) && of_jane[0]["name"] == "Maths",
        "{of_jane}"
    );

    for n in 0..3 {
        let body = json!({ "group": id, "from": "johndoe", "message": format!("m{n}") });
        inside.must("POST", "/message/", Some(body)).await?;
    }
    let asked = json!({ "groupID": id, "page": 0, "perPage": 2 });
    let by_body = inside.must("GET", "/group/messages", Some(asked)).await?.body;
    ensure!(
        by_body[0]["id"] == id && texts(&by_body[0]["messages"]) == ["m2", "m1"],
        "{by_body}"
    );
    let path = format!("/group/messages?groupID={id}&page=1&perPage=2");
    let by_query = inside.must("GET", &path, None).await?.body;
    ensure!(texts(&by_query[0]["messages"]) == ["m0"], "{by_query}");
    let none = inside.call("GET", "/group/messages", None).await?;
    ensure!((none.status, none.code()) == (422, "invalid"), "{none:?}");
    Ok(())
}

/// S0.5: messages are posted as a member, found by id, and come in pages over all groups.
#[tokio::test]
async fn messages_are_posted_and_found() -> Result<()> {
    let town = Town::new().await?;
    let inside = town.inside()?;
    let second = json!({ "name": "Physics", "users": ["johndoe"] });
    inside.must("POST", "/group", Some(second)).await?;
    for (group, text) in [("Maths", "one"), ("Physics", "two"), ("Maths", "three")] {
        let body = json!({ "group": group, "from": "johndoe", "message": text });
        let posted = inside.must("POST", "/message/", Some(body)).await?;
        ensure!(
            posted.status == 201 && posted.body["from"] == "johndoe",
            "{posted:?}"
        );
        let id = posted.text("id")?;
        let found = inside.must("GET", &format!("/message/{id}"), None).await?;
        ensure!(found.body == posted.body, "{found:?}");
    }
    let newest = inside.must("GET", "/message/?page=0&perPage=2", None).await?.body;
    let rest = inside
        .must("GET", "/message/", Some(json!({ "page": 1, "perPage": 2 })))
        .await?
        .body;
    let mut all = [texts(&newest), texts(&rest)].concat();
    ensure!(all.len() == 3, "{newest} {rest}");
    all.sort_unstable();
    ensure!(all == ["one", "three", "two"], "{all:?}");
    for (body, expected) in [
        (
            json!({ "group": "Physics", "from": "+1234567890", "message": "x" }),
            (404, "not_found"),
        ),
        (
            json!({ "group": "Maths", "from": "nobody", "message": "x" }),
            (404, "not_found"),
        ),
        (
            json!({ "group": "Maths", "from": "system", "message": "x" }),
            (404, "not_found"),
        ),
        (
            json!({ "group": "Chemistry", "from": "johndoe", "message": "x" }),
            (404, "not_found"),
        ),
        (json!({ "group": "Maths", "from": "johndoe" }), (422, "invalid")),
        (
            json!({ "group": "Maths", "from": "johndoe", "message": "x".repeat(4_001) }),
            (413, "too_large"),
        ),
    ] {
        let answer = inside.call("POST", "/message/", Some(body.clone())).await?;
        ensure!((answer.status, answer.code()) == expected, "{body}: {answer:?}");
    }
    for (id, expected) in [
        ("x", 422),
        ("x:1", 422),
        ("0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f:1", 404),
    ] {
        let answer = inside.call("GET", &format!("/message/{id}"), None).await?;
        ensure!(answer.status == expected, "{id}: {answer:?}");
    }
    Ok(())
}

/// S0.2, S0.5: a user's names are changed; a name that is taken is refused.
#[tokio::test]
async fn users_are_listed_and_renamed() -> Result<()> {
    let town = Town::new().await?;
    let inside = town.inside()?;
    let users = inside.must("GET", "/user/", None).await?.body;
    let names: Vec<&str> = users
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|u| u["up"].as_str())
        .collect();
    ensure!(names == ["+1234567890", "johndoe", "up201906680"], "{users}");
    let change = json!({ "username": "john", "name": "John Doe" });
    let changed = inside.must("POST", "/user/johndoe", Some(change)).await?;
    ensure!(
        changed.body["up"] == "john" && changed.body["name"] == "John Doe",
        "{changed:?}"
    );
    for online in [true, false] {
        let flag = json!({ "online": online });
        let flagged = inside.must("POST", "/user/john", Some(flag)).await?;
        ensure!(flagged.body["online"] == online, "{flagged:?}");
        let began = std::time::Instant::now();
        loop {
            let users = inside.must("GET", "/user/", None).await?.body;
            let mut all = users.as_array().into_iter().flatten();
            if all.any(|user| user["up"] == "john" && user["online"] == online) {
                break;
            }
            ensure!(began.elapsed() < std::time::Duration::from_secs(30), "{users}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    let gone = inside.call("POST", "/user/johndoe", Some(json!({}))).await?;
    ensure!(gone.code() == "not_found", "{gone:?}");
    for taken in ["up201906680", "system"] {
        let answer = inside
            .call("POST", "/user/john", Some(json!({ "username": taken })))
            .await?;
        ensure!((answer.status, answer.code()) == (409, "exists"), "{answer:?}");
    }
    let answer = inside
        .call("POST", "/user/john", Some(json!({ "username": "a b" })))
        .await?;
    ensure!((answer.status, answer.code()) == (422, "invalid"), "{answer:?}");
    Ok(())
}

/// S0.5: which space is meant has to be said where there are several, and one that is not there is told.
#[tokio::test]
async fn a_space_is_named() -> Result<()> {
    let town = Town::new().await?;
    let inside = town.inside()?;
    let space = town.server.space();
    let named = inside
        .must("GET", &format!("/group/?space={space}"), None)
        .await?
        .body;
    ensure!(named[0]["name"] == "Maths", "{named}");
    let other = inside.call("GET", "/group/?space=elsewhere", None).await?;
    ensure!((other.status, other.code()) == (404, "not_found"), "{other:?}");
    Ok(())
}

/// S0.5: none of these addresses is on the public listener, with whatever token.
#[tokio::test]
async fn the_public_listener_answers_none_of_it() -> Result<()> {
    let town = Town::new().await?;
    let document = town.inside()?.must("GET", "/openapi.json", None).await?.body;
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    ensure!(paths.len() == 8, "{:?}", paths.keys());
    let callers = [
        town.api(&town.ana)?,
        town.api(&town.ana)?.with(town.server.api_key()),
    ];
    for (path, item) in paths {
        let target = path.replace("{id}", &town.group).replace("{up}", "johndoe");
        for method in item.as_object().into_iter().flat_map(|item| item.keys()) {
            for caller in &callers {
                let body = (method == "post").then(|| json!({}));
                let answer = caller.call(&method.to_uppercase(), &target, body).await?;
                ensure!(answer.status == 404, "{method} {target}: {answer:?}");
            }
        }
    }
    Ok(())
}
