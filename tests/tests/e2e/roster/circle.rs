//! S0.12: groups from one's social circle.

use super::{channels, school, sign_in};
use anyhow::{Context, Result, ensure};
use klatch_testkit::ServerOptions;
use klatch_tests::{Socket, code};
use serde_json::{Value, json};

fn roster() -> Value {
    let people = ["ana", "rui", "eva", "tom", "leo"];
    let users: Vec<Value> = people.iter().map(|user| json!({ "username": user })).collect();
    json!({
        "users": users,
        "groups": [
            { "id": "c1", "kind": "course", "title": "Algebra" },
            { "id": "k1", "kind": "class", "title": "A1", "parent": "c1" },
            { "id": "k2", "kind": "class", "title": "A2", "parent": "c1" },
            { "id": "k3", "kind": "class", "title": "Other" },
        ],
        "enrolments": [
            { "user": "ana", "group": "k1" }, { "user": "rui", "group": "k1" },
            { "user": "eva", "group": "k2" }, { "user": "tom", "group": "k3" }, { "user": "leo", "group": "k3" },
        ],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_made_of_the_people_of_ones_classes() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    back_end.must("PUT", "/v1/roster", Some(roster())).await?;
    let ana = sign_in(&back_end, "ana").await?;
    let circle = ana.must("GET", "/v1/circle", None).await?.body;
    let people = circle["people"].as_array().context("people")?;
    let names: Vec<&str> = people
        .iter()
        .filter_map(|person| person["user"]["username"].as_str())
        .collect();
    assert_eq!(
        names,
        ["rui", "eva"],
        "of one's class, then of one's course, and nobody else"
    );
    assert_eq!(people[0]["shared"].as_array().map(Vec::len), Some(2));

    let eva = people[1]["user"]["id"].clone();
    let key = uuid::Uuid::now_v7();
    let body = json!({ "name": "Study group", "users": [eva], "key": key });
    let made = ana.must("POST", "/v1/circle/group", Some(body.clone())).await?;
    assert_eq!(made.status, 201);
    let again = ana.must("POST", "/v1/circle/group", Some(body)).await?;
    assert_eq!((again.status, &again.body["id"]), (200, &made.body["id"]));
    let eva = sign_in(&back_end, "eva").await?;
    ensure!(channels(&eva).await?.contains("Study group"));

    let tom = sign_in(&back_end, "tom").await?;
    let tom = tom.must("GET", "/v1/me", None).await?.body["user"]["id"].clone();
    let stranger = json!({ "name": "x", "users": [tom] });
    let refused = ana.call("POST", "/v1/circle/group", Some(stranger)).await?;
    assert_eq!((refused.status, refused.code()), (422, "invalid"), "{refused:?}");

    let socket = Socket::open(server.public(), ana.token().unwrap_or_default()).await?;
    let answer = socket.ask(json!({ "op": "circle", "limit": 1 })).await?;
    assert_eq!(answer["ok"]["people"][0]["user"]["username"], "rui", "{answer}");
    let create = json!({ "op": "circle_create", "name": "Nearest", "nearest": 1 });
    let answer = socket.ask(create).await?;
    assert_eq!(answer["ok"]["channel"]["members"], 2, "{answer}");
    for wrong in [
        json!({ "op": "circle", "limit": 0 }),
        json!({ "op": "circle_create", "name": "x" }),
        json!({ "op": "circle_create", "name": "x", "nearest": 101 }),
        json!({ "op": "circle_create", "name": "x", "nearest": 1, "users": [tom] }),
        json!({ "op": "circle_create", "name": "x", "users": [] }),
    ] {
        let answer = socket.ask(wrong.clone()).await?;
        assert_eq!(code(&answer), "invalid", "{wrong}: {answer}");
    }
    Ok(())
}
