//! S4.2: the stream of a space's events, whichever node commits them.

use super::{by, client, group, post, refused};
use anyhow::{Context, Result, bail, ensure};
use klatch_testkit::{Server, Storage};
use klatch_tests::{Api, cli, skipped};
use klatch_transport::grpc::proto::stream_events_response::What;
use klatch_transport::grpc::proto::{Began, Event, StreamEventsRequest, StreamEventsResponse};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Streaming};

/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reader of a stream, and what it has.
struct Reader {
    stream: Streaming<StreamEventsResponse>,
    began: Began,
    events: HashMap<String, Vec<Event>>,
}

impl Reader {
    async fn open(server: &Server, node: usize, asked: StreamEventsRequest) -> Result<Self> {
        let mut client = client(server, node).await?;
        let stream = client
            .stream_events(by(server.api_key(), asked)?)
            .await?
            .into_inner();
        let mut reader = Self {
            stream,
            began: Began::default(),
            events: HashMap::new(),
        };
        let Some(What::Began(began)) = reader.next().await? else {
            bail!("it does not say where it begins")
        };
        reader.began = began;
        Ok(reader)
    }

    async fn next(&mut self) -> Result<Option<What>> {
        let next = tokio::time::timeout(PATIENCE, self.stream.message()).await;
        let response = next.context("nothing came in time")??;
        Ok(response.context("the stream ended")?.what)
    }

    /// Reads until a channel is known up to a position; each event must follow the one before.
    async fn until(&mut self, channel: &str, seq: u64) -> Result<()> {
        while self
            .events
            .get(channel)
            .and_then(|events| events.last())
            .is_none_or(|event| event.seq < seq)
        {
            let Some(What::Event(event)) = self.next().await? else {
                continue;
            };
            let before = self.events.entry(event.channel.clone()).or_default();
            let begins = self.began.after.get(&event.channel).copied().unwrap_or_default();
            let last = before.last().map_or(begins, |event| event.seq);
            ensure!(
                event.prev == last && event.seq == last + 1,
                "{event:?} after {last}"
            );
            before.push(event);
        }
        Ok(())
    }

    fn positions(&self) -> HashMap<String, u64> {
        let mut positions = self.began.after.clone();
        for (channel, events) in &self.events {
            positions.extend(events.last().map(|event| (channel.clone(), event.seq)));
        }
        positions
    }

