//! A socket that is listened to: events of one channel, and other frames, each taken in their order.

use crate::socket::{Ended, Socket};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A socket whose pushed events and frames are kept until somebody asks for them.
pub struct Ear {
    socket: Socket,
    events: Vec<Value>,
    frames: Vec<Value>,
}

impl Ear {
    /// Connects and greets. Errors as in [`Socket::open`].
    pub async fn open(server: SocketAddr, token: &str) -> Result<Self> {
        Self::greet(server, json!({ "op": "hello", "token": token })).await
    }

    /// Connects with this first frame. Errors as in [`Socket::open`].
    pub async fn greet(server: SocketAddr, hello: Value) -> Result<Self> {
        Ok(Self {
            socket: Socket::greet(server, hello).await?,
            events: Vec::new(),
            frames: Vec::new(),
        })
    }

    /// The `ready` frame.
    pub fn ready(&self) -> &Value {
        &self.socket.ready
    }

    /// Runs a command and gives back the whole answer. Errors as in [`Socket::ask`].
    pub async fn ask(&self, command: Value) -> Result<Value> {
        self.socket.ask(command).await
    }

    /// The next event of a channel.
    ///
    /// # Errors
    /// None comes in time.
    pub async fn event(&mut self, channel: &str, within: Duration) -> Result<Value> {
        let until = Instant::now() + within;
        loop {
            if let Some(at) = self.events.iter().position(|event| event["channel"] == channel) {
                return Ok(self.events.remove(at));
            }
            self.take(until)
                .await
                .with_context(|| format!("no event of {channel} within {within:?}"))?;
        }
    }

    /// The events of a channel up to the one with this text.
    ///
    /// # Errors
    /// It does not come in time.
    pub async fn events_until(&mut self, channel: &str, text: &str, within: Duration) -> Result<Vec<Value>> {
        let until = Instant::now() + within;
        let mut events = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let event = self.event(channel, left).await;
            events.push(event.with_context(|| format!("{} events, and not `{text}`", events.len()))?);
            if events.last().is_some_and(|event| event["text"] == text) {
                return Ok(events);
            }
        }
    }

    /// The next frame with this field, such as `typing`: what the field holds.
    ///
    /// # Errors
    /// None comes in time.
    pub async fn frame(&mut self, name: &str, within: Duration) -> Result<Value> {
        let until = Instant::now() + within;
        loop {
            if let Some(at) = self.frames.iter().position(|frame| !frame[name].is_null()) {
                return Ok(self.frames.remove(at)[name].take());
            }
            self.take(until)
                .await
                .with_context(|| format!("no `{name}` within {within:?}"))?;
        }
    }

    /// Events of a channel that came already and were not taken.
    pub async fn rest(&mut self, channel: &str) -> Vec<Value> {
        while let Some(frame) = self.socket.pushed(Duration::ZERO).await {
            self.keep(frame);
        }
        let mut rest = Vec::new();
        self.events.retain(|event| {
            let is_of = event["channel"] == channel;
            if is_of {
                rest.push(event.clone());
            }
            !is_of
        });
        rest
    }

    /// How it ended. Errors as in [`Socket::ended`].
    pub async fn ended(&mut self, within: Duration) -> Result<Ended> {
        self.socket.ended(within).await
    }

    async fn take(&mut self, until: Instant) -> Result<()> {
        let left = until.saturating_duration_since(Instant::now());
        let frame = self.socket.pushed(left).await;
        let frame = frame.context("nothing more comes")?;
        self.keep(frame);
        Ok(())
    }

    fn keep(&mut self, mut frame: Value) {
        match frame["events"].take() {
            Value::Array(events) => self.events.extend(events),
            _ => self.frames.push(frame),
        }
    }
}

/// Fails unless events stand one after another without a hole; the position of the last.
///
/// # Errors
/// There is a hole, or one is there twice.
pub fn contiguous(events: &[Value]) -> Result<u64> {
    let mut last = None;
    for event in events {
        let (seq, prev) = (event["seq"].as_u64(), event["prev"].as_u64());
        ensure!(last.is_none() || prev == last, "after {last:?} came {event}");
        last = seq;
    }
    last.context("no events")
}
