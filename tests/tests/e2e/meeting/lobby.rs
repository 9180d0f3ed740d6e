//! S1.1, S1.3: who comes in, and who waits.

use super::{House, LIVE, is, now};
use anyhow::{Result, ensure};
use klatch_tests::{cli, skipped, token};
use serde_json::json;

/// A secret that the meeting product and the server share.
const SECRET: &str = "q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe";

/// S1.1: those who come by a token or an invitation wait until they are let in, see nothing meanwhile, and keep their place
/// when they come back over another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lobby_lets_nobody_in_unseen() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let meeting = house.meeting(&ana, &[], json!({ "lobby": true })).await?;
    let path = |rest: &str| format!("/v1/channels/{meeting}{rest}");
    let mut organizer = house.ear(&ana.token).await?;
    let invite = house
        .api(&ana.token)?
        .must("POST", &path("/invites"), Some(json!({ "uses_max": 1 })))
        .await?
        .text("code")?;
    let accept = format!("/v1/invites/{invite}/accept");
    is(
        &house.api(&rui.token)?.call("POST", &accept, None).await?,
        "waiting",
    )?;
    let told = organizer.frame("lobby", LIVE).await?;
    ensure!(
        told["state"] == "waiting" && told["user"]["name"] == "rui",
        "{told}"
    );

    let gil = house.guest("Gil", &meeting).await?;
    let guest = house.ear(&gil).await?;
    ensure!(guest.ready()["channels"] == json!([]), "{}", guest.ready());
    let told = organizer.frame("lobby", LIVE).await?;
    ensure!(
        told["state"] == "waiting" && told["user"]["name"] == "Gil",
        "{told}"
    );
    for (method, rest) in [
        ("GET", ""),
        ("GET", "/messages"),
        ("GET", "/members"),
        ("GET", "/lobby"),
    ] {
        let code = if rest.is_empty() { "waiting" } else { "not_found" };
        house.everywhere(&gil, method, &path(rest), code).await?;
    }
    is(&house.send(&gil, &meeting).await?, "not_found")?;
    drop(guest);
    let mut guest = house.ear(&gil).await?;
    ensure!(
        house.lobby(&ana, &meeting).await? == ["rui", "Gil"],
        "each once, as they came"
    );

    is(
        &house.api(&rui.token)?.call("POST", &path("/lobby"), None).await?,
        "not_found",
    )?;
    let gil_id = guest.ready()["user"]["id"].clone();
    let admit = Some(json!({ "user": gil_id }));
    let left = house
        .api(&ana.token)?
        .must("POST", &path("/lobby"), admit)
        .await?;
    ensure!(
        left.body["waiting"].as_array().map(Vec::len) == Some(1),
        "{left:?}"
    );
    let event = guest.event(&meeting, LIVE).await?;
    ensure!(
        event["type"] == "member.joined" && event["role"] == "guest",
        "{event}"
    );
    ensure!(guest.frame("lobby", LIVE).await?["state"] == "admitted");
    is(&house.send(&gil, &meeting).await?, "ok")
}

/// S1.1: who is sent away may come again, and who is banned may not; only those who run the meeting decide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_banned_waits_no_longer() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let gil = house.user("gil").await?;
    let meeting = house.meeting(&ana, &[&gil], json!({ "lobby": true })).await?;
    let path = |rest: &str| format!("/v1/channels/{meeting}{rest}");
    let invite = house
        .api(&ana.token)?
        .must("POST", &path("/invites"), None)
        .await?
        .text("code")?;
    let accept = format!("/v1/invites/{invite}/accept");
    is(
        &house.api(&rui.token)?.call("POST", &accept, None).await?,
        "waiting",
    )?;
    let rui_path = path(&format!("/lobby/{}", rui.user.id));
    is(
        &house.api(&gil.token)?.call("DELETE", &rui_path, None).await?,
        "forbidden",
    )?;
    is(
        &house.api(&ana.token)?.call("DELETE", &rui_path, None).await?,
        "ok",
    )?;
    is(
        &house.api(&ana.token)?.call("DELETE", &rui_path, None).await?,
        "not_found",
    )?;
    is(
        &house.api(&rui.token)?.call("POST", &accept, None).await?,
        "waiting",
    )?;
    let ban = path(&format!("/bans/{}", rui.user.id));
    is(&house.api(&ana.token)?.call("PUT", &ban, None).await?, "ok")?;
    ensure!(
        house.lobby(&ana, &meeting).await?.is_empty(),
        "who is banned waits no longer"
    );
    is(
        &house.api(&rui.token)?.call("POST", &accept, None).await?,
        "banned",
    )
}

