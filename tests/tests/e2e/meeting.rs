//! S1.1, S1.2, S1.7: meetings over every storage and from node to node: who comes in and when, who may speak and how often,
//! how they end, and what is kept of them.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::{Answer, Api, Ear, cli, skipped, token};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// How soon people are told.
const LIVE: Duration = Duration::from_secs(5);
/// How long until what was decided on one node holds on all.
const EVERYWHERE: Duration = Duration::from_secs(5);
/// A secret that the meeting product and the server share.
const SECRET: &str = "q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe";

/// A server of the profile `meeting`; each call goes to the next node.
struct House {
    server: Server,
}

impl House {
    async fn new() -> Result<Self> {
        let options = ServerOptions {
            profile: "meeting".to_owned(),
            ..ServerOptions::default()
        };
        let server = Server::start_with(options).await?;
        Ok(Self { server })
    }

    async fn user(&self, name: &str) -> Result<TestClient> {
        Ok(self.server.tenant()?.user(name).await?)
    }

    fn api(&self, token: &str) -> Result<Api> {
        Ok(Api::new(self.server.public())?.with(token))
    }

    async fn ear(&self, token: &str) -> Result<Ear> {
        Ear::open(self.server.public(), token).await
    }

    /// A meeting of the organizer and these participants.
    async fn meeting(&self, organizer: &TestClient, others: &[&TestClient], rules: Value) -> Result<String> {
        let members: Vec<_> = others.iter().map(|other| other.user.id).collect();
        let body = json!({ "kind": "meeting", "name": "Stand-up", "members": members, "rules": rules });
        self.api(&organizer.token)?
            .must("POST", "/v1/channels", Some(body))
            .await?
            .text("id")
    }

    async fn rules(&self, who: &TestClient, meeting: &str, rules: Value) -> Result<Answer> {
        let path = format!("/v1/channels/{meeting}/rules");
        self.api(&who.token)?
            .call("PATCH", &path, Some(json!({ "rules": rules })))
            .await
    }

    async fn send(&self, token: &str, meeting: &str) -> Result<Answer> {
        self.say(token, meeting, Uuid::now_v7()).await
    }

    async fn say(&self, token: &str, meeting: &str, key: Uuid) -> Result<Answer> {
        let body = json!({ "key": key, "text": "hello" });
        self.api(token)?
            .call("POST", &format!("/v1/channels/{meeting}/messages"), Some(body))
            .await
    }

    /// The token of a guest who is put into a meeting.
    async fn guest(&self, name: &str, meeting: &str) -> Result<String> {
        let body = json!({ "name": name, "channels": [meeting] });
        self.api(self.server.api_key())?
            .must("POST", "/v1/guests", Some(body))
            .await?
            .text("access_token")
    }

    async fn lobby(&self, who: &TestClient, meeting: &str) -> Result<Vec<String>> {
        let path = format!("/v1/channels/{meeting}/lobby");
        let answer = self.api(&who.token)?.must("GET", &path, None).await?;
        let waiting = answer.body["waiting"].as_array().context("those who wait")?;
        let name = |entry: &Value| entry["user"]["name"].as_str().unwrap_or_default().to_owned();
        Ok(waiting.iter().map(name).collect())
    }

    /// Asks every node until all of them answer this.
    async fn everywhere(&self, token: &str, method: &str, path: &str, code: &str) -> Result<()> {
        let until = Instant::now() + EVERYWHERE;
        for node in self.server.nodes() {
            let api = Api::new(node.public())?.with(token);
            loop {
                let answer = api.call(method, path, None).await?;
                if answer.code() == code {
                    break;
                }
                ensure!(
                    Instant::now() < until,
                    "{method} {path}: {answer:?}, and not {code}"
                );
            }
        }
        Ok(())
    }
}

/// The time now, Unix milliseconds.
fn now() -> Result<u64> {
    Ok(u64::try_from(
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis(),
    )?)
}

fn is(answer: &Answer, code: &str) -> Result<()> {
    ensure!(answer.code() == code, "{answer:?}, and not {code}");
    Ok(())
}

