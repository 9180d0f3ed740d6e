//! The WebSocket as a client speaks it: any frame out, answers matched by `re`, everything else in a queue.

use anyhow::{Context, Result, bail, ensure};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderName;

/// Longest wait for a frame that must come.
const PATIENCE: Duration = Duration::from_secs(40);

type Stream = WebSocketStream<TcpStream>;

/// A header of the handshake: name and value.
type Header<'a> = (&'a str, &'a str);

/// How a socket ended: the code and the word of the close frame, or nothing if the line just broke.
pub type Ended = Option<(u16, String)>;

#[derive(Default)]
struct Shared {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    next: AtomicU64,
}

/// An open, greeted socket. Dropping it breaks the line.
pub struct Socket {
    reader: tokio::task::JoinHandle<()>,
    out: tokio::sync::Mutex<SplitSink<Stream, Message>>,
    shared: Arc<Shared>,
    /// The `ready` frame.
    pub ready: Value,
    pushed: Option<mpsc::UnboundedReceiver<Value>>,
    ended: Option<oneshot::Receiver<Ended>>,
}

impl Socket {
    /// Connects and greets; fails unless `ready` is the answer.
    pub async fn open(server: SocketAddr, token: &str) -> Result<Self> {
        Self::greet(server, json!({ "op": "hello", "token": token })).await
    }

    /// Connects with this first frame; fails unless `ready` is the answer.
    pub async fn greet(server: SocketAddr, hello: Value) -> Result<Self> {
        Self::greet_with(server, &[], hello).await
    }

    /// Connects with these headers, such as `origin`, and this first frame; fails unless `ready` is the answer.
    pub async fn greet_with(server: SocketAddr, headers: &[Header<'_>], hello: Value) -> Result<Self> {
        let (mut out, mut inward) = connect(server, headers).await?.split();
        out.send(Message::text(hello.to_string())).await?;
        let first = next_text(&mut inward).await?;
        let first: Value = serde_json::from_str(&first)?;
        ensure!(first["ready"].is_object(), "greeted with {first}");
        let shared = Arc::new(Shared::default());
        let (push, pushed) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let reader = tokio::spawn(read(inward, Arc::clone(&shared), push, end));
        let ready = first["ready"].clone();
        Ok(Self {
            reader,
            out: out.into(),
            shared,
            ready,
            pushed: Some(pushed),
            ended: Some(ended),
        })
    }

    /// Sends frames at once, without waiting for a greeting, and gives back every text frame and how it ended.
    pub async fn refused(server: SocketAddr, frames: &[Value]) -> Result<(Vec<Value>, Ended)> {
        Self::refused_with(server, &[], frames).await
    }

    /// The same, connecting with these headers.
    pub async fn refused_with(
        server: SocketAddr,
        headers: &[Header<'_>],
        frames: &[Value],
    ) -> Result<(Vec<Value>, Ended)> {
        let (mut out, mut inward) = connect(server, headers).await?.split();
        for frame in frames {
            // The server may have closed already; what it said is still to be read.
            if out.send(Message::text(frame.to_string())).await.is_err() {
                break;
            }
        }
        let mut texts = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, inward.next())
                .await
                .context("nothing comes")?;
            match next {
                Some(Ok(Message::Text(text))) => texts.push(serde_json::from_str(&text)?),
                Some(Ok(Message::Close(close))) => {
                    return Ok((
                        texts,
                        close.map(|close| (close.code.into(), close.reason.to_string())),
                    ));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok((texts, None)),
            }
        }
    }

    /// Runs a command (its `id` is filled in) and gives back the whole answer.
    pub async fn ask(&self, mut command: Value) -> Result<Value> {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed) + 1;
        command["id"] = id.into();
        let (tell, told) = oneshot::channel();
        self.shared
            .waiting
            .lock()
            .expect("no test panics with it")
            .insert(id, tell);
        self.out
            .lock()
            .await
            .send(Message::text(command.to_string()))
            .await?;
        let answer = tokio::time::timeout(PATIENCE, told).await;
        answer
            .context("no answer")?
            .with_context(|| format!("the socket closed under {command}"))
    }

    /// Forgets what is pushed, for sockets that only ask.
    pub fn deaf(mut self) -> Self {
        self.pushed = None;
        self
    }

    /// The next frame that answers nothing, if one comes in time.
    pub async fn pushed(&mut self, wait: Duration) -> Option<Value> {
        let pushed = self.pushed.as_mut().expect("this socket is not deaf");
        tokio::time::timeout(wait, pushed.recv()).await.ok().flatten()
    }

    /// How it ended, if it does so in time.
    pub async fn ended(&mut self, wait: Duration) -> Result<Ended> {
        let ended = self.ended.as_mut().context("it is told once")?;
        let told = tokio::time::timeout(wait, ended)
            .await
            .context("the socket stays open")?;
        self.ended = None;
        Ok(told?)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // It holds the other half of the line.
        self.reader.abort();
    }
}

/// `ok`, or the code of the error in an answer.
pub fn code(answer: &Value) -> &str {
    match &answer["error"]["code"] {
        Value::String(code) => code,
        _ if !answer["ok"].is_null() => "ok",
        _ => "no outcome",
    }
}

async fn connect(server: SocketAddr, headers: &[Header<'_>]) -> Result<Stream> {
    let mut request = format!("ws://{server}/v1/ws").into_client_request()?;
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "klatch.v1".parse()?);
    for (name, value) in headers {
        request
            .headers_mut()
            .append(HeaderName::from_bytes(name.as_bytes())?, value.parse()?);
    }
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}

async fn next_text(inward: &mut SplitStream<Stream>) -> Result<String> {
    loop {
        let next = tokio::time::timeout(PATIENCE, inward.next())
            .await
            .context("no greeting comes")?;
        match next.context("the socket ended")?? {
            Message::Text(text) => return Ok(text.to_string()),
            Message::Close(close) => bail!("closed: {close:?}"),
            _ => {}
        }
    }
}

async fn read(
    mut inward: SplitStream<Stream>,
    shared: Arc<Shared>,
    push: mpsc::UnboundedSender<Value>,
    end: oneshot::Sender<Ended>,
) {
    let mut ended = None;
    while let Some(Ok(message)) = inward.next().await {
        match message {
            Message::Text(text) => {
                let frame: Value = serde_json::from_str(&text).expect("the server sends JSON");
                let waiting = frame["re"]
                    .as_u64()
                    .and_then(|id| shared.waiting.lock().expect("no test panics with it").remove(&id));
                match waiting {
                    Some(tell) => drop(tell.send(frame)),
                    // A deaf socket has nobody to hear it.
                    None => drop(push.send(frame)),
                }
            }
            Message::Close(close) => ended = close.map(|close| (close.code.into(), close.reason.to_string())),
            _ => {}
        }
    }
    shared.waiting.lock().expect("no test panics with it").clear();
    drop(end.send(ended));
}
