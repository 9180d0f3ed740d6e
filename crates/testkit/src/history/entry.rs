//! The lines of a history, and what is read at its end.

use klatch_protocol::{Event, EventBody};
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use serde::{Deserialize, Serialize};

/// Stands for the bytes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BodyHash(pub u64);

/// Hash of what a client sends: the text of a message.
pub fn hash_text(text: &str) -> BodyHash {
    BodyHash(xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}

/// Hash of a whole event as a reader sees it, `at` and `key` included: every reader must see the same.
pub fn hash_event(event: &Event) -> BodyHash {
    let bytes = serde_json::to_vec(event).expect("events have string keys");
    BodyHash(xxhash_rust::xxh3::xxh3_64(&bytes))
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A message was sent.
    Send,
    /// Content was erased: from then on a tombstone may stand where a message was.
    Delete,
    /// Something else that makes an event with the client's key: an edit, a reaction, a membership.
    Other,
    /// An event was handed to a client.
    Deliver,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect.
    Ok,
    /// It certainly did not.
    Fail,
    /// Nobody knows: no answer came.
    Unknown,
}

/// One operation of one client. A repeated attempt with the same key is an operation of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The client's name, unique in the history.
    pub client: String,
    /// The user it acts for.
    pub user: UserId,
    /// The node it spoke to.
    pub node: String,
    /// When it began, monotonic nanoseconds.
    pub invoke_ns: u64,
    /// When its outcome was known or it was given up, monotonic nanoseconds.
    pub complete_ns: u64,
    /// What was done.
    pub kind: Kind,
    /// Where.
    pub channel: ChannelId,
    /// The client's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
    /// Of a send [`hash_text`], of a delivery [`hash_event`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyHash>,
    /// How it went.
    pub outcome: Outcome,
    /// Position, if known; of a delete, the position of its event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The position before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Seq>,
    /// Of a delete, the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Seq>,
    /// The epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

/// Something that was broken on purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What, such as `sigkill`.
    pub what: String,
    /// To which node.
    pub node: String,
    /// When, monotonic nanoseconds.
    pub at_ns: u64,
}

/// A line of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Entry {
    /// An operation.
    Operation(Operation),
    /// A fault.
    Fault(Fault),
}

/// An event of a log, as a final read gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Position.
    pub seq: Seq,
    /// The position before.
    pub prev: Seq,
    /// Who did it.
    pub actor: UserId,
    /// The client's key.
    pub key: Option<ClientKey>,
    /// Whether it is a message, and the hash of its text ([`hash_text`]); none for other events.
    pub text: Option<BodyHash>,
    /// Whether its content was erased.
    pub tombstone: bool,
    /// [`hash_event`].
    pub whole: BodyHash,
}

impl From<&Event> for LogEntry {
    fn from(event: &Event) -> Self {
        let (text, tombstone) = match &event.body {
            EventBody::MessagePosted { text, tombstone, .. } => (Some(hash_text(text)), *tombstone),
            EventBody::MessageEdited { tombstone, .. } => (None, *tombstone),
            _ => (None, false),
        };
        Self {
            seq: event.seq,
            prev: event.prev,
            actor: event.actor,
            key: event.key,
            text,
            tombstone,
            whole: hash_event(event),
        }
    }
}

/// A whole channel, read at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct FinalRead {
    /// Who read, or from which node.
    pub reader: String,
    /// The channel.
    pub channel: ChannelId,
    /// The epoch it was read in.
    pub epoch: String,
    /// Its events from the first on.
    pub entries: Vec<LogEntry>,
}

/// A time as a member, in positions: events from `from` to `to` (that of leaving included) may be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Whose.
    pub user: UserId,
    /// Where.
    pub channel: ChannelId,
    /// The event that made them a member.
    pub from: Seq,
    /// The event that ended it; none if it lasts.
    pub to: Option<Seq>,
}

/// What the server said about unread messages.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadClaim {
    /// To whom.
    pub reader: String,
    /// Where.
    pub channel: ChannelId,
    /// How far they had read.
    pub read: Seq,
    /// Position of the last event at that time.
    pub head: Seq,
    /// Messages after `read`, as the server said.
    pub unread: u64,
}
