//! S3.1, S4.4: events in the shape of the chat application's design, over REST and over the socket.

use super::Town;
use anyhow::{Context, Result, ensure};
use klatch_tests::Socket;
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

/// S3.1, S4.4: both ways give the same; every event names the one before it, and only who asks gets this shape.
#[tokio::test]
async fn events_have_the_fields_of_the_design() -> Result<()> {
    let town = Town::new().await?;
    let ana = town.api(&town.ana)?;
    let server = town.server.public();
    let hello = json!({ "op": "hello", "token": town.jane.token, "shape": "s4" });
    let mut shaped = Socket::greet(server, hello).await?;
    let mut plain = Socket::open(server, &town.john.token).await?;
    let seq = ana.send(&town.group, "Hello, how are you?").await?;

    let frame = shaped.pushed(SOON).await.context("nothing comes")?;
    let event = frame["events"][0].clone();
    let mut fields: Vec<&str> = event
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| &**name)
        .collect();
    fields.sort_unstable();
    let expected = [
        "channelId",
        "createdAt",
        "key",
        "message",
        "msgId",
        "prevMsgId",
        "senderId",
    ];
    ensure!(fields == expected, "{event}");
    ensure!(event["msgId"] == seq && event["prevMsgId"] == seq - 1, "{event}");
    ensure!(
        event["channelId"] == *town.group && event["message"] == "Hello, how are you?",
        "{event}"
    );
    ensure!(event["senderId"] == json!(town.ana.user.id), "{event}");
    let frame = plain.pushed(SOON).await.context("nothing comes")?;
    ensure!(
        frame["events"][0]["seq"] == seq && frame["events"][0]["msgId"].is_null(),
        "{frame}"
    );

    let path = format!("/s4/channels/{}/messages", town.group);
    let all = town.api(&town.jane)?.must("GET", &path, None).await?.body;
    let all: Vec<Value> = all.as_array().cloned().unwrap_or_default();
    ensure!(all.last() == Some(&event), "{all:?}");
    for (before, after) in all.iter().zip(all.iter().skip(1)) {
        ensure!(after["prevMsgId"] == before["msgId"], "{all:?}");
    }
    ensure!(
        all[0]["message"].is_null() && all[0]["event"]["type"] == "channel.created",
        "{:?}",
        all[0]
    );
    let hole = format!("{path}?after={}&limit=1", seq - 1);
    let filled = town.api(&town.jane)?.must("GET", &hole, None).await?.body;
    ensure!(filled == json!([event]), "{filled}");
    let replayed = json!({ "op": "hello", "token": town.jane.token, "shape": "s4", "cursors": { &town.group: seq - 1 } });
    let mut resumed = Socket::greet(server, replayed).await?;
    let frame = resumed.pushed(SOON).await.context("nothing comes")?;
    ensure!(frame["events"] == json!([event]), "{frame}");
    Ok(())
}

/// S4.4: a shape that there is not is refused.
#[tokio::test]
async fn there_is_no_other_shape() -> Result<()> {
    let town = Town::new().await?;
    let hello = json!({ "op": "hello", "token": town.jane.token, "shape": "s5" });
    let (frames, _) = Socket::refused(town.server.public(), &[hello]).await?;
    ensure!(frames[0]["refused"]["code"] == "invalid", "{frames:?}");
    Ok(())
}
