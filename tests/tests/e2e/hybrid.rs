//! S3.3: small or quiet channels are pushed, large and active ones pulled, and nobody misses anything on the way from one
//! to the other; over every storage and from node to node.

use anyhow::{Context, Result, ensure};
use klatch_client::{Method, Options, Socket};
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::{Api, Ear, contiguous};
use klatch_types::{ChannelId, Seq};
use reqwest::header;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// How soon a removal takes effect (contract, delivery 9), and what the way takes.
const SOON: Duration = Duration::from_secs(2);
/// Listeners: some of them on each node of a cluster.
const LISTENERS: usize = 6;
/// Messages that make a channel active.
const MANY: usize = 120;

struct Town {
    server: Server,
    ana: TestClient,
    people: Vec<TestClient>,
    channel: ChannelId,
}

impl Town {
    /// A channel of `ana` and some people, on a server where two listeners and a few messages a second are many.
    async fn new() -> Result<Self> {
        let options = ServerOptions::default()
            .set("fanout.pull_listeners", "2")
            .set("fanout.pull_events_per_second", "8")
            .set("fanout.pull_left_after_ms", "300")
            .set("fanout.hint_every_ms", "250")
            .set("fanout.hint_every_ms_max", "500");
        let server = Server::start_with(options).await?;
        let tenant = server.tenant()?;
        let ana = tenant.user("ana").await?;
        let mut people = Vec::new();
        for number in 0..LISTENERS {
            people.push(tenant.user(&format!("person{number}")).await?);
        }
        let members: Vec<&TestClient> = std::iter::once(&ana).chain(&people).collect();
        let channel = tenant.group("hybrid", &members).await?;
        Ok(Self {
            server,
            ana,
            people,
            channel,
        })
    }

    /// The address of the channel.
    fn path(&self, rest: &str) -> String {
        format!("/v1/channels/{}/{rest}", self.channel)
    }

    fn api(&self, who: &TestClient) -> Result<Api> {
        Ok(Api::new(self.server.public())?.with(&who.token))
    }

    /// A socket that understands hints, and pulls nothing by itself.
    async fn hinted(&self, who: &TestClient) -> Result<Ear> {
        let hello = json!({ "op": "hello", "token": who.token, "pull": true });
        Ear::greet(self.server.public(), hello).await
    }

    /// A socket of before there were hints.
    async fn pushed(&self, who: &TestClient) -> Result<Ear> {
        Ear::open(self.server.public(), &who.token).await
    }

    /// The sockets of all people, which pull.
    async fn sockets(&self) -> Result<Vec<Socket>> {
        let mut sockets = Vec::new();
        for person in &self.people {
            sockets.push(person.connect(Options::default()).await?.0);
        }
        Ok(sockets)
    }

    /// Ana sends much in a short time; the last position.
    async fn busy(&self, what: &str) -> Result<Seq> {
        let mut last = Seq::ZERO;
        for number in 0..MANY {
            last = self.ana.say(self.channel, format!("{what} {number}")).await?.seq;
        }
        Ok(last)
    }

    /// Ana sends little until what she sends is pushed to this socket that understands hints; the last position.
    async fn quiet(&self, ear: &mut Ear) -> Result<Seq> {
        let until = Instant::now() + PATIENCE;
        let channel = self.channel.to_string();
        while Instant::now() < until {
            ear.rest(&channel).await;
            let sent = self.ana.say(self.channel, "still there?").await?.seq;
            let pushed = ear.event(&channel, Duration::from_millis(600)).await;
            if pushed.is_ok_and(|event| event["seq"] == sent.0) {
                return Ok(sent);
            }
        }
        anyhow::bail!("the channel is not pushed again")
    }

    /// A range over REST: status, entity tag, caching and body.
    async fn range(&self, who: &TestClient, query: &str, known: Option<&str>) -> Result<Page> {
        let path = self.path(&format!("events?{query}"));
        let mut request = who.rest().request(Method::GET, &path);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        let response = request.send().await?;
        let text = |name: header::HeaderName| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        let (tag, caching, vary) = (
            text(header::ETAG),
            text(header::CACHE_CONTROL).unwrap_or_default(),
            text(header::VARY).unwrap_or_default(),
        );
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok(Page {
            status,
            tag,
            caching,
            vary,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        })
    }
}

/// An answer with its headers.
#[derive(Debug)]
struct Page {
    status: u16,
    tag: Option<String>,
    caching: String,
    vary: String,
    body: Value,
}

