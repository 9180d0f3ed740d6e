//! Promises of the contract that only show over real sockets: keys, order, resuming, slow readers, stopping, limits.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, Storage, TestClient};
use klatch_tests::raw::{self, Came, RawSocket};
use klatch_tests::{Socket, code, skipped};
use klatch_types::{ChannelId, ClientKey, Clock, SystemClock, SystemEntropy, limits};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SOON: Duration = Duration::from_secs(10);

fn key() -> ClientKey {
    ClientKey::new(SystemClock.now(), &SystemEntropy)
}

/// A server with two users in a group.
async fn pair(options: ServerOptions) -> Result<(Server, TestClient, TestClient, ChannelId)> {
    let server = Server::start_with(options).await?;
    let tenant = server.tenant()?;
    let (ana, rui) = (tenant.user("ana").await?, tenant.user("rui").await?);
    let channel = tenant.group("both", &[&ana, &rui]).await?;
    Ok((server, ana, rui, channel))
}

/// Whether the server forgets everything when it ends; says what is left out for it.
fn forgets(what: &str) -> Result<bool> {
    let forgets = !Storage::chosen()?.is_durable();
    if forgets {
        skipped(&format!("{what}: memory is gone with the process"));
    }
    Ok(forgets)
}

/// Positions of the events of one channel among what is pushed, until `last` has come.
async fn heard(socket: &mut Socket, last: u64) -> Result<Vec<u64>> {
    let mut seqs = Vec::new();
    while seqs.last() != Some(&last) {
        let frame = socket
            .pushed(SOON)
            .await
            .with_context(|| format!("nothing after {seqs:?}"))?;
        let events = frame["events"].as_array().cloned().unwrap_or_default();
        seqs.extend(events.iter().filter_map(|event| event["seq"].as_u64()));
    }
    Ok(seqs)
}

/// Delivery 2 and 3.
/// S4.2, S4.7: a message is durable when it is acknowledged, and one however often it is sent.
#[tokio::test]
async fn one_key_is_one_message_over_every_door_and_at_once() -> Result<()> {
    let (server, ana, _rui, channel) = pair(ServerOptions::default()).await?;
    let key = key();
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(Socket::open(server.public(), &ana.token).await?);
    }
    let send = json!({ "op": "send", "channel": channel, "key": key, "text": "once" });
    let asked = sockets.iter().map(|socket| socket.ask(send.clone()));
    let answers: Vec<Value> = futures_util::future::try_join_all(asked).await?;
    let seqs: Vec<&Value> = answers.iter().map(|answer| &answer["ok"]["seq"]).collect();
    ensure!(
        seqs.iter().all(|seq| seq.is_u64() && *seq == seqs[0]),
        "{answers:?}"
    );
    let first = answers
        .iter()
        .filter(|answer| answer["ok"]["duplicate"] != true)
        .count();
    ensure!(first == 1, "{first} were told to be the first");

    let api = klatch_tests::Api::new(server.public())?.with(&ana.token);
    let path = format!("/v1/channels/{channel}/messages");
    let again = api
        .must("POST", &path, Some(json!({ "key": key, "text": "once" })))
        .await?;
    ensure!(
        again.body["seq"] == *seqs[0] && again.body["duplicate"] == true,
        "{:?}",
        again.body
    );
    let other = api
        .call("POST", &path, Some(json!({ "key": key, "text": "twice" })))
        .await?;
    ensure!(other.code() == "idempotency_conflict", "{:?}", other.body);
    let (_, events) = ana.events(channel).await?;
    ensure!(events.iter().filter(|event| event.key == Some(key)).count() == 1);
    Ok(())
}

