//! S4.6, S3.5, S0.12: who is online is told to those who share a channel, over every storage and from node to node.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::{Api, Ear};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How soon a change is told: a tick, and what the way takes on a busy machine.
const SOON: Duration = Duration::from_secs(6);
/// The grace period, and what it takes to tell.
const GONE: Duration = Duration::from_secs(18);
/// A dead connection is noticed, and its user offline, within a minute.
const MINUTE: Duration = Duration::from_secs(60);

/// A server and its people; each call goes to the next node.
struct Town {
    server: Server,
}

impl Town {
    async fn new(profile: &str) -> Result<Self> {
        let options = ServerOptions {
            profile: profile.to_owned(),
            ..ServerOptions::default()
        };
        let server = Server::start_with(options).await?;
        Ok(Self { server })
    }

    async fn user(&self, name: &str) -> Result<TestClient> {
        Ok(self.server.tenant()?.user(name).await?)
    }

    fn api(&self, who: &TestClient) -> Result<Api> {
        Ok(Api::new(self.server.public())?.with(&who.token))
    }

    async fn ear(&self, who: &TestClient) -> Result<Ear> {
        Ear::open(self.server.public(), &who.token).await
    }

    async fn group(&self, members: &[&TestClient]) -> Result<String> {
        let group = self.server.tenant()?.group("presence", members).await?;
        Ok(group.to_string())
    }

    async fn get(&self, who: &TestClient, path: &str) -> Result<Value> {
        Ok(self.api(who)?.must("GET", path, None).await?.body)
    }

    async fn show(&self, who: &TestClient, visible: bool) -> Result<()> {
        let body = json!({ "visible": visible });
        let set = self
            .api(who)?
            .must("PUT", "/v1/me/presence", Some(body.clone()))
            .await?;
        ensure!(set.body == body);
        Ok(())
    }
}

/// What is told of a user, as soon as they have this status; nothing else may be told of them before.
async fn told(ear: &mut Ear, who: &TestClient, status: &str, within: Duration) -> Result<Value> {
    let id = who.user.id.to_string();
    let until = Instant::now() + within;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let frame = ear.frame("presence", left).await;
        let frame = frame.with_context(|| format!("{} is not {status}", who.user.username))?;
        let users = frame.as_array().context("a list")?;
        if let Some(user) = users.iter().find(|user| user["user"] == id.as_str()) {
            ensure!(user["status"] == status, "{user}, not {status}");
            return Ok(user.clone());
        }
    }
}

