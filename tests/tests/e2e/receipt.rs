//! S4.1, S0.12: who has received and read what is told to the others, over every storage and from node to node.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::{Api, Ear};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longest wait for what is told live, on a busy machine.
const LIVE: Duration = Duration::from_secs(10);
/// The same in a group, where members are told once a second.
const SOON: Duration = Duration::from_secs(12);
/// What would be told in a direct channel is told by then.
const QUIET: Duration = Duration::from_secs(1);
/// How long nodes may believe that someone shows what they read.
const BELIEVED: Duration = Duration::from_secs(15);

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

    async fn direct(&self, a: &TestClient, b: &TestClient) -> Result<String> {
        let body = json!({ "kind": "direct", "members": [b.user.id] });
        let made = self.api(a)?.must("POST", "/v1/channels", Some(body)).await?;
        let id = made.body["id"].as_str();
        Ok(id.context("a channel has an id")?.to_owned())
    }

    async fn group(&self, members: &[&TestClient]) -> Result<String> {
        Ok(self
            .server
            .tenant()?
            .group("receipts", members)
            .await?
            .to_string())
    }

    async fn channel(&self, who: &TestClient, channel: &str) -> Result<Value> {
        let path = format!("/v1/channels/{channel}");
        Ok(self.api(who)?.must("GET", &path, None).await?.body)
    }

    async fn receipts(&self, who: &TestClient, channel: &str, seq: u64) -> Result<Value> {
        let path = format!("/v1/channels/{channel}/messages/{seq}/receipts");
        Ok(self.api(who)?.must("GET", &path, None).await?.body)
    }

    async fn moves(&self, who: &TestClient, channel: &str, how: Value) -> Result<()> {
        let path = format!("/v1/channels/{channel}/cursor");
        self.api(who)?.must("PUT", &path, Some(how)).await.map(drop)
    }

    async fn shows(&self, who: &TestClient, shown: bool) -> Result<()> {
        let body = json!({ "shown": shown });
        let api = self.api(who)?;
        let set = api.must("PUT", "/v1/me/receipts", Some(body.clone())).await?;
        ensure!(set.body == body);
        Ok(())
    }
}

/// What is told of a member of a channel, as soon as it is what `wanted` says.
async fn told(ear: &mut Ear, channel: &str, who: &TestClient, wanted: Value, within: Duration) -> Result<()> {
    let until = Instant::now() + within;
    let mut seen = Vec::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let frame = ear.frame("receipts", left).await;
        let frame = frame.with_context(|| format!("{seen:?}, and not {wanted}"))?;
        ensure!(frame["channel"] == channel, "{frame}");
        let id = who.user.id.to_string();
        let members = frame["members"].as_array().context("members")?;
        for member in members.iter().filter(|member| member["user"] == id.as_str()) {
            let mut rest = member.clone();
            rest.as_object_mut().context("an object")?.remove("user");
            if rest == wanted {
                return Ok(());
            }
            seen.push(rest);
        }
    }
}

/// S4.1: in a direct channel the sender sees what has been received and what has been read, live and on load, and so do
/// the reader's own devices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ticks_of_a_direct_channel() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.direct(&ana, &rui).await?;
    let (mut sender, reader) = (town.ear(&ana).await?, town.ear(&rui).await?);
    let mut other_device = town.ear(&rui).await?;
    let seq = town.api(&ana)?.send(&channel, "are you there?").await?;
    let before = town.channel(&ana, &channel).await?;
    ensure!(
        before["peer_received"] == 1 && before["peer_read"] == 1,
        "{before}"
    );

    let received = json!({ "op": "received", "channel": channel, "seq": seq });
    ensure!(!reader.ask(received).await?["ok"].is_null());
    let now = json!({ "read": 1, "received": seq });
    told(&mut sender, &channel, &rui, now.clone(), LIVE).await?;
    told(&mut other_device, &channel, &rui, now, LIVE).await?;
    let counts = town.receipts(&ana, &channel, seq).await?;
    ensure!(
        counts["received_count"] == 1 && counts["read_count"] == 0,
        "{counts}"
    );

    let read = json!({ "op": "read", "channel": channel, "seq": seq });
    ensure!(!reader.ask(read).await?["ok"].is_null());
    let now = json!({ "read": seq, "received": seq });
    told(&mut sender, &channel, &rui, now, LIVE).await?;
    let cursor = other_device.frame("cursor", LIVE).await?;
    ensure!(cursor["read"] == seq && cursor["unread"] == 0, "{cursor}");
    let after = town.channel(&ana, &channel).await?;
    ensure!(
        after["peer_received"] == seq && after["peer_read"] == seq,
        "{after}"
    );
    let list = town.api(&ana)?.must("GET", "/v1/channels", None).await?.body;
    ensure!(list["channels"][0]["peer_read"] == seq, "{list}");
    Ok(())
}

