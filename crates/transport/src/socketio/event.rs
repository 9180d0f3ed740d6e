//! Events of S0.6, as the stock client sends and hears them.

use klatch_protocol::{ErrorCode, Event, EventBody, Problem};
use klatch_types::{ChannelId, ClientKey, Millis, Seq, limits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// The events that a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Online,
    JoinRoom,
    LeaveRoom,
    Leave,
    ChatMessage,
}

impl Asks {
    /// Every event: what is not here is refused, and the refusal tells what is.
    const ALL: [Self; 5] = [
        Self::Online,
        Self::JoinRoom,
        Self::LeaveRoom,
        Self::Leave,
        Self::ChatMessage,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::JoinRoom => "join room",
            Self::LeaveRoom => "leave room",
            Self::Leave => "leave",
            Self::ChatMessage => "chat message",
        }
    }

    /// The event of this name.
    ///
    /// # Errors
    /// `invalid` for any other.
    pub(super) fn of(name: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|event| event.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(|event| format!("`{}`", event.name()));
            invalid(format!("the events are {}", names.join(", ")))
        })
    }
}

/// What the client gives as `auth` when it connects.
#[derive(Deserialize)]
pub(super) struct Auth {
    /// An access token; left out where the cookie carries it.
    pub(super) token: Option<String>,
    /// What the client calls itself.
    pub(super) client: Option<String>,
    /// The epoch that its copy is from.
    pub(super) epoch: Option<String>,
    /// Last position the client has of each room, by the room's id: joins them and replays what was missed.
    #[serde(default)]
    pub(super) cursors: HashMap<ChannelId, Seq>,
}

/// `online`.
#[derive(Deserialize)]
pub(super) struct Online {
    pub(super) up: Option<String>,
}

/// `join room`.
#[derive(Deserialize)]
pub(super) struct JoinRoom {
    pub(super) up: Option<String>,
    /// Id or name of the channel.
    pub(super) room: String,
    /// Last position the client has: what came later is replayed.
    pub(super) after: Option<Seq>,
}

/// `leave room` and `leave`.
#[derive(Deserialize)]
pub(super) struct LeaveRoom {
    pub(super) up: Option<String>,
    pub(super) room: String,
}

/// `chat message`, from the client. Its `timestamp` is not believed: the server's clock tells when a message was sent.
#[derive(Deserialize)]
pub(super) struct Say {
    pub(super) message: String,
    pub(super) up: Option<String>,
    pub(super) room: String,
    /// Makes a retry safe.
    pub(super) key: Option<ClientKey>,
}

/// `chat message`, to the clients that joined the room.
#[derive(Serialize)]
pub(super) struct ChatMessage<'a> {
    pub(super) message: &'a str,
    pub(super) up: &'a str,
    pub(super) room: &'a str,
    pub(super) timestamp: String,
    pub(super) id: String,
    pub(super) channel: ChannelId,
    pub(super) seq: Seq,
    pub(super) prev: Seq,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<ClientKey>,
}

impl<'a> ChatMessage<'a> {
    /// The message of an event, if it is one and its text is still there.
    pub(super) fn of(event: &'a Event, room: &'a str, up: &'a str) -> Option<Self> {
        let EventBody::MessagePosted {
            text,
            tombstone: false,
            ..
        } = &event.body
        else {
            return None;
        };
        Some(Self {
            message: text,
            up,
            room,
            timestamp: Millis(event.at).rfc3339(),
            id: format!("{}:{}", event.channel, event.seq),
            channel: event.channel,
            seq: event.seq,
            prev: event.prev,
            key: event.key,
        })
    }
}

/// `closing`: the server is about to end the connection.
#[derive(Serialize)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) reconnect: bool,
}

/// `left room`: the socket hears no more of it.
#[derive(Serialize)]
pub(super) struct LeftRoom<'a> {
    pub(super) room: &'a str,
    pub(super) channel: ChannelId,
}

/// `behind`: more was missed than is replayed; the client reads it over REST.
#[derive(Serialize)]
pub(super) struct Behind<'a> {
    pub(super) room: &'a str,
    pub(super) channel: ChannelId,
    pub(super) after: Seq,
    pub(super) head: Seq,
}

/// The acknowledgement of an event that was refused, and what `error` tells a client that asked for none.
#[derive(Serialize)]
pub(super) struct Failed<'a> {
    pub(super) ok: bool,
    pub(super) event: &'a str,
    pub(super) error: &'a Problem,
}

/// Reads the first argument of an event.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    if depth(&value) > limits::JSON_DEPTH_MAX {
        let detail = format!(
            "arrays and objects may nest {} deep at most",
            limits::JSON_DEPTH_MAX
        );
        return Err(Problem::new(ErrorCode::Malformed, Some(detail)));
    }
    if !value.is_object() {
        return Err(invalid("an object with named fields is expected"));
    }
    serde_json::from_value(value).map_err(|error| {
        let text: String = error.to_string().chars().take(200).collect();
        invalid(text)
    })
}

/// A refusal of what the client sent.
pub(super) fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::Invalid, Some(detail.into()))
}

/// How deep a value nests. The parser has bounded it already, at a depth that this can follow.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_object_or_nests_too_deep_is_refused() {
        let nested = (0..limits::JSON_DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
        for (value, code) in [
            (json!({ "room": "a", "extra": 1 }), None),
            (json!(["a"]), Some(ErrorCode::Invalid)),
            (json!("a"), Some(ErrorCode::Invalid)),
            (json!({ "room": 7 }), Some(ErrorCode::Invalid)),
            (json!({ "room": "a", "x": nested }), Some(ErrorCode::Malformed)),
        ] {
            let read = read::<LeaveRoom>(value.clone());
            assert_eq!(read.err().map(|problem| problem.code), code, "{value}");
        }
    }
}