/// S1.1: until it begins, those who run a meeting prepare it and the others read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_it_begins_only_those_who_prepare_it_send() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let later = now()? + 3_600_000;
    let rules = json!({ "starts_at": later, "ends_at": later + 1_800_000 });
    let meeting = house.meeting(&ana, &[&rui], rules.clone()).await?;
    let seen = house
        .api(&rui.token)?
        .must("GET", &format!("/v1/channels/{meeting}"), None)
        .await?;
    ensure!(seen.body["rules"] == rules, "{seen:?}");
    is(&house.send(&ana.token, &meeting).await?, "ok")?;
    is(&house.send(&rui.token, &meeting).await?, "not_started")?;
    is(&house.send(house.server.api_key(), &meeting).await?, "ok")?;
    let history = house
        .api(&rui.token)?
        .must("GET", &format!("/v1/channels/{meeting}/messages"), None)
        .await?;
    ensure!(
        history.body["messages"].as_array().map(Vec::len) == Some(2),
        "{history:?}"
    );
    is(
        &house.rules(&rui, &meeting, json!({ "starts_at": 0 })).await?,
        "forbidden",
    )?;
    let mut ear = house.ear(&rui.token).await?;
    is(
        &house.rules(&ana, &meeting, json!({ "starts_at": 0 })).await?,
        "ok",
    )?;
    let event = ear.event(&meeting, LIVE).await?;
    ensure!(event["type"] == "channel.rules_changed", "{event}");
    ensure!(
        event["rules"] == json!({ "ends_at": later + 1_800_000 }),
        "{event}"
    );
    is(&house.send(&rui.token, &meeting).await?, "ok")
}

/// S1.1: at its end a meeting can only be read, at once and for everybody, and the log says so exactly once; an end that was
/// moved is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meeting_ends_by_itself_once() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let first_end = now()? + 4_000;
    let meeting = house
        .meeting(&ana, &[&rui], json!({ "ends_at": first_end }))
        .await?;
    let mut ear = house.ear(&rui.token).await?;
    let end = first_end + 2_500;
    is(
        &house.rules(&ana, &meeting, json!({ "ends_at": end })).await?,
        "ok",
    )?;
    ensure!(ear.event(&meeting, LIVE).await?["type"] == "channel.rules_changed");
    loop {
        let asked = now()?;
        let answer = house.send(&rui.token, &meeting).await?;
        if answer.code() == "archived" {
            ensure!(now()? >= end, "it ended before its end");
            break;
        }
        is(&answer, "ok")?;
        ensure!(asked < end, "someone sent after the end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    is(&house.send(&ana.token, &meeting).await?, "archived")?;
    is(&house.send(house.server.api_key(), &meeting).await?, "archived")?;
    is(
        &house
            .rules(&ana, &meeting, json!({ "ends_at": end + 60_000 }))
            .await?,
        "archived",
    )?;
    let closed = loop {
        let event = ear.event(&meeting, LIVE).await?;
        if event["type"] != "message.posted" {
            break event;
        }
    };
    ensure!(closed["type"] == "channel.archived", "{closed}");
    ensure!(closed["actor"] == ana.user.id.to_string(), "{closed}");
    ensure!(closed["at"].as_u64() >= Some(end), "{closed}");
    let channel = house
        .api(&rui.token)?
        .must("GET", &format!("/v1/channels/{meeting}"), None)
        .await?;
    ensure!(channel.body["archived"] == true, "{channel:?}");
    ensure!(
        channel.body["head"] == closed["seq"],
        "nothing came after it: {channel:?}"
    );
    Ok(())
}

/// S1.1: the organizer ends a meeting before its time; its end by the clock is then nothing more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meeting_is_closed_before_its_end() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let end = now()? + 4_000;
    let meeting = house.meeting(&ana, &[&rui], json!({ "ends_at": end })).await?;
    let path = format!("/v1/channels/{meeting}");
    is(
        &house.api(&rui.token)?.call("DELETE", &path, None).await?,
        "forbidden",
    )?;
    is(&house.api(&ana.token)?.call("DELETE", &path, None).await?, "ok")?;
    house
        .everywhere(&rui.token, "POST", &format!("{path}/typing"), "archived")
        .await?;
    let head = house
        .api(&rui.token)?
        .must("GET", &path, None)
        .await?
        .number("head")?;
    // The late work of the end is due: it finds the meeting closed.
    tokio::time::sleep(Duration::from_millis(end.saturating_sub(now()?) + 2_500)).await;
    let after = house
        .api(&rui.token)?
        .must("GET", &path, None)
        .await?
        .number("head")?;
    ensure!(after == head, "something came after the end: {head} and {after}");
    Ok(())
}