/// What `presence_get` says of a user, once it says this status.
async fn seen(town: &Town, by: &TestClient, channel: &str, who: &TestClient, status: &str) -> Result<Value> {
    let (id, until) = (who.user.id.to_string(), Instant::now() + SOON);
    loop {
        let body = town.get(by, &format!("/v1/channels/{channel}/presence")).await?;
        let users = body["users"].as_array().context("a small channel has a list")?;
        let user = users.iter().find(|user| user["user"] == id.as_str());
        if user.context("every member is in the list")?["status"] == status {
            return Ok(body);
        }
        ensure!(Instant::now() < until, "{body}: not {status}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// S4.6: who comes, is away and goes is told to those who share a channel and to nobody else; a reconnect within the
/// grace period shows nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_and_going_is_told_without_flapping() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui, eve) = (
        town.user("ana").await?,
        town.user("rui").await?,
        town.user("eve").await?,
    );
    let channel = town.group(&[&ana, &rui]).await?;
    let (mut ear, mut stranger) = (town.ear(&ana).await?, town.ear(&eve).await?);
    seen(&town, &ana, &channel, &ana, "online").await?;

    let first = town.ear(&rui).await?;
    let came = told(&mut ear, &rui, "online", SOON).await?;
    ensure!(came["last_active"].is_i64(), "{came}");
    seen(&town, &ana, &channel, &rui, "online").await?;
    let alone = town
        .get(&ana, &format!("/v1/users/{}/presence", rui.user.id))
        .await?;
    ensure!(alone["user"] == rui.user.id.to_string().as_str(), "{alone}");
    drop(first);
    let second = town.ear(&rui).await?; // nothing is told of this: the next of rui is `away`
    let done = second
        .ask(json!({ "op": "presence_set", "status": "away" }))
        .await?;
    ensure!(!done["ok"].is_null(), "{done}");
    told(&mut ear, &rui, "away", GONE).await?; // another node may show the first for the grace period
    let own = town.get(&rui, "/v1/me/presence").await?;
    ensure!(own["visible"] == true && own["status"].is_string(), "{own}");
    let done = second
        .ask(json!({ "op": "presence_set", "status": "online" }))
        .await?;
    ensure!(!done["ok"].is_null(), "{done}");
    told(&mut ear, &rui, "online", SOON).await?;
    let left_at = Instant::now();
    drop(second);
    told(&mut ear, &rui, "offline", GONE).await?;
    ensure!(
        left_at.elapsed() >= Duration::from_secs(9),
        "gone before the grace period was over"
    );
    let last = seen(&town, &ana, &channel, &rui, "offline").await?;
    ensure!(last["online"] == 1, "{last}");

    ensure!(
        stranger.frame("presence", Duration::ZERO).await.is_err(),
        "a stranger was told"
    );
    let path = format!("/v1/users/{}/presence", ana.user.id);
    let refused = town.api(&eve)?.call("GET", &path, None).await?;
    ensure!(refused.status == 404, "{refused:?}");
    Ok(())
}

/// S4.6: who hides is offline to others, types unseen, and is not shown others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hides_neither_shows_nor_sees() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.group(&[&ana, &rui]).await?;
    let (mut ear, mut shy) = (town.ear(&ana).await?, town.ear(&rui).await?);
    seen(&town, &ana, &channel, &rui, "online").await?;
    town.show(&rui, false).await?;
    told_at_last(&mut ear, &rui, "offline").await?;
    let path = format!("/v1/channels/{channel}/presence");
    let refused = town.api(&rui)?.call("GET", &path, None).await?;
    ensure!(refused.code() == "forbidden", "{refused:?}");
    ensure!(town.get(&rui, "/v1/me/presence").await?["visible"] == false);

    while shy.frame("presence", Duration::ZERO).await.is_ok() {}
    let typing = json!({ "op": "typing", "channel": channel });
    ensure!(!shy.ask(typing.clone()).await?["ok"].is_null());
    ensure!(!ear.ask(typing).await?["ok"].is_null());
    ensure!(!ear.ask(json!({ "op": "presence_set", "status": "away" })).await?["ok"].is_null());
    town.show(&rui, true).await?;
    told(&mut ear, &rui, "online", SOON).await?;
    ensure!(
        shy.frame("typing", Duration::ZERO).await.is_err(),
        "one who hides saw typing"
    );
    ensure!(
        ear.frame("typing", Duration::ZERO).await.is_err(),
        "one who hides was seen typing"
    );
    Ok(())
}

/// As [`told`], whatever was told before.
async fn told_at_last(ear: &mut Ear, who: &TestClient, status: &str) -> Result<()> {
    let until = Instant::now() + SOON;
    while told(ear, who, status, until.saturating_duration_since(Instant::now()))
        .await
        .is_err()
    {
        ensure!(Instant::now() < until, "{} is not {status}", who.user.username);
    }
    Ok(())
}

/// S1 and S2: where the policy shows no presence, nobody is told and nobody may ask.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_may_do_without() -> Result<()> {
    let town = Town::new("course").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.group(&[&ana, &rui]).await?;
    let mut ear = town.ear(&ana).await?;
    let path = format!("/v1/channels/{channel}/presence");
    let refused = town.api(&ana)?.call("GET", &path, None).await?;
    ensure!(refused.code() == "forbidden", "{refused:?}");
    let _rui = town.ear(&rui).await?;
    ensure!(
        ear.frame("presence", Duration::from_secs(3)).await.is_err(),
        "somebody was told"
    );
    Ok(())
}

/// S3.5: a sign of typing holds for a time that it tells, is not repeated too often, and can be taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_ends() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.group(&[&ana, &rui]).await?;
    let (mut ear, typist) = (town.ear(&ana).await?, town.ear(&rui).await?);
    for _ in 0..5 {
        let typing = json!({ "op": "typing", "channel": channel });
        ensure!(!typist.ask(typing).await?["ok"].is_null());
    }
    let stop = json!({ "op": "typing", "channel": channel, "stop": true });
    ensure!(!typist.ask(stop).await?["ok"].is_null());
    let signal = ear.frame("typing", SOON).await?;
    ensure!(
        signal["expires_in_ms"].as_u64().is_some_and(|ms| ms > 0),
        "{signal}"
    );
    ensure!(signal["user"] == rui.user.id.to_string().as_str(), "{signal}");
    let signal = ear.frame("typing", SOON).await?;
    ensure!(signal["expires_in_ms"] == 0, "a repeat came through: {signal}");
    Ok(())
}

