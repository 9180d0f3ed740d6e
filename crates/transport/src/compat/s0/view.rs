//! Groups and messages as the campus chat shows them. `_id` and `id` are the same: the first is what its database calls
//! it.

use crate::error::TransportError;
use klatch_protocol::view::Message;
use klatch_session::{SessionError, Sessions};
use klatch_types::{ChannelId, Millis, Seq};
use serde::Serialize;
use utoipa::ToSchema;

/// A message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CampusMessage {
    /// The same as `id`.
    #[serde(rename = "_id")]
    same_id: String,
    /// Its id: the channel's and the position, with a colon between them.
    #[schema(example = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f:7")]
    id: String,
    /// The group.
    group: ChannelId,
    /// Username of who sent it.
    from: String,
    /// The text; empty if the message was deleted.
    message: String,
    /// When it was committed, RFC 3339 in UTC.
    #[schema(example = "2023-09-17T10:30:00.000Z")]
    timestamp: String,
}

/// A group with a page of its messages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CampusMessages {
    /// The same as `id`.
    #[serde(rename = "_id")]
    same_id: ChannelId,
    /// Id of the group.
    id: ChannelId,
    /// Its name.
    name: String,
    /// The messages, newest first.
    messages: Vec<CampusMessage>,
}

impl CampusMessages {
    pub(crate) fn new(id: ChannelId, name: String, messages: Vec<CampusMessage>) -> Self {
        Self {
            same_id: id,
            id,
            name,
            messages,
        }
    }
}

/// Messages with the names of who sent them.
pub(crate) async fn messages(
    sessions: &Sessions,
    messages: Vec<Message>,
) -> Result<Vec<CampusMessage>, SessionError> {
    let names = sessions
        .usernames(messages.iter().map(|message| message.actor))
        .await?;
    let view = |message: Message| {
        let id = message_id(message.channel, message.seq);
        CampusMessage {
            same_id: id.clone(),
            id,
            group: message.channel,
            from: names
                .get(&message.actor)
                .map_or_else(String::new, |name| name.as_ref().to_owned()),
            message: message.text,
            timestamp: Millis(message.at).rfc3339(),
        }
    };
    Ok(messages.into_iter().map(view).collect())
}

/// The id of a message, unique on the server.
pub(crate) fn message_id(channel: ChannelId, seq: Seq) -> String {
    format!("{channel}:{seq}")
}

/// The channel and the position of an id.
///
/// # Errors
/// `invalid`.
pub(crate) fn read_message_id(id: &str) -> Result<(ChannelId, Seq), TransportError> {
    let parts = id.split_once(':');
    let parts = parts.and_then(|(channel, seq)| Some((channel.parse().ok()?, Seq(seq.parse().ok()?))));
    parts
        .ok_or_else(|| TransportError::invalid("the id of a message is a group's id, a colon and a position"))
}