impl Page {
    fn seqs(&self) -> Vec<u64> {
        let events = self.body["events"].as_array().into_iter().flatten();
        events.filter_map(|event| event["seq"].as_u64()).collect()
    }
}

/// Takes events until this position; fails unless each continues the one before.
async fn follow(socket: &mut Socket, channel: ChannelId, mut last: Option<Seq>, until: Seq) -> Result<Seq> {
    let all = async {
        loop {
            let event = socket.next_event().await.context("the socket ended")?;
            ensure!(event.channel == channel);
            ensure!(
                last.is_none_or(|last| event.prev == last),
                "after {last:?} came {event:?}"
            );
            last = Some(event.seq);
            if event.seq >= until {
                return Ok(event.seq);
            }
        }
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .with_context(|| format!("{until:?} never came"))?
}

/// S3.3, contract delivery 6: a channel becomes active, quiet and active again; every client that pulls has each event once
/// and in order, one that knows no hints is pushed each of them, and hints take the place of pushes in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_either_way() -> Result<()> {
    let town = Town::new().await?;
    let channel = town.channel.to_string();
    let mut sockets = town.sockets().await?;
    let mut old = town.pushed(&town.people[0]).await?;
    let mut hinted = town.hinted(&town.people[1]).await?;
    let mut lasts = vec![None; sockets.len()];

    for round in ["once", "again"] {
        let sent = town.busy(round).await?;
        let told = Instant::now();
        let mut hint = hinted.frame("head", PATIENCE).await?;
        while hint["head"].as_u64() < Some(sent.0) {
            ensure!(told.elapsed() < PATIENCE, "the last hint is {hint}");
            hint = hinted.frame("head", PATIENCE).await?;
        }
        ensure!(
            hint["channel"] == channel.as_str() && hint["spread_ms"].is_u64(),
            "{hint}"
        );
        let pushed = hinted.rest(&channel).await.len();
        ensure!(
            pushed < MANY / 2,
            "{pushed} of {MANY} were pushed to one who pulls"
        );
        for (socket, last) in sockets.iter_mut().zip(&mut lasts) {
            *last = Some(follow(socket, town.channel, *last, sent).await?);
        }

        let sent = town.quiet(&mut hinted).await?;
        for (socket, last) in sockets.iter_mut().zip(&mut lasts) {
            *last = Some(follow(socket, town.channel, *last, sent).await?);
        }
    }
    town.ana.say(town.channel, "the end").await?;
    let all = old.events_until(&channel, "the end", PATIENCE).await?;
    contiguous(&all)?;
    ensure!(all.len() > 2 * MANY, "{} events were pushed", all.len());
    Ok(())
}

/// S3.3, contract delivery 9: while a channel is pulled, who is removed hears it at once and reads no more, and who comes
/// hears that and pulls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_does_not_wait_for_hints() -> Result<()> {
    let town = Town::new().await?;
    let channel = town.channel.to_string();
    let _sockets = town.sockets().await?;
    let (mut goes, mut stays) = (
        town.hinted(&town.people[0]).await?,
        town.hinted(&town.people[1]).await?,
    );
    let comes = town.server.tenant()?.user("late").await?;
    let mut newcomer = town.hinted(&comes).await?;
    town.busy("before").await?;
    stays.frame("head", PATIENCE).await?;
    goes.rest(&channel).await;

    let removed = town.path(&format!("members/{}", town.people[0].user.id));
    town.api(&town.ana)?.must("DELETE", &removed, None).await?;
    let until = Instant::now() + SOON;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let event = goes.event(&channel, left).await?;
        if event["type"] == "member.removed" {
            break;
        }
    }
    let refused = town.range(&town.people[0], "after=0&until=3", None).await?;
    ensure!(refused.status == 404, "{refused:?}");
    let sent = town.busy("after").await?;
    let mut hint = stays.frame("head", PATIENCE).await?;
    while hint["head"].as_u64() < Some(sent.0) {
        hint = stays.frame("head", PATIENCE).await?;
    }
    let heard = goes.rest(&channel).await;
    ensure!(heard.is_empty(), "one who was removed heard {heard:?}");

    let member = json!({ "user": comes.user.id });
    town.api(&town.ana)?
        .must("POST", &town.path("members"), Some(member))
        .await?;
    let joined = newcomer.event(&channel, SOON).await?;
    ensure!(joined["type"] == "member.joined", "{joined}");
    let sent = town.busy("with the newcomer").await?;
    let mut hint = newcomer.frame("head", PATIENCE).await?;
    while hint["head"].as_u64() < Some(sent.0) {
        hint = newcomer.frame("head", PATIENCE).await?;
    }
    let from = joined["seq"].as_u64().context("a position")?;
    let asked = json!({ "op": "events", "channel": channel, "after": from, "until": sent, "limit": 200 });
    let page = newcomer.ask(asked).await?;
    let events = page["ok"]["events"].as_array().context("events")?;
    ensure!(
        contiguous(events)? > from && page["ok"]["head"] == sent.0,
        "{page}"
    );
    Ok(())
}