/// S1.1: all who wait are let in at once, an invitation counts who came in, and nobody waits for a meeting that is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lobby_is_emptied() -> Result<()> {
    let house = House::new().await?;
    let ana = house.user("ana").await?;
    let meeting = house.meeting(&ana, &[], json!({ "lobby": true })).await?;
    let path = |rest: &str| format!("/v1/channels/{meeting}{rest}");
    let organizer = house.api(&ana.token)?;
    let invite = organizer
        .must("POST", &path("/invites"), None)
        .await?
        .text("code")?;
    let mut people = Vec::new();
    for name in ["b", "c", "d"] {
        let person = house.user(name).await?;
        let accept = format!("/v1/invites/{invite}/accept");
        is(
            &house.api(&person.token)?.call("POST", &accept, None).await?,
            "waiting",
        )?;
        people.push(person);
    }
    let own = path(&format!("/lobby/{}", people[2].user.id));
    is(
        &house.api(&people[2].token)?.call("DELETE", &own, None).await?,
        "ok",
    )?;
    ensure!(house.lobby(&ana, &meeting).await? == ["b", "c"]);
    let left = organizer.must("POST", &path("/lobby"), None).await?;
    ensure!(left.body["waiting"] == json!([]), "{left:?}");
    for person in &people[..2] {
        is(&house.send(&person.token, &meeting).await?, "ok")?;
    }
    let invites = organizer.must("GET", &path("/invites"), None).await?;
    ensure!(invites.body["invites"][0]["uses"] == 2, "{invites:?}");
    let late = house.guest("Late", &meeting).await?;
    let mut ear = house.ear(&late).await?;
    ensure!(house.lobby(&ana, &meeting).await? == ["Late"]);
    is(&organizer.call("DELETE", &path(""), None).await?, "ok")?;
    let told = ear.frame("lobby", LIVE).await?;
    let told = if told["state"] == "waiting" {
        ear.frame("lobby", LIVE).await?
    } else {
        told
    };
    ensure!(told["state"] == "gone", "{told}");
    house.everywhere(&late, "GET", &path(""), "not_found").await
}

/// S1.3: the meeting product's own tokens say who organizes and who takes part; the organizer needs no lobby.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_the_meeting_product_bring_organizers_and_participants() -> Result<()> {
    let mut house = House::new().await?;
    if !house.server.storage().is_durable() {
        skipped("tokens of an issuer: a server's memory cannot be told of one");
        return Ok(());
    }
    house.server.stop().await?;
    std::fs::write(house.server.folder().join("secret"), SECRET)?;
    let add = "space issuer add test https://meetings.example/ --secret-file secret";
    cli(&house.server, add)?;
    house.server.restart().await?;
    let body = json!({ "kind": "meeting", "name": "Review", "rules": { "lobby": true } });
    let system = house.api(house.server.api_key())?;
    let meeting = system
        .must("POST", "/v1/channels", Some(body))
        .await?
        .text("id")?;
    let exp = now()? / 1000 + 600;
    let token = |subject: &str, role: &str| {
        let claims = json!({ "iss": "https://meetings.example/", "sub": subject, "name": subject, "exp": exp,
            "channels": [meeting], "role": role });
        token::hs256(&json!({ "alg": "HS256" }), &claims, SECRET.as_bytes())
    };
    let (olga, paul) = (token("olga", "organizer")?, token("paul", "participant")?);
    let organizer = house.ear(&olga).await?;
    ensure!(organizer.ready()["channels"][0]["channel"] == meeting.as_str());
    is(&house.send(&paul, &meeting).await?, "not_found")?;
    let path = format!("/v1/channels/{meeting}/lobby");
    let waiting = house.api(&olga)?.must("GET", &path, None).await?;
    ensure!(
        waiting.body["waiting"][0]["user"]["name"] == "paul",
        "{waiting:?}"
    );
    ensure!(waiting.body["waiting"][0]["role"] == "member", "{waiting:?}");
    house.api(&olga)?.must("POST", &path, None).await?;
    is(&house.send(&paul, &meeting).await?, "ok")
}