/// What one connection sends without waiting stands in the log as it was sent, also where the server has to look
/// something up first.
/// S4.4: a sequence per channel is the order.
#[tokio::test]
async fn pipelined_sends_keep_their_order() -> Result<()> {
    let (server, ana, _rui, channel) = pair(ServerOptions::default()).await?;
    let first = ana.say(channel, "to reply to").await?;
    let mut connection = RawSocket::open(server.public()).await?;
    let mut frames = raw::text(json!({ "op": "hello", "token": ana.token }).to_string());
    for id in 0..60u64 {
        let mut send =
            json!({ "id": id, "op": "send", "channel": channel, "key": key(), "text": format!("{id}") });
        match id % 3 {
            0 => send["text"] = json!(format!("@rui {id}")),
            1 => send["reply_to"] = json!(first.seq),
            _ => {}
        }
        frames.extend(raw::text(send.to_string()));
    }
    connection.send(&frames).await; // all of it in one write, the first frame too
    let mut seqs = HashMap::new();
    while seqs.len() < 60 {
        let Came::Text(frame) = connection.next().await? else {
            continue;
        };
        if let Some(id) = frame["re"].as_u64() {
            seqs.insert(
                id,
                frame["ok"]["seq"].as_u64().with_context(|| frame.to_string())?,
            );
        }
    }
    let order: Vec<u64> = (0..60).map(|id| seqs[&id]).collect();
    ensure!(order.is_sorted(), "{order:?}");
    Ok(())
}

/// Delivery 6: missed events in order, also after a restart; a client too far behind pulls; another history is `resync`.
/// S3.1: what was missed while away comes in order.
#[tokio::test]
async fn a_client_resumes_where_it_was() -> Result<()> {
    if forgets("resuming after a restart")? {
        return Ok(());
    }
    let (mut server, ana, rui, channel) = pair(ServerOptions::default()).await?;
    let mut last = 0;
    for n in 0..20 {
        last = ana.say(channel, format!("{n}")).await?.seq.0;
    }
    server.kill()?;
    server.restart().await?;
    let epoch = ana.events(channel).await?.0;
    let greet = |after: u64, epoch: &str| json!({ "op": "hello", "token": rui.token, "epoch": epoch, "cursors": { channel.to_string(): after } });
    let mut socket = Socket::greet(server.public(), greet(5, &epoch)).await?;
    ensure!(heard(&mut socket, last).await? == (6..=last).collect::<Vec<_>>());

    let (frames, ended) = Socket::refused(server.public(), &[greet(5, "another")]).await?;
    ensure!(frames[0]["refused"]["code"] == "resync", "{frames:?}");
    ensure!(ended.context("a close frame")?.0 == 4090);
    let (_, ended) = Socket::refused(server.public(), &[greet(last + 100, &epoch)]).await?;
    ensure!(ended.context("a close frame")?.0 == 4090);

    let sender = Socket::open(server.public(), &ana.token).await?.deaf();
    let more = u64::from(limits::RESUME_EVENTS_MAX) + 1;
    let sends = (0..more).map(|n| {
        sender.ask(json!({ "op": "send", "channel": channel, "key": key(), "text": format!("more {n}") }))
    });
    for answer in futures_util::future::try_join_all(sends).await? {
        ensure!(code(&answer) == "ok", "{answer}");
    }
    let mut socket = Socket::greet(server.public(), greet(last, &epoch)).await?;
    let behind = socket.pushed(SOON).await.context("a frame")?;
    ensure!(
        behind["behind"][0]["after"] == last && behind["behind"][0]["head"] == last + more,
        "{behind}"
    );
    let mut after = last;
    while after < last + more {
        let page = socket
            .ask(json!({ "op": "events", "channel": channel, "after": after, "limit": 200 }))
            .await?;
        let events = page["ok"]["events"].as_array().context("a page")?.clone();
        for event in events {
            ensure!(event["prev"] == after, "a hole after {after}: {event}");
            after += 1;
        }
    }
    Ok(())
}