/// S4.1: in a small group members are told together, no more than once a second, and one can ask who has read a message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_of_a_group() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, rui, eva) = (
        town.user("ana").await?,
        town.user("rui").await?,
        town.user("eva").await?,
    );
    let channel = town.group(&[&ana, &rui, &eva]).await?;
    let mut sender = town.ear(&ana).await?;
    let mut last = 0;
    for text in ["one", "two", "three", "four", "five"] {
        last = town.api(&ana)?.send(&channel, text).await?;
    }
    let (at_rui, at_eva) = (town.ear(&rui).await?, town.ear(&eva).await?);
    let began = Instant::now();
    for seq in last - 4..=last {
        let read = json!({ "op": "read", "channel": channel, "seq": seq });
        ensure!(!at_rui.ask(read).await?["ok"].is_null());
        let received = json!({ "op": "received", "channel": channel, "seq": seq });
        ensure!(!at_eva.ask(received).await?["ok"].is_null());
    }
    let (mut frames, mut moved) = (0, [0, 0]);
    while moved != [last, last] {
        let frame = sender.frame("receipts", SOON).await?;
        frames += 1;
        for member in frame["members"].as_array().context("members")? {
            let of = [&rui, &eva]
                .iter()
                .position(|who| member["user"] == who.user.id.to_string().as_str())
                .context("only these two have moved")?;
            moved[of] = member["received"].as_u64().context("a position")?;
        }
    }
    // Two nodes tell of their own, each once a second.
    let seconds = began.elapsed().as_secs() + 1;
    ensure!(
        frames <= 2 * seconds,
        "{frames} frames in {seconds} s for ten moves"
    );

    let counts = town.receipts(&eva, &channel, last).await?;
    let mut users = counts["users"].as_array().context("a list")?.clone();
    users.sort_by_key(|user| user["read"] == false);
    let expected = json!([
        { "user": rui.user.id, "received": true, "read": true },
        { "user": eva.user.id, "received": true, "read": false },
    ]);
    ensure!(json!(users) == expected, "{counts}");
    ensure!(counts["members"] == 2 && counts["received_count"] == 2 && counts["read_count"] == 1);
    Ok(())
}

/// S4.1: above 200 members nobody is told; whoever asks gets counts and no list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_channels_count_when_asked() -> Result<()> {
    let town = Town::new("app").await?;
    let tenant = town.server.tenant()?;
    let mut people = Vec::new();
    for number in 0..201 {
        people.push(tenant.user(&format!("user{number}")).await?);
    }
    let all: Vec<&TestClient> = people.iter().collect();
    let channel = town.group(&all).await?;
    let mut sender = town.ear(&people[0]).await?;
    let seq = town.api(&people[0])?.send(&channel, "hello, all").await?;
    town.moves(&people[1], &channel, json!({ "read": seq })).await?;
    town.moves(&people[2], &channel, json!({ "received": seq }))
        .await?;
    let counts = town.receipts(&people[3], &channel, seq).await?;
    let expected = json!({ "members": 200, "received_count": 2, "read_count": 1 });
    ensure!(counts == expected, "{counts}");

    // One leaves: now they are 200, and the next move is told.
    let path = format!("/v1/channels/{channel}/leave");
    town.api(&people[200])?.must("POST", &path, None).await?;
    town.moves(&people[3], &channel, json!({ "read": seq })).await?;
    let frame = sender.frame("receipts", SOON).await?;
    let only = json!([{ "user": people[3].user.id, "read": seq, "received": seq }]);
    ensure!(
        frame["members"] == only,
        "the moves before were not told: {frame}"
    );
    let counts = town.receipts(&people[3], &channel, seq).await?;
    ensure!(counts["users"].as_array().map(Vec::len) == Some(199), "{counts}");
    Ok(())
}