/// S1.1: those who come by a token or an invitation wait until they are let in, see nothing meanwhile, and keep their place
/// when they come back over another node; who is sent away or banned is out.
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
    let mut guest = house.ear(&gil).await?;
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
    is(&house.send(&gil, &meeting).await?, "ok")?;

    let rui_path = path(&format!("/lobby/{}", rui.user.id));
    is(
        &house.api(&gil)?.call("DELETE", &rui_path, None).await?,
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

/// S1.1: all are muted but those who run the meeting, and can read on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_are_muted_at_once() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui, eva) = (
        house.user("ana").await?,
        house.user("rui").await?,
        house.user("eva").await?,
    );
    let meeting = house.meeting(&ana, &[&rui, &eva], json!({})).await?;
    let role = Some(json!({ "role": "moderator" }));
    let path = format!("/v1/channels/{meeting}/members/{}", eva.user.id);
    house.api(&ana.token)?.must("PATCH", &path, role).await?;
    is(
        &house.rules(&rui, &meeting, json!({ "muted_all": true })).await?,
        "forbidden",
    )?;
    is(
        &house.rules(&eva, &meeting, json!({ "muted_all": true })).await?,
        "ok",
    )?;
    let typing = format!("/v1/channels/{meeting}/typing");
    house.everywhere(&rui.token, "POST", &typing, "muted").await?;
    is(&house.send(&rui.token, &meeting).await?, "muted")?;
    is(&house.send(&eva.token, &meeting).await?, "ok")?;
    is(&house.send(&ana.token, &meeting).await?, "ok")?;
    is(
        &house.rules(&ana, &meeting, json!({ "muted_all": false })).await?,
        "ok",
    )?;
    house.everywhere(&rui.token, "POST", &typing, "ok").await?;
    is(&house.send(&rui.token, &meeting).await?, "ok")
}

/// S1.1: in slow mode a member sends once in the time, whichever node they ask; moderators and repetitions need not wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_mode_is_one_message_at_a_time() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let meeting = house.meeting(&ana, &[&rui], json!({ "slow_mode_s": 3 })).await?;
    let key = Uuid::now_v7();
    is(&house.say(&rui.token, &meeting, key).await?, "ok")?;
    let sent = Instant::now();
    for node in house.server.nodes() {
        let body = json!({ "key": Uuid::now_v7(), "text": "again" });
        let path = format!("/v1/channels/{meeting}/messages");
        let api = Api::new(node.public())?.with(&rui.token);
        let refused = api.call("POST", &path, Some(body)).await?;
        is(&refused, "slow_mode")?;
        ensure!(refused.status == 429, "{refused:?}");
        let wait = refused.number("retry_after_ms")?;
        ensure!(wait > 0 && wait <= 3_000, "{refused:?}");
    }
    let again = house.say(&rui.token, &meeting, key).await?;
    ensure!(again.body["duplicate"] == true, "{again:?}");
    for _ in 0..2 {
        is(&house.send(&ana.token, &meeting).await?, "ok")?;
    }
    loop {
        let answer = house.send(&rui.token, &meeting).await?;
        if answer.code() == "ok" {
            break;
        }
        is(&answer, "slow_mode")?;
        ensure!(sent.elapsed() < Duration::from_secs(6), "the pause never ended");
        tokio::time::sleep(Duration::from_millis(answer.number("retry_after_ms")?)).await;
    }
    ensure!(
        sent.elapsed() >= Duration::from_millis(2_500),
        "the pause was too short"
    );
    Ok(())
}

/// S1.1: those who come late see the past if the meeting says so, and never more than the policy allows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latecomers_see_what_the_meeting_allows() -> Result<()> {
    let house = House::new().await?;
    let ana = house.user("ana").await?;
    let mut seen = Vec::new();
    for (number, history) in ["since_join", "all"].into_iter().enumerate() {
        let meeting = house.meeting(&ana, &[], json!({})).await?;
        let set = house.rules(&ana, &meeting, json!({ "history": history })).await?;
        if set.code() == "invalid" {
            continue; // the policy is the stricter one
        }
        is(&set, "ok")?;
        is(&house.send(&ana.token, &meeting).await?, "ok")?;
        let late = house.guest(&format!("late {number}"), &meeting).await?;
        let path = format!("/v1/channels/{meeting}/messages");
        let messages = house.api(&late)?.must("GET", &path, None).await?;
        let count = messages.body["messages"].as_array().map_or(0, Vec::len);
        seen.push((history, count));
    }
    ensure!(seen.first() == Some(&("since_join", 0)), "{seen:?}");
    ensure!(seen.get(1).is_none_or(|seen| *seen == ("all", 1)), "{seen:?}");
    Ok(())
}

