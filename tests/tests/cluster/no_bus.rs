//! NATS is away: everything goes on, a little later between nodes, and nothing is lost.

use anyhow::{Context, Result, ensure};
use klatch_tests::cluster::{Cluster, Person, until};
use klatch_tests::{Ear, contiguous};
use serde_json::json;
use std::time::Duration;

const LIVE: Duration = Duration::from_millis(300);
/// How late messages of other nodes may be without NATS.
const LATE: Duration = Duration::from_millis(1_800);
/// How late those who became members find it out.
const FOUND: Duration = Duration::from_secs(5);
const BACK: Duration = Duration::from_secs(5);
/// How soon revoked sockets are closed (contract, delivery 9).
const REVOKED: Duration = Duration::from_secs(5);

async fn bus_is(cluster: &Cluster, nodes: usize, up: bool) -> Result<()> {
    for at in 0..nodes {
        until(
            BACK,
            &format!("node {at} knows whether NATS is there"),
            || async { Ok((cluster.metric(at, "klatch_bus_up").await? == 1) == up) },
        )
        .await?;
        let ready = cluster.inside(at)?.must("GET", "/readyz", None).await?;
        let degraded = ready.body["degraded"].to_string();
        ensure!(
            ready.body["ready"] == true && degraded.contains("bus") != up,
            "node {at}: {ready:?}"
        );
    }
    Ok(())
}

/// S3.2: servers tell each other in batches, and nothing rests on it.
#[tokio::test]
async fn without_nats_messages_come_later_and_all_of_them() -> Result<()> {
    let mut cluster = Cluster::start(3, &[], &[vec![], vec![], vec![]]).await?;
    let (ana, rui) = (cluster.person("ana").await?, cluster.person("rui").await?);
    cluster.register("zoe").await?;
    let zoe = cluster.log_in(0, "test", "zoe").await?;
    let channel = cluster.group(0, &[&ana, &rui, &zoe]).await?;
    let mut ears = vec![
        cluster.ear(0, &rui).await?,
        cluster.ear(1, &rui).await?,
        cluster.ear(2, &rui).await?,
    ];
    bus_is(&cluster, 3, true).await?;
    let mut heard = Heard::of(ears.len());
    heard
        .all(&mut ears, &cluster, &ana, &channel, "before", LIVE * 3)
        .await?;

    (0..3).try_for_each(|server| cluster.nats().kill(server))?;
    bus_is(&cluster, 3, false).await?;
    for n in 0..3 {
        cluster.api(0, &ana)?.send(&channel, &format!("away {n}")).await?;
        let text = format!("away {n}");
        heard.one(&mut ears, 0, &channel, &text, LIVE * 3).await?;
        heard.one(&mut ears, 1, &channel, &text, LATE).await?;
        heard.one(&mut ears, 2, &channel, &text, LATE).await?;
    }
    // Who is removed is gone within a second, who is revoked within five.
    let path = format!("/v1/channels/{channel}/members/{}", zoe.id);
    let mut revoked = cluster.ear(2, &zoe).await?;
    cluster.api(1, &ana)?.must("DELETE", &path, None).await?;
    let (history, api) = (format!("/v1/channels/{channel}/messages"), cluster.api(2, &zoe)?);
    until(
        Duration::from_secs(1),
        "who was removed reads nothing",
        || async { Ok(api.call("GET", &history, None).await?.status == 404) },
    )
    .await?;
    let api = cluster.api(0, &zoe)?;
    api.must("POST", "/v1/auth/logout", None).await?;
    let ended = revoked.ended(REVOKED).await?;
    ensure!(ended.map(|ended| ended.0) == Some(4003));

    who_comes_without_nats(&cluster, &ana, &rui, &mut ears[1]).await?;

    // A node that starts now works, and joins later.
    cluster.add(vec![]).await?;
    ears.push(cluster.ear(3, &rui).await?);
    heard.add();
    bus_is(&cluster, 4, false).await?;
    cluster.api(3, &ana)?.send(&channel, "of the new one").await?;
    for ear in 0..4 {
        heard
            .one(&mut ears, ear, &channel, "of the new one", LATE)
            .await?;
    }

    (0..3).try_for_each(|server| cluster.nats().restart(server))?;
    bus_is(&cluster, 4, true).await?;
    cluster.meet().await?;
    for n in 0..4 {
        let text = format!("back {n}");
        cluster.api(n, &ana)?.send(&channel, &text).await?;
        for ear in 0..4 {
            heard.one(&mut ears, ear, &channel, &text, LIVE * 3).await?;
        }
    }
    heard.is_whole()
}

