//! S1.1, S1.2, S1.7: meetings over every storage and from node to node: who comes in and when, who may speak and how often,
//! how they end, and what is kept of them.

mod lobby;
mod transcript;

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::{Answer, Api, Ear};
use klatch_types::{Clock as _, SystemClock};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How soon people are told.
const LIVE: Duration = Duration::from_secs(5);
/// How long until what was decided on one node holds on all.
const EVERYWHERE: Duration = Duration::from_secs(5);
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
        let body = json!({ "name": name, "channels": [{ "channel": meeting, "role": "guest" }] });
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
    Ok(u64::try_from(SystemClock.now().0)?)
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