/// What the file of a transcript is made of.
async fn file(house: &House, token: &str, meeting: &str, format: &str) -> Result<(String, String, String)> {
    let url = format!(
        "{}/v1/channels/{meeting}/transcript?format={format}",
        house.server.base()
    );
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .get(url)
        .bearer_auth(token)
        .send()
        .await?;
    ensure!(response.status() == 200, "{response:?}");
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (disposition, policy) = (header("content-disposition"), header("content-security-policy"));
    Ok((response.text().await?, disposition, policy))
}

/// S1.1: the organizer takes a transcript along in three forms, of every page, with all that changed later; it harms nobody
/// who opens it, and is nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_organizer_takes_the_transcript_along() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let meeting = house.meeting(&ana, &[&rui], json!({})).await?;
    let path = |rest: &str| format!("/v1/channels/{meeting}{rest}");
    let api = house.api(&rui.token)?;
    let formula = api.send(&meeting, "=HYPERLINK(\"x\"), \"quoted\"").await?;
    let markup = api.send(&meeting, "<script>alert(1)</script>").await?;
    let edited = api.send(&meeting, "frist").await?;
    let deleted = api.send(&meeting, "a secret").await?;
    for number in 0..250 {
        api.send(&meeting, &format!("line {number}")).await?;
    }
    let message = |seq: u64| path(&format!("/messages/{seq}"));
    api.must("PATCH", &message(edited), Some(json!({ "text": "first" })))
        .await?;
    api.must("DELETE", &message(deleted), None).await?;
    let thumb = format!("{}/reactions/%F0%9F%91%8D", message(markup));
    house.api(&ana.token)?.must("PUT", &thumb, None).await?;
    is(
        &house.api(&ana.token)?.call("DELETE", &path(""), None).await?,
        "ok",
    )?;

    let (json, disposition, _) = file(&house, &ana.token, &meeting, "json").await?;
    ensure!(disposition.starts_with("attachment"), "{disposition}");
    let json: Value = serde_json::from_str(&json)?;
    let lines = json["messages"].as_array().context("messages")?;
    ensure!(lines.len() == 254 && json["channel"]["name"] == "Stand-up");
    let seqs: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    ensure!(
        seqs.windows(2).all(|pair| pair[0] < pair[1]) && seqs.len() == 254,
        "each once, in order"
    );
    ensure!(
        lines[1]["reactions"] == json!([{ "emoji": "👍", "count": 1 }]),
        "{}",
        lines[1]
    );
    ensure!(
        lines[2]["text"] == "first" && lines[2]["edited_at"].is_string(),
        "{}",
        lines[2]
    );
    ensure!(
        lines[3]["text"] == "" && lines[3]["deleted"] == true,
        "{}",
        lines[3]
    );
    ensure!(
        lines
            .iter()
            .all(|line| line["username"] == "rui" && line["at"].as_str().is_some_and(|at| at.ends_with('Z')))
    );
    ensure!(lines[253]["text"] == "line 249");

    let (csv, ..) = file(&house, &ana.token, &meeting, "csv").await?;
    ensure!(csv.matches("\r\n").count() == 255, "a head and a line for each");
    ensure!(
        csv.contains("\"'=HYPERLINK(\"\"x\"\"), \"\"quoted\"\"\""),
        "{}",
        &csv[..400]
    );
    ensure!(csv.contains(&format!("\r\n{formula},")) && !csv.contains("a secret"));

    let (html, _, policy) = file(&house, &ana.token, &meeting, "html").await?;
    ensure!(policy.contains("default-src 'none'"), "{policy}");
    ensure!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    ensure!(html.matches("<tr><td>").count() == 254 && html.ends_with("</html>\n"));

    is(&api.call("GET", &path("/transcript"), None).await?, "forbidden")?;
    let eva = house.user("eva").await?;
    is(
        &house
            .api(&eva.token)?
            .call("GET", &path("/transcript"), None)
            .await?,
        "not_found",
    )
}
