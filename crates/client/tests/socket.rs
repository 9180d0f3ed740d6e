//! The socket against a small server that misbehaves as told.
#![allow(clippy::unwrap_used)] // a test may

use futures_util::{SinkExt, StreamExt};
use klatch_client::{Backoff, ClientError, Options, Socket, Start, State, Update};
use klatch_protocol::command::message::Send;
use klatch_protocol::view::Ack;
use klatch_types::{ChannelId, ClientKey, Seq};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

const CHANNEL: ChannelId = ChannelId(uuid::Uuid::from_u128(0xc));
const USER: uuid::Uuid = uuid::Uuid::from_u128(0xa);

/// The server's side of one connection.
struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    #[allow(clippy::result_large_err)] // the callback's type is the library's
    async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        let echo = |request: &Request, mut response: Response| {
            let protocol = request.headers()["sec-websocket-protocol"].clone();
            response.headers_mut().insert("sec-websocket-protocol", protocol);
            Ok(response)
        };
        Self(tokio_tungstenite::accept_hdr_async(stream, echo).await.unwrap())
    }

    async fn read(&mut self) -> Value {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn write(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Reads `hello`, answers `ready`; what `hello` said.
    async fn greet(&mut self, head: u64) -> Value {
        let hello = self.read().await;
        assert_eq!(hello["op"], "hello");
        let user = json!({"id": USER, "username": "ana", "name": "Ana", "kind": "person"});
        let channel = json!({"channel": CHANNEL, "head": head, "read": 0, "unread": 0});
        let ready = json!({"user": user, "epoch": "e1", "heartbeat_ms": 25_000, "channels": [channel]});
        self.write(json!({"ready": ready})).await;
        hello
    }

    async fn close(mut self, code: u16, reason: &'static str) {
        self.0
            .close(Some(CloseFrame {
                code: code.into(),
                reason: reason.into(),
            }))
            .await
            .unwrap();
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

fn event(seq: u64) -> Value {
    json!({"channel": CHANNEL, "seq": seq, "prev": seq - 1, "at": 1, "actor": USER,
           "type": "message.posted", "ordinal": seq, "text": format!("text {seq}")})
}

fn page(request: &Value, head: u64) -> Value {
    assert_eq!(request["op"], "events");
    let after = request["after"].as_u64().unwrap();
    let last = head.min(after + request["limit"].as_u64().unwrap());
    let events: Vec<_> = (after + 1..=last).map(event).collect();
    json!({"re": request["id"], "ok": {"events": events, "more": last < head, "head": head, "epoch": "e1"}})
}

fn options(start: Start) -> Options {
    Options {
        start,
        backoff: Backoff::new(Duration::from_millis(1), Duration::from_millis(5)),
        ..Options::default()
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

fn token() -> Arc<String> {
    Arc::new("token".to_owned())
}

async fn seqs(socket: &mut Socket, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        seqs.push(socket.next_event().await.unwrap().seq.0);
    }
    seqs
}

/// S3.1: a `prev` that is not the last one known starts catching up.
#[tokio::test]
async fn a_hole_is_filled_and_duplicates_are_dropped() {
    let (listener, base) = listen().await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        peer.greet(1).await;
        peer.write(json!({"events": [event(2), event(2), event(1)]}))
            .await;
        peer.write(json!({"events": [event(6)]})).await;
        let request = peer.read().await;
        assert_eq!(request["after"], 2);
        peer.write(json!({"events": [event(7)]})).await; // while the page is under way
        peer.write(page(&request, 6)).await;
        let request = peer.read().await;
        peer.write(page(&request, 7)).await;
        peer.write(json!({"events": [event(7), event(8)]})).await;
        peer
    });
    let (mut socket, ready) = Socket::connect(base, token(), options(Start::Now)).await.unwrap();
    assert_eq!(ready.channels[0].head, Seq(1));
    assert_eq!(seqs(&mut socket, 7).await, [2, 3, 4, 5, 6, 7, 8]);
    server.await.unwrap();
}

#[tokio::test]
async fn it_comes_back_with_its_cursors_and_sends_again_with_the_same_key() {
    let (listener, base) = listen().await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        peer.greet(0).await;
        peer.write(json!({"events": [event(1), event(2)]})).await;
        let (one, two) = (peer.read().await, peer.read().await);
        let (sent, probe) = if one["op"] == "send" {
            (one, two)
        } else {
            (two, one)
        };
        assert_eq!(probe["op"], "channel_list");
        peer.write(json!({"reconnect": {"delay_ms": 3}})).await;
        peer.close(1012, "restarting").await;

        let mut peer = Peer::accept(&listener).await;
        let hello = peer.greet(4).await;
        assert_eq!(hello["cursors"][CHANNEL.to_string()], 2);
        assert_eq!(hello["epoch"], "e1");
        peer.write(json!({"behind": [{"channel": CHANNEL, "after": 2, "head": 4}]}))
            .await;
        loop {
            let request = peer.read().await;
            if request["op"] == "events" {
                peer.write(page(&request, 4)).await;
                continue;
            }
            assert_eq!((&request["key"], &request["text"]), (&sent["key"], &sent["text"]));
            peer.write(json!({"re": request["id"], "ok": {"seq": 5, "prev": 4, "at": 1, "duplicate": true}}))
                .await;
            return peer;
        }
    });
    let (mut socket, _) = Socket::connect(base, token(), options(Start::Now)).await.unwrap();
    assert_eq!(seqs(&mut socket, 2).await, [1, 2]);
    let send = Send {
        channel: CHANNEL,
        key: ClientKey(uuid::Uuid::from_u128(9)),
        text: "hi".to_owned(),
        reply_to: None,
    };
    let probe = json!({});
    let (acked, probed) = tokio::join!(
        socket.send(&send),
        socket.call::<_, Value>("channel_list", &probe)
    );
    let acked: Ack = acked.unwrap();
    assert_eq!((acked.seq, acked.duplicate), (Seq(5), true));
    assert!(
        matches!(probed, Err(ClientError::Unknown)),
        "a command without a key is not sent twice: {probed:?}"
    );
    assert_eq!(seqs(&mut socket, 2).await, [3, 4]);
    server.await.unwrap();
}