/// S3.3: a range that the log has passed is the same for everyone, has an entity tag and may be kept; one that it has not
/// passed may not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_can_be_kept() -> Result<()> {
    let town = Town::new().await?;
    let head = town.busy("a message").await?.0;
    let bare = format!("after=10&until={}&limit=20", head - 10);
    let epoch = town.range(&town.ana, &bare, None).await?.body["epoch"].take();
    let query = format!("{bare}&epoch={}", epoch.as_str().context("an epoch")?);
    let first = town.range(&town.ana, &query, None).await?;
    ensure!(
        first.status == 200 && first.seqs() == (11..=30).collect::<Vec<_>>(),
        "{first:?}"
    );
    ensure!(
        first.body["more"] == true && first.body["head"] == head - 10,
        "{first:?}"
    );
    ensure!(first.caching == "private, max-age=86400, immutable", "{first:?}");
    ensure!(first.vary.contains("authorization"), "{first:?}");
    let tag = first.tag.as_deref().context("a tag")?;

    let restorable = town.range(&town.ana, &bare, Some(tag)).await?;
    ensure!(
        restorable.status == 304 && restorable.caching == "private, no-cache",
        "{restorable:?}"
    );

    let other = town.range(&town.people[0], &query, None).await?;
    ensure!(other.body == first.body && other.tag == first.tag, "{other:?}");
    for known in [tag.to_owned(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = town.range(&town.people[1], &query, Some(&known)).await?;
        ensure!(
            again.status == 304 && again.tag == first.tag && again.body.is_null(),
            "{again:?}"
        );
        ensure!(again.caching == first.caching, "{again:?}");
    }
    let changed = town.range(&town.ana, &query, Some("\"other\"")).await?;
    ensure!(changed.status == 200 && changed.body == first.body, "{changed:?}");
    let rest = town
        .range(
            &town.ana,
            &format!("after={}&until={head}&limit=200", head - 5),
            None,
        )
        .await?;
    ensure!(
        rest.seqs().len() == 5 && rest.body["more"] == false && rest.tag.is_some(),
        "{rest:?}"
    );

    let open = town
        .range(
            &town.ana,
            &format!("after={}&until={}&limit=200", head - 5, head + 1),
            None,
        )
        .await?;
    ensure!(open.seqs().len() == 5 && open.body["head"] == head, "{open:?}");
    ensure!(open.tag.is_none() && open.caching == "no-store", "{open:?}");
    let unbounded = town.range(&town.ana, "after=1", None).await?;
    ensure!(
        unbounded.tag.is_none() && unbounded.caching == "no-store",
        "{unbounded:?}"
    );
    Ok(())
}

/// S3.3, S0.12: what was erased is in no range that is given out afterwards, whoever had it read before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erased_messages_leave_ranges() -> Result<()> {
    let town = Town::new().await?;
    let _sockets = town.sockets().await?;
    let secret = town.ana.say(town.channel, "a secret").await?.seq;
    let head = town.busy("a message").await?.0;
    let query = format!("after={}&until={head}&limit=50", secret.0 - 1);
    let before = town.range(&town.people[0], &query, None).await?;
    ensure!(before.body["events"][0]["text"] == "a secret", "{before:?}");

    let path = town.path(&format!("messages/{secret}"));
    town.api(&town.ana)?.must("DELETE", &path, None).await?;
    let until = Instant::now() + SOON;
    let tag = before.tag.as_deref().context("a tag")?;
    // On the node that answered it is gone at once; the others hear of it.
    for person in &town.people {
        loop {
            let after = town.range(person, &query, Some(tag)).await?;
            let is_gone = after.status == 200 && after.body["events"][0]["text"] == "";
            if is_gone {
                ensure!(after.tag.is_some() && after.tag != before.tag, "{after:?}");
                ensure!(after.seqs() == before.seqs(), "{after:?}");
                break;
            }
            ensure!(Instant::now() < until, "still given out: {:?}", after.status);
        }
    }
    Ok(())
}