/// Overload: publishers never wait for readers.
/// S1.5: one slow reader costs the others nothing.
#[tokio::test]
async fn a_slow_reader_is_closed_and_slows_nobody() -> Result<()> {
    let (server, ana, rui, channel) = pair(ServerOptions::default()).await?;
    let mut slow = tokio::net::TcpSocket::new_v4()?;
    slow.set_recv_buffer_size(4 * 1024)?;
    let mut slow = std::mem::replace(&mut slow, tokio::net::TcpSocket::new_v4()?)
        .connect(server.public())
        .await?;
    let upgrade = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.public()
    );
    slow.write_all(upgrade.as_bytes()).await?;
    let hello = json!({ "op": "hello", "token": rui.token });
    slow.write_all(&raw::text(hello.to_string())).await?;
    let mut byte = [0u8; 1];
    slow.read_exact(&mut byte).await?; // it is there; from now on a byte a second

    let mut listener = Socket::open(server.public(), &rui.token).await?;
    let began = Instant::now();
    while connections(&server).await? < 2 {
        ensure!(began.elapsed() < SOON, "the slow reader was not let in");
    }
    let sender = Socket::open(server.public(), &ana.token).await?.deaf();
    let text = "x".repeat(4_000);
    let began = Instant::now();
    let mut last = 0;
    while closed_as_too_slow(&server).await? == 0 {
        ensure!(began.elapsed() < SOON, "the slow reader is still there");
        let burst = (0..50)
            .map(|_| sender.ask(json!({ "op": "send", "channel": channel, "key": key(), "text": text })));
        for answer in futures_util::future::try_join_all(burst).await? {
            last = answer["ok"]["seq"].as_u64().with_context(|| answer.to_string())?;
        }
        slow.read_exact(&mut byte).await.ok();
    }
    let seqs = heard(&mut listener, last).await?;
    ensure!(
        seqs.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "the other listener missed something"
    );
    Ok(())
}

async fn connections(server: &Server) -> Result<u64> {
    metric(server, "klatch_connections ").await
}

async fn closed_as_too_slow(server: &Server) -> Result<u64> {
    metric(server, "klatch_connections_closed_total{code=\"4008\"} ").await
}

/// The value of a series, over all processes; 0 as long as there is none.
async fn metric(server: &Server, series: &str) -> Result<u64> {
    let mut sum = 0;
    for node in server.nodes() {
        let metrics = reqwest::get(format!("{}/metrics", node.internal_base())).await?;
        let text = metrics.text().await?;
        let value = text.lines().find_map(|line| line.strip_prefix(series));
        sum += value.map_or(Ok(0), str::parse::<u64>)?;
    }
    Ok(sum)
}

/// A stop in the middle of traffic: everyone is told when to come back, and what was acknowledged is there.
#[tokio::test]
async fn a_graceful_stop_tells_clients_to_come_back() -> Result<()> {
    let (mut server, ana, rui, channel) = pair(ServerOptions::default()).await?;
    let mut listener = Socket::open(server.public(), &rui.token).await?;
    let sender = Socket::open(server.public(), &ana.token).await?.deaf();
    let talking = tokio::spawn(async move {
        let mut acked = Vec::new();
        loop {
            let key = key();
            match sender
                .ask(json!({ "op": "send", "channel": channel, "key": key, "text": "on and on" }))
                .await
            {
                Ok(answer) if code(&answer) == "ok" => acked.push(key),
                _ => return acked,
            }
        }
    });
    listener.pushed(SOON).await.context("traffic")?;
    let stopped = server.stop().await?;
    ensure!(stopped.status.success(), "{}", server.log());
    let mut told = false;
    while let Some(frame) = listener.pushed(Duration::from_millis(200)).await {
        told |= frame["reconnect"]["delay_ms"].is_u64();
    }
    ensure!(told, "no delay was given");
    ensure!(listener.ended(SOON).await?.context("a close frame")?.0 == 1012);
    let acked = talking.await?;
    ensure!(!acked.is_empty());
    if forgets("what was acknowledged before a stop")? {
        return Ok(());
    }
    server.restart().await?;
    let (_, events) = ana.events(channel).await?;
    for key in acked {
        ensure!(
            events.iter().any(|event| event.key == Some(key)),
            "{key} was acknowledged and is lost"
        );
    }
    Ok(())
}

