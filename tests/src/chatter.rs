//! Socket.IO by WebSocket (protocol 5 over Engine.IO 4), as far as asking and hearing needs it.

use crate::Ended;
use anyhow::{Context, Result, bail, ensure};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Longest wait for a packet that must come.
const PATIENCE: Duration = Duration::from_secs(40);

type Stream = WebSocketStream<TcpStream>;

/// A connection that asks one thing after the other.
pub struct Chatter {
    out: SplitSink<Stream, Message>,
    inward: SplitStream<Stream>,
    asked: u64,
    acks: HashMap<u64, Value>,
    heard: VecDeque<(String, Value)>,
}

/// A packet of the server.
enum Packet {
    Connected,
    Refused(Value),
    Event(String, Value),
    Ack(u64, Value),
    Ended(Ended),
}

impl Chatter {
    /// Connects; fails if the server refuses the token.
    ///
    /// # Errors
    /// What the server said.
    pub async fn open(server: SocketAddr, token: &str) -> Result<Self> {
        let mut chatter = Self::begin(server, token).await?;
        match chatter.packet().await? {
            Packet::Connected => Ok(chatter),
            Packet::Refused(why) => bail!("refused: {why}"),
            _ => bail!("neither connected nor refused"),
        }
    }

    /// Connects with a token that is refused, emits these events all the same, and tells the message of the refusal and
    /// what was acknowledged.
    ///
    /// # Errors
    /// If the server lets the client in.
    pub async fn refused(
        server: SocketAddr,
        token: &str,
        events: &[(&str, Value)],
    ) -> Result<(String, Vec<Value>)> {
        let mut chatter = Self::begin(server, token).await?;
        let why = match chatter.packet().await? {
            Packet::Refused(why) => why["message"].as_str().unwrap_or_default().to_owned(),
            _ => bail!("the token is good"),
        };
        for (event, value) in events {
            // The server may have ended the connection already.
            if chatter.emit(event, value).await.is_err() {
                break;
            }
        }
        chatter.out.close().await.ok();
        while !matches!(chatter.packet().await?, Packet::Ended(_)) {}
        Ok((why, chatter.acks.into_values().collect()))
    }

    async fn begin(server: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{server}/socket.io/?EIO=4&transport=websocket");
        let (out, inward) = tokio_tungstenite::client_async(url, stream).await?.0.split();
        let mut chatter = Self {
            out,
            inward,
            asked: 0,
            acks: HashMap::new(),
            heard: VecDeque::new(),
        };
        chatter.send(format!("40{}", json!({ "token": token }))).await?;
        Ok(chatter)
    }

    /// Emits an event; the acknowledgement.
    ///
    /// # Errors
    /// If the connection ends before it comes.
    pub async fn ask(&mut self, event: &str, value: &Value) -> Result<Value> {
        let id = self.emit(event, value).await?;
        while !self.acks.contains_key(&id) {
            if let Packet::Ended(how) = self.packet().await? {
                bail!("ended by {how:?} under {event} {value}");
            }
        }
        self.acks.remove(&id).context("it came")
    }

    /// The texts of the messages of a channel that were heard until now; they are told once.
    pub fn texts(&mut self, channel: &str) -> Vec<String> {
        let messages = self
            .heard
            .drain(..)
            .filter(|(event, value)| event == "chat message" && value["channel"] == channel);
        let text = |(_, value): (String, Value)| value["message"].as_str().map(str::to_owned);
        messages.filter_map(text).collect()
    }

    /// Waits for an event that the server emits.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn hear(&mut self) -> Result<()> {
        while self.heard.is_empty() {
            if let Packet::Ended(how) = self.packet().await? {
                bail!("ended by {how:?}");
            }
        }
        Ok(())
    }

    /// Leaves by the protocol, emits an event behind it, and hangs up; tells what was acknowledged.
    ///
    /// # Errors
    /// If the line does not end.
    pub async fn disconnect(mut self, event: &str, value: &Value) -> Result<Vec<Value>> {
        self.send("41".to_owned()).await?;
        if self.emit(event, value).await.is_ok() {
            self.out.close().await.ok();
        }
        while !matches!(self.packet().await?, Packet::Ended(_)) {}
        Ok(self.acks.into_values().collect())
    }

    async fn emit(&mut self, event: &str, value: &Value) -> Result<u64> {
        self.asked += 1;
        let packet = format!("42{}{}", self.asked, json!([event, value]));
        self.send(packet).await?;
        Ok(self.asked)
    }

    async fn send(&mut self, packet: String) -> Result<()> {
        Ok(self.out.send(Message::text(packet)).await?)
    }

    /// The next packet that says something; acknowledgements and events are kept, too.
    async fn packet(&mut self) -> Result<Packet> {
        // Not for each frame: the server's pings go on while nothing is said.
        let until = Instant::now() + PATIENCE;
        loop {
            let next = tokio::time::timeout_at(until, self.inward.next()).await;
            let text = match next.context("nothing comes")? {
                Some(Ok(Message::Text(text))) => text.to_string(),
                Some(Ok(Message::Close(close))) => {
                    let how = close.map(|close| (close.code.into(), close.reason.to_string()));
                    return Ok(Packet::Ended(how));
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return Ok(Packet::Ended(None)),
            };
            match read(&text)? {
                // A ping; one may come when we have hung up already.
                None if text == "2" => drop(self.send("3".to_owned()).await),
                None => {}
                Some(packet) => {
                    match &packet {
                        Packet::Ack(id, value) => drop(self.acks.insert(*id, value.clone())),
                        Packet::Event(event, value) => self.heard.push_back((event.clone(), value.clone())),
                        _ => {}
                    }
                    return Ok(packet);
                }
            }
        }
    }
}

/// A packet of Socket.IO; none for what Engine.IO says of itself.
fn read(text: &str) -> Result<Option<Packet>> {
    let Some(packet) = text.strip_prefix('4') else {
        return Ok(None);
    };
    let (kind, rest) = packet.split_at_checked(1).context("a packet has a kind")?;
    let json = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let id = &rest[..rest.len() - json.len()];
    let mut value: Value = match json {
        "" => Value::Null,
        json => serde_json::from_str(json)?,
    };
    Ok(Some(match kind {
        "0" => Packet::Connected,
        "1" => Packet::Ended(None),
        "4" => Packet::Refused(value),
        "2" => Packet::Event(value[0].as_str().unwrap_or_default().to_owned(), value[1].take()),
        "3" => {
            ensure!(value.is_array(), "an acknowledgement is a list: {text}");
            Packet::Ack(id.parse()?, value[0].take())
        }
        _ => bail!("a packet of no kind: {text}"),
    }))
}