#[tokio::test]
async fn a_revoked_device_stays_away() {
    let (listener, base) = listen().await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        peer.greet(0).await;
        peer.close(4003, "revoked").await;
    });
    let (mut socket, _) = Socket::connect(base, token(), options(Start::Now)).await.unwrap();
    assert_eq!(socket.next().await, None);
    assert!(matches!(&*socket.state().borrow(), State::Closed(reason) if reason == "4003 revoked"));
    server.await.unwrap();
}

#[tokio::test]
async fn a_consumer_that_sleeps_gets_everything_later_and_acks_go_on_meanwhile() {
    const HEAD: u64 = 5_000;
    let (listener, base) = listen().await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        peer.greet(HEAD).await;
        while let Some(Ok(message)) = peer.0.next().await {
            let Message::Text(text) = message else { continue };
            let request: Value = serde_json::from_str(&text).unwrap();
            let answer = match request["op"].as_str().unwrap() {
                "events" => page(&request, HEAD),
                _ => json!({"re": request["id"], "ok": {"seq": HEAD + 1, "prev": HEAD, "at": 1}}),
            };
            peer.write(answer).await;
        }
    });
    let (mut socket, _) = Socket::connect(base, token(), options(Start::Beginning))
        .await
        .unwrap();
    let send = Send {
        channel: CHANNEL,
        key: ClientKey(USER),
        text: String::new(),
        reply_to: None,
    };
    for _ in 0..50 {
        socket.send(&send).await.unwrap();
    }
    let expected: Vec<_> = (1..=HEAD).collect();
    assert_eq!(seqs(&mut socket, expected.len()).await, expected);
    drop(socket);
    server.await.unwrap();
}

#[tokio::test]
async fn another_epoch_means_forget_everything() {
    let (listener, base) = listen().await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        let hello = peer.greet(0).await;
        assert_eq!(hello["epoch"], "older");
        peer.write(json!({"events": [event(1)]})).await;
        peer
    });
    let known = Options {
        cursors: vec![(CHANNEL, Seq(70))],
        epoch: Some("older".to_owned()),
        ..options(Start::Now)
    };
    let (mut socket, _) = Socket::connect(base, token(), known).await.unwrap();
    assert_eq!(socket.next().await, Some(Update::Resync));
    assert_eq!(seqs(&mut socket, 1).await, [1]);
    server.await.unwrap();
}