/// S4.1: who hides what they read is shown nothing of others' reading; receiving is shown to both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_may_hide_what_one_reads() -> Result<()> {
    let town = Town::new("app").await?;
    let (ana, shy) = (town.user("ana").await?, town.user("shy").await?);
    let channel = town.direct(&ana, &shy).await?;
    let setting = town.api(&shy)?.must("GET", "/v1/me/receipts", None).await?;
    ensure!(setting.body == json!({ "shown": true }));
    town.shows(&shy, false).await?;
    let seq = town.api(&ana)?.send(&channel, "have you read it?").await?;
    let until = Instant::now() + BELIEVED;
    for node in town.server.nodes() {
        let on_node = Api::new(node.public())?;
        let [ana, shy] = [on_node.with(&ana.token), on_node.with(&shy.token)];
        while shy.must("GET", "/v1/me/receipts", None).await?.body["shown"] == true {
            ensure!(Instant::now() < until, "a node does not learn of it");
        }
        for who in [ana, shy] {
            let path = format!("/v1/channels/{channel}");
            let seen = who.must("GET", &path, None).await?.body;
            ensure!(
                seen["peer_read"].is_null() && !seen["peer_received"].is_null(),
                "{seen}"
            );
        }
    }
    let (mut at_ana, mut at_shy) = (town.ear(&ana).await?, town.ear(&shy).await?);
    town.moves(&shy, &channel, json!({ "received": seq })).await?;
    let only_received = json!({ "received": seq });
    told(&mut at_ana, &channel, &shy, only_received.clone(), LIVE).await?;
    told(&mut at_shy, &channel, &shy, only_received, LIVE).await?;
    town.moves(&shy, &channel, json!({ "read": seq })).await?;
    let answer = town.api(&shy)?.send(&channel, "no").await?;
    town.moves(&ana, &channel, json!({ "read": answer })).await?;
    // The next that either is told is of ana's move, and nothing of the one that only shy knows.
    let frame = at_ana.frame("receipts", LIVE).await?;
    let expected = json!([{ "user": ana.user.id, "read": answer, "received": answer }]);
    ensure!(frame["members"] == expected, "{frame}");
    let frame = at_shy.frame("receipts", LIVE).await?;
    let expected = json!([{ "user": ana.user.id, "received": answer }]);
    ensure!(frame["members"] == expected, "{frame}");

    let seen = town.receipts(&ana, &channel, seq).await?;
    let users = json!([{ "user": shy.user.id, "received": true }]);
    ensure!(seen["read_count"] == 0 && seen["users"] == users, "{seen}");
    let seen = town.receipts(&shy, &channel, answer).await?;
    let users = json!([{ "user": ana.user.id, "received": true }]);
    ensure!(seen["read_count"].is_null() && seen["users"] == users, "{seen}");
    let path = format!("/v1/channels/{channel}/members");
    let members = town.api(&ana)?.must("GET", &path, None).await?.body;
    for member in members["members"].as_array().context("members")? {
        let own = member["user"]["id"] == ana.user.id.to_string().as_str();
        ensure!(
            member["read"].is_null() != own && !member["received"].is_null(),
            "{member}"
        );
    }
    Ok(())
}

/// S2.2, S4.1: a space whose policy has no receipts tells nobody anything of others; one's own cursors are one's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_space_may_have_no_receipts() -> Result<()> {
    let town = Town::new("course").await?;
    let (ana, rui) = (town.user("ana").await?, town.user("rui").await?);
    let channel = town.direct(&ana, &rui).await?;
    let mut sender = town.ear(&ana).await?;
    let seq = town.api(&ana)?.send(&channel, "are you there?").await?;
    town.moves(&rui, &channel, json!({ "read": seq })).await?;
    let path = format!("/v1/channels/{channel}/messages/{seq}/receipts");
    let refused = town.api(&ana)?.call("GET", &path, None).await?;
    ensure!(
        (refused.status, refused.code()) == (403, "forbidden"),
        "{refused:?}"
    );
    let seen = town.channel(&ana, &channel).await?;
    ensure!(
        seen["peer_read"].is_null() && seen["peer_received"].is_null(),
        "{seen}"
    );
    let path = format!("/v1/channels/{channel}/members");
    let members = town.api(&ana)?.must("GET", &path, None).await?.body;
    for member in members["members"].as_array().context("members")? {
        let own = member["user"]["id"] == ana.user.id.to_string().as_str();
        ensure!(member["read"].is_null() != own, "{member}");
    }
    // A message comes after whatever would have been told before it.
    tokio::time::sleep(QUIET).await;
    let last = town.api(&rui)?.send(&channel, "I am").await?;
    sender.events_until(&channel, "I am", SOON).await?;
    ensure!(
        sender.frame("receipts", Duration::ZERO).await.is_err(),
        "told before {last}"
    );
    Ok(())
}
