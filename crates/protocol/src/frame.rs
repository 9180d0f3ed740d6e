//! Frames of the socket `/v1/ws`, subprotocol `klatch.v1`.

use crate::shape::Shape;
use crate::view::{Reply, User};
use crate::{Command, ErrorCode, Event};
use klatch_types::{ChannelId, DeviceId, Seq, UserId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Name of the WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "klatch.v1";

/// The first frame of a client: `{"op":"hello", …}`.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// An access token: the server's own, or one of an issuer the space trusts. A page whose browser sent the server's
    /// cookie with the upgrade may leave it out; one that is given wins over the cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What the client calls itself, for operators' eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The epoch that the client's copy is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// In which shape the client wants events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// Last position the client has, per channel. Missed events follow `ready` in order, or `behind` is sent.
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    #[schema(value_type = HashMap<String, u64>)]
    pub cursors: HashMap<ChannelId, Seq>,
    /// Whether the client understands `head` and pulls. One that does not goes on getting every event pushed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pull: bool,
}

/// A frame of a client after the first.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct ClientFrame {
    /// Chosen by the client; the answer names it in `re`.
    pub id: u64,
    /// The command.
    #[serde(flatten)]
    pub command: Command,
}

/// An error as the socket and REST tell it (RFC 9457 section 3, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// Code of the catalogue.
    pub code: ErrorCode,
    /// Short sentence of the catalogue.
    pub title: String,
    /// What exactly, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How long to wait before trying again, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// HTTP status; REST only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Finds the detail in the operators' log; REST only.
    #[serde(default, rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// An error of this code with the catalogue's title.
    pub fn new(code: ErrorCode, detail: Option<String>) -> Self {
        Self {
            code,
            title: code.title().to_owned(),
            detail,
            retry_after_ms: None,
            status: None,
            request_id: None,
        }
    }
}

/// A channel in [`Ready`]: where its log stands and how far this user is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReadyChannel {
    /// The channel.
    pub channel: ChannelId,
    /// Position of its last event.
    pub head: Seq,
    /// How far the user has read.
    pub read: Seq,
    /// Messages after that.
    pub unread: u64,
}

/// The socket is open and authenticated; it hears all the user's channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ready {
    /// Who one is.
    pub user: User,
    /// The device, if the token has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Which history the positions are from.
    pub epoch: String,
    /// The server pings this often; a client that hears nothing for twice as long reconnects. Milliseconds.
    pub heartbeat_ms: u64,
    /// One's channels.
    pub channels: Vec<ReadyChannel>,
}

/// A channel whose missed events are too many to replay: the client pulls them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Behind {
    /// The channel.
    pub channel: ChannelId,
    /// The position the client gave.
    pub after: Seq,
    /// Position of the last event.
    pub head: Seq,
}

/// How far a large and active channel's log has come, in place of its events: the client pulls them with `events`, from
/// where its copy ends `until` this position. Everyone is told the same positions, so that they ask for the same ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelHead {
    /// The channel.
    pub channel: ChannelId,
    /// Position of the last event.
    pub head: Seq,
    /// Pull after a random part of this time, so that not everyone asks at once. Milliseconds.
    pub spread_ms: u64,
}

/// Someone types. Best effort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TypingSignal {
    /// Where.
    pub channel: ChannelId,
    /// Who.
    pub user: UserId,
    /// How long it holds if nothing else is told, milliseconds; 0 if they no longer type.
    #[serde(default)]
    pub expires_in_ms: u64,
}

/// How far a member has come, told to the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Receipt {
    /// Who.
    pub user: UserId,
    /// How far read; left out where it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Seq>,
    /// How far received.
    pub received: Seq,
}

/// How far members of a channel have come, those who moved since the last such frame. Best effort: positions only
/// grow, and the channel's view tells them again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReceiptSignal {
    /// Where.
    pub channel: ChannelId,
    /// Who, and how far.
    pub members: Vec<Receipt>,
}

/// What became of one who came to a lobby.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LobbyState {
    /// They wait.
    Waiting,
    /// They were let in.
    Admitted,
    /// They were sent away, or went.
    Gone,
}

/// Someone waits to be let into a channel, or does so no longer: told to them and to the channel's moderators. Best
/// effort: who waits is told again when they ask for the channel, and the list of the lobby is as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LobbySignal {
    /// Where.
    pub channel: ChannelId,
    /// Who.
    pub user: User,
    /// What became of them.
    pub state: LobbyState,
}

/// What the server sends. Exactly one field of these names is in each frame.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answer to `hello`.
    Ready(Ready),
    /// Events of one channel, ascending.
    Events(Vec<Event>),
    /// Channels to pull.
    Behind(Vec<Behind>),
    /// How far a channel has come whose events are not pushed just now. Only to clients that said `pull`.
    Head(ChannelHead),
    /// Someone types.
    Typing(TypingSignal),
    /// Members have received or read further.
    Receipts(ReceiptSignal),
    /// Someone waits in a lobby, or does so no longer.
    Lobby(LobbySignal),
    /// People one shares a small channel with came, went or are away. Best effort.
    Presence(Vec<crate::view::UserPresence>),
    /// The picture of a large channel that one watches. Best effort.
    ChannelPresence(crate::view::ChannelPresence),
    /// One's cursor moved, on this or another device.
    Cursor(crate::view::Cursor),
    /// The socket will be closed; come back after this delay. Milliseconds.
    Reconnect {
        /// How long to wait, milliseconds.
        delay_ms: u64,
    },
    /// The first frame was refused; a close follows.
    Refused(Problem),
    /// Answer to a command.
    #[serde(untagged)]
    Answer(Answer),
}

/// Answer to a command.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// The `id` of the command; none if the frame could not be read that far.
    pub re: Option<u64>,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a command went.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect.
    Ok(Reply),
    /// It did not.
    Error(Problem),
}
