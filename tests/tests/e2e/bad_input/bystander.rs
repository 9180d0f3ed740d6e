//! Two who chat through the same server all the while, and must not notice.

use super::town::Town;
use anyhow::{Context, Result, ensure};
use klatch_tests::{Api, Socket, code};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Between two messages.
const PACE: Duration = Duration::from_millis(10);
/// Longest wait for a message that was acknowledged.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ana, who writes, under way.
pub(super) struct Bystanders {
    stop: Arc<AtomicBool>,
    /// What ana was told of each message: its text and its position.
    writing: JoinHandle<Result<Vec<(String, u64)>>>,
    rui: Socket,
    channel: String,
}

impl Bystanders {
    pub(super) async fn start(town: &Town) -> Result<Self> {
        let rui = Socket::open(town.server.public(), town.rui.token().unwrap_or_default()).await?;
        let channel = town.word("q").to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let writing = tokio::spawn(write(town.ana.clone(), channel.clone(), Arc::clone(&stop)));
        Ok(Self {
            stop,
            writing,
            rui,
            channel,
        })
    }

    /// Lets ana finish, and checks that rui heard each message once, in order, and nothing else.
    pub(super) async fn finish(mut self) -> Result<usize> {
        self.stop.store(true, Ordering::Relaxed);
        let written = self.writing.await??;
        let mut heard = Vec::new();
        while heard.len() < written.len() {
            let frame = self
                .rui
                .pushed(PATIENCE)
                .await
                .context("an acknowledged message never came")?;
            let events = frame["events"]
                .as_array()
                .with_context(|| format!("not for rui: {frame}"))?;
            for event in events {
                ensure!(event["channel"] == self.channel.as_str(), "not for rui: {event}");
                ensure!(event["type"] == "message.posted", "nobody did that: {event}");
                heard.push((
                    event["text"].as_str().unwrap_or_default().to_owned(),
                    number(event, "seq")?,
                ));
                ensure!(
                    number(event, "prev")? + 1 == number(event, "seq")?,
                    "a hole: {event}"
                );
            }
        }
        ensure!(heard == written, "ana wrote {written:?}, rui heard {heard:?}");
        ensure!(
            heard.windows(2).all(|two| two[0].1 + 1 == two[1].1),
            "out of order: {heard:?}"
        );
        // A command behind them all: what is pushed before its answer would be heard by now.
        ensure!(code(&self.rui.ask(json!({ "op": "channel_list" })).await?) == "ok");
        let more = self.rui.pushed(Duration::ZERO).await;
        ensure!(more.is_none(), "nobody wrote that: {more:?}");
        Ok(written.len())
    }
}

async fn write(ana: Api, channel: String, stop: Arc<AtomicBool>) -> Result<Vec<(String, u64)>> {
    let mut written = Vec::new();
    let mut pace = tokio::time::interval(PACE);
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        let text = format!("message {}", written.len());
        let seq = ana.send(&channel, &text).await?;
        written.push((text, seq));
    }
    Ok(written)
}

fn number(value: &Value, name: &str) -> Result<u64> {
    value[name]
        .as_u64()
        .with_context(|| format!("no `{name}` in {value}"))
}
