//! Events in the shape of another design (S4.4), for clients that ask for it.

use crate::{Event, EventBody};
use klatch_types::{ChannelId, ClientKey, Millis, Seq, UserId};
use serde::{Deserialize, Serialize};

/// In which shape a client wants events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// That of `/v1`.
    #[default]
    Klatch,
    /// That of the chat application's design: `msgId`, `prevMsgId`, `channelId`, `senderId`, `message`, `createdAt`.
    S4,
}

/// An event as S4 writes messages. Every event has one, so that `prevMsgId` tells of everything that is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShapedEvent {
    /// Its position in the channel: unique there, and in order.
    #[serde(rename = "msgId")]
    pub msg_id: Seq,
    /// The position before it.
    #[serde(rename = "prevMsgId")]
    pub prev_msg_id: Seq,
    /// The channel.
    #[serde(rename = "channelId")]
    pub channel_id: ChannelId,
    /// Who did it.
    #[serde(rename = "senderId")]
    pub sender_id: UserId,
    /// The text of a message; null for events of another type, and empty if the content was erased.
    pub message: Option<String>,
    /// When it was committed, RFC 3339 in UTC.
    #[serde(rename = "createdAt")]
    #[schema(example = "2023-09-17T10:30:00.000Z")]
    pub created_at: String,
    /// The key the sender's client gave, so that it knows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
    /// What happened, if it is not a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventBody>,
}

impl From<Event> for ShapedEvent {
    fn from(event: Event) -> Self {
        let (message, other) = match event.body {
            EventBody::MessagePosted { text, .. } => (Some(text), None),
            other => (None, Some(other)),
        };
        Self {
            msg_id: event.seq,
            prev_msg_id: event.prev,
            channel_id: event.channel,
            sender_id: event.actor,
            message,
            created_at: Millis(event.at).rfc3339(),
            key: event.key,
            event: other,
        }
    }
}