/// Overload: the limits that protect from one busy client.
#[tokio::test]
async fn limits_are_told_and_kept() -> Result<()> {
    let options = ServerOptions::default()
        .set("limits.sends_per_second", "10")
        .set("limits.sends_burst", "60")
        .set("limits.connections_per_user", "10")
        .set("limits.frames_per_10_s", "200");
    let (server, ana, _rui, channel) = pair(options).await?;
    // Each process counts for itself.
    let door = server.node(0).public();
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(Socket::open(door, &ana.token).await?);
    }
    let hello = json!({ "op": "hello", "token": ana.token });
    let (frames, ended) = Socket::refused(door, &[hello]).await?;
    ensure!(
        frames[0]["refused"]["code"] == "too_many_connections",
        "{frames:?}"
    );
    ensure!(ended.context("a close frame")?.0 == 1013);

    let send = || json!({ "op": "send", "channel": channel, "key": key(), "text": "fast" });
    let mut socket = sockets.pop().context("ten")?;
    let answers = futures_util::future::try_join_all((0..80).map(|_| socket.ask(send()))).await?;
    let limited: Vec<&Value> = answers
        .iter()
        .filter(|answer| code(answer) == "rate_limited")
        .collect();
    ensure!(
        !limited.is_empty()
            && limited
                .iter()
                .all(|answer| answer["error"]["retry_after_ms"].is_u64())
    );
    ensure!(answers.iter().filter(|answer| code(answer) == "ok").count() >= 59);

    // Of the burst of 60, one went into making the channel.
    let typing = || json!({ "op": "typing", "channel": channel });
    let flood = futures_util::future::join_all((0..300).map(|_| socket.ask(typing()))).await;
    ensure!(flood.iter().any(Result::is_err), "300 frames at once were taken");
    ensure!(socket.ended(SOON).await?.context("a close frame")?.0 == 4029);
    Ok(())
}

/// A backup taken under load is a whole history up to some point; what is restored is another history to clients.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_a_prefix_and_a_restore_is_another_epoch() -> Result<()> {
    if Storage::chosen()? != Storage::Sqlite {
        skipped("`klatch backup`: it copies SQLite's file");
        return Ok(());
    }
    let (mut server, ana, _rui, channel) = pair(ServerOptions::default()).await?;
    let sender = Socket::open(server.public(), &ana.token).await?.deaf();
    for n in 0..50 {
        let send = json!({ "op": "send", "channel": channel, "key": key(), "text": format!("{n}") });
        ensure!(code(&sender.ask(send).await?) == "ok");
    }
    let file = server.data().join("copy.db");
    let (cli_file, epoch) = (file.display().to_string(), ana.events(channel).await?.0);
    let load = async {
        loop {
            let send = json!({ "op": "send", "channel": channel, "key": key(), "text": "meanwhile" });
            if sender.ask(send).await.is_err() {
                break;
            }
        }
    };
    let backup = async { tokio::task::block_in_place(|| server.cli(&["backup", &cli_file])) };
    tokio::select! {
        () = load => anyhow::bail!("the server stopped"),
        made = backup => made?,
    };
    let (_, original) = ana.events(channel).await?;
    server.stop().await?;
    for name in ["klatch.db", "klatch.db-wal", "klatch.db-shm"] {
        std::fs::remove_file(server.data().join(name)).ok();
    }
    server.cli(&["restore", &cli_file])?;
    server.restart().await?;
    let (restored, events) = ana.events(channel).await?;
    ensure!(restored != epoch, "a restored history has the old epoch");
    ensure!(
        events.len() > 50 && events.len() <= original.len(),
        "{} of {}",
        events.len(),
        original.len()
    );
    ensure!(
        events == original[..events.len()],
        "the copy is not the beginning of the original"
    );
    Ok(())
}