/// Channels and memberships that nobody tells of are found too, and what was said there before.
async fn who_comes_without_nats(cluster: &Cluster, ana: &Person, rui: &Person, ear: &mut Ear) -> Result<()> {
    let made = cluster.group(0, &[ana, rui]).await?;
    let joined = cluster.group(2, &[ana]).await?;
    let path = format!("/v1/channels/{joined}/members");
    let body = json!({ "user": rui.id });
    cluster.api(0, ana)?.must("POST", &path, Some(body)).await?;
    let line = "channel add --owner ana --member rui --space test by-command";
    let commanded = cluster.cli(1, line)?;
    for (channel, first) in [
        (&made, "channel.created"),
        (&joined, "member.joined"),
        (&commanded, "channel.created"),
    ] {
        cluster.api(2, ana)?.send(channel, "hello").await?;
        let events = ear.events_until(channel, "hello", FOUND).await?;
        ensure!(events[0]["type"] == first, "{events:?}");
        contiguous(&events)?;
    }
    Ok(())
}

/// What each socket heard of the channel.
struct Heard(Vec<Vec<serde_json::Value>>);

impl Heard {
    fn of(count: usize) -> Self {
        Self(vec![Vec::new(); count])
    }

    fn add(&mut self) {
        self.0.push(Vec::new());
    }

    async fn one(
        &mut self,
        ears: &mut [Ear],
        at: usize,
        channel: &str,
        text: &str,
        within: Duration,
    ) -> Result<()> {
        let events = ears[at].events_until(channel, text, within).await;
        self.0[at].extend(events.with_context(|| format!("socket {at}, `{text}`"))?);
        Ok(())
    }

    async fn all(
        &mut self,
        ears: &mut [Ear],
        cluster: &Cluster,
        ana: &Person,
        channel: &str,
        text: &str,
        within: Duration,
    ) -> Result<()> {
        cluster.api(0, ana)?.send(channel, text).await?;
        for at in 0..ears.len() {
            self.one(ears, at, channel, text, within).await?;
        }
        Ok(())
    }

    fn is_whole(&self) -> Result<()> {
        for (at, events) in self.0.iter().enumerate() {
            let last = contiguous(events).with_context(|| format!("socket {at}"))?;
            ensure!(last == contiguous(&self.0[0])?, "socket {at} stands at {last}");
        }
        Ok(())
    }
}

/// One server of three: nodes go to the others.
#[tokio::test]
async fn one_nats_server_of_three_is_not_missed() -> Result<()> {
    let cluster = Cluster::start(3, &[], &[vec![], vec![]]).await?;
    let (ana, rui) = (cluster.person("ana").await?, cluster.person("rui").await?);
    let channel = cluster.group(0, &[&ana, &rui]).await?;
    let mut ear = cluster.ear(1, &rui).await?;
    for server in 0..3 {
        cluster.nats().kill(server)?;
        let text = format!("without {server}");
        cluster.api(0, &ana)?.send(&channel, &text).await?;
        ear.events_until(&channel, &text, LATE * 2).await?;
        cluster.nats().restart(server)?;
        bus_is(&cluster, 2, true).await?;
    }
    cluster.meet().await?;
    Ok(())
}