    fn texts(&self, channel: &str) -> Vec<String> {
        let events = self.events.get(channel).into_iter().flatten();
        let json = events.filter_map(|event| serde_json::from_str::<Value>(&event.json).ok());
        json.filter_map(|event| Some(event["text"].as_str()?.to_owned()))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_all_channels_come_in_order_and_go_on_where_one_was() -> Result<()> {
    let server = Server::start().await?;
    let last = server.nodes().len() - 1;
    let (mut here, mut there) = (client(&server, 0).await?, client(&server, last).await?);
    let back_end = server.api_key();
    let first = group(&mut here, back_end, "first").await?;
    for text in ["one", "two"] {
        post(&mut there, back_end, &first, text).await?;
    }

    let whole = StreamEventsRequest {
        from_start: true,
        ..Default::default()
    };
    let mut reader = Reader::open(&server, 0, whole).await?;
    let seq = post(&mut there, back_end, &first, "three").await?;
    reader.until(&first, seq).await?;
    assert_eq!(reader.texts(&first), ["one", "two", "three"]);
    assert_eq!(reader.events[&first][0].r#type, "channel.created");

    let second = group(&mut there, back_end, "second").await?;
    let seq = post(&mut there, back_end, &second, "new").await?;
    reader.until(&second, seq).await?;
    assert_eq!(
        reader.events[&second][0].seq, 1,
        "a new channel comes from its first event on"
    );

    let (after, epoch) = (reader.positions(), reader.began.epoch.clone());
    drop(reader);
    let missed = post(&mut here, back_end, &first, "missed").await?;
    let third = group(&mut here, back_end, "third").await?;
    let seq = post(&mut here, back_end, &third, "also missed").await?;
    let resumed = StreamEventsRequest {
        after,
        from_start: true,
        epoch: Some(epoch),
    };
    let mut reader = Reader::open(&server, last, resumed).await?;
    reader.until(&first, missed).await?;
    reader.until(&third, seq).await?;
    assert_eq!(reader.texts(&first), ["missed"]);
    assert!(!reader.events.contains_key(&second), "nothing new happened there");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_begins_where_the_channels_stand_unless_told() -> Result<()> {
    let server = Server::start().await?;
    let (mut client, back_end) = (client(&server, 0).await?, server.api_key());
    let channel = group(&mut client, back_end, "busy").await?;
    let before = post(&mut client, back_end, &channel, "before").await?;
    let mut reader = Reader::open(&server, 0, StreamEventsRequest::default()).await?;
    assert_eq!(reader.began.after, HashMap::from([(channel.clone(), before)]));
    let seq = post(&mut client, back_end, &channel, "after").await?;
    reader.until(&channel, seq).await?;
    assert_eq!(reader.texts(&channel), ["after"]);
    Ok(())
}

/// A conversation of two is nobody's business.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn direct_conversations_stay_private() -> Result<()> {
    let server = Server::start().await?;
    let (tenant, back_end) = (server.tenant()?, server.api_key());
    let (ana, rui) = (tenant.user("ana").await?, tenant.user("rui").await?);
    let whole = StreamEventsRequest {
        from_start: true,
        ..Default::default()
    };
    let mut reader = Reader::open(&server, 0, whole).await?;
    let api = Api::new(server.public())?.with(&ana.token);
    let body = json!({ "kind": "direct", "members": [rui.user.id] });
    let direct = api.must("POST", "/v1/channels", Some(body)).await?.text("id")?;
    api.send(&direct, "between us").await?;
    let mut client = client(&server, 0).await?;
    let channel = group(&mut client, back_end, "all").await?;
    let seq = post(&mut client, back_end, &channel, "for all").await?;
    reader.until(&channel, seq).await?;
    assert!(!reader.events.contains_key(&direct));
    Ok(())
}

/// S1.5: a reader that is slow costs no memory and gets everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_everything() -> Result<()> {
    const MESSAGES: u64 = 1_500;
    let server = Server::start().await?;
    let (mut client, back_end) = (client(&server, 0).await?, server.api_key());
    let mut reader = Reader::open(&server, 0, StreamEventsRequest::default()).await?;
    let channel = group(&mut client, back_end, "much").await?;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..15 {
        let (mut client, back_end, channel) = (client.clone(), back_end.to_owned(), channel.clone());
        sending.spawn(async move {
            for _ in 0..MESSAGES / 15 {
                post(&mut client, &back_end, &channel, &"x".repeat(2_000)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    reader.until(&channel, MESSAGES + 1).await?;
    assert_eq!(reader.texts(&channel).len() as u64, MESSAGES);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_of_another_history_are_refused() -> Result<()> {
    let server = Server::start().await?;
    let (mut client, back_end) = (client(&server, 0).await?, server.api_key());
    let channel = group(&mut client, back_end, "short").await?;
    let above = StreamEventsRequest {
        after: HashMap::from([(channel, 99)]),
        ..Default::default()
    };
    let other = StreamEventsRequest {
        epoch: Some("another".to_owned()),
        ..Default::default()
    };
    for asked in [above, other] {
        let answer = refused(client.stream_events(by(back_end, asked)?).await)?;
        assert_eq!(answer, (Code::OutOfRange, "resync".to_owned()));
    }
    let no_id = StreamEventsRequest {
        after: HashMap::from([("x".to_owned(), 1)]),
        ..Default::default()
    };
    let answer = refused(client.stream_events(by(back_end, no_id)?).await)?;
    assert_eq!(answer, (Code::InvalidArgument, "invalid".to_owned()));
    Ok(())
}

/// Security defaults: what is revoked ends within seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_hears_nothing_more() -> Result<()> {
    let server = Server::start().await?;
    if !matches!(server.storage(), Storage::Postgres | Storage::Cluster) {
        skipped("a key is revoked beside a running server over PostgreSQL only");
        return Ok(());
    }
    let mut reader = Reader::open(&server, 0, StreamEventsRequest::default()).await?;
    let listed = cli(&server, "space key list test")?;
    let is_id = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
    let id = listed.split_whitespace().find(is_id).context("a key has an id")?;
    cli(&server, &format!("space key revoke test {id}"))?;
    let ended = async {
        loop {
            if let Err(status) = reader.stream.message().await {
                return status;
            }
        }
    };
    let status = tokio::time::timeout(PATIENCE, ended)
        .await
        .context("it went on")?;
    assert_eq!(status.code(), Code::Unauthenticated);
    Ok(())
}