/// S4.6: in a channel of more than 200 members nobody is told of each, and those who watch get a count and a sample.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_channel_is_watched() -> Result<()> {
    let town = Town::new("app").await?;
    let owner = town.user("owner").await?;
    let channel = town.group(&[&owner]).await?;
    let tenant = town.server.tenant()?;
    let api = town.api(&owner)?;
    let mut people = Vec::new();
    for number in 0..202 {
        let person = tenant.user(&format!("member-{number}")).await?;
        let body = json!({ "user": person.user.id });
        api.must("POST", &format!("/v1/channels/{channel}/members"), Some(body))
            .await?;
        people.push(person);
    }
    let mut ear = town.ear(&owner).await?;
    let watch = json!({ "op": "presence_get", "channel": channel, "watch": true });
    let picture = ear.ask(watch).await?["ok"].clone();
    ensure!(
        picture["members"] == 203 && picture["users"].is_null(),
        "{picture}"
    );
    let mut open = Vec::new();
    for person in &people[..25] {
        open.push(town.ear(person).await?);
    }
    let until = Instant::now() + GONE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let picture = ear.frame("channel_presence", left).await?;
        let sample = picture["sample"].as_array().context("a sample")?;
        ensure!(sample.len() <= 20, "{picture}");
        if picture["online"] == 26 {
            ensure!(sample.len() == 20, "{picture}");
            break;
        }
    }
    ensure!(
        ear.frame("presence", Duration::ZERO).await.is_err(),
        "each was told"
    );
    let stop = json!({ "op": "presence_get", "channel": channel, "watch": false });
    ensure!(!ear.ask(stop).await?["ok"].is_null());
    Ok(())
}

/// S4.6: who stops answering without a close is offline within a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_connection_is_offline_within_a_minute() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.group(&[&ana, &rui]).await?;
    let mut ear = town.ear(&ana).await?;
    let mut dead = tokio::net::TcpStream::connect(town.server.public()).await?;
    greet_by_hand(&mut dead, &rui.token).await?;
    told(&mut ear, &rui, "online", SOON).await?;
    let silent_since = Instant::now();
    told(&mut ear, &rui, "offline", MINUTE).await?;
    ensure!(silent_since.elapsed() < MINUTE);
    seen(&town, &ana, &channel, &rui, "offline").await?;
    drop(dead);
    Ok(())
}

/// Opens a socket that never answers a ping: nobody reads from it (RFC 6455 sections 4.1 and 5.2).
async fn greet_by_hand(stream: &mut tokio::net::TcpStream, token: &str) -> Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let request = "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    ensure!(
        head.starts_with(b"HTTP/1.1 101"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    let hello = json!({ "op": "hello", "token": token }).to_string();
    let length = u16::try_from(hello.len())?;
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0; 4]); // a mask that changes nothing
    frame.extend_from_slice(hello.as_bytes());
    stream.write_all(&frame).await?;
    Ok(())
}

/// S0.5: a back end shows a user as online who has no connection, and users may not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_back_end_shows_a_user_as_online() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.group(&[&ana, &rui]).await?;
    let mut ear = town.ear(&ana).await?;
    let path = format!("/v1/users/{}/presence", rui.user.id);
    let online = |online: bool| Some(json!({ "online": online }));
    let refused = town.api(&ana)?.call("PUT", &path, online(true)).await?;
    ensure!(refused.code() == "forbidden", "{refused:?}");
    let key = Api::new(town.server.public())?.with(town.server.tenant()?.rest().token().context("a key")?);
    key.must("PUT", &path, online(true)).await?;
    told(&mut ear, &rui, "online", SOON).await?;
    seen(&town, &ana, &channel, &rui, "online").await?;
    key.must("PUT", &path, online(false)).await?;
    told(&mut ear, &rui, "offline", SOON).await?;
    Ok(())
}
