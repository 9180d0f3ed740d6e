//! What the server sends, as a client reads it.

use crate::ClientError;
use klatch_protocol::frame::{Behind, ChannelHead, LobbySignal, Problem, Ready, ReceiptSignal, TypingSignal};
use klatch_protocol::{Event, view};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A frame of the server.
#[derive(Debug)]
pub enum Incoming {
    /// Answer to `hello`.
    Ready(Ready),
    /// Events of one channel, ascending.
    Events(Vec<Event>),
    /// Channels to pull.
    Behind(Vec<Behind>),
    /// How far a channel has come whose events are not pushed just now.
    Head(ChannelHead),
    /// Someone types.
    Typing(TypingSignal),
    /// Members have received or read further.
    Receipts(ReceiptSignal),
    /// Someone waits in a lobby, or does so no longer.
    Lobby(LobbySignal),
    /// People one shares a channel with came, went or are away.
    Presence(Vec<view::UserPresence>),
    /// How many are online in a channel that one watches.
    ChannelPresence(view::ChannelPresence),
    /// One's cursor moved.
    Cursor(view::Cursor),
    /// The socket will be closed; come back after this delay, milliseconds.
    Reconnect(u64),
    /// The first frame was refused.
    Refused(Problem),
    /// Answer to a command: its `id`, and the JSON of the answer.
    Answer(Option<u64>, Result<Box<RawValue>, Problem>),
    /// The server is alive: a ping or pong.
    Heartbeat,
    /// A frame that this version does not know; newer servers may send some.
    Other(String),
}

#[derive(Deserialize)]
struct Notice {
    delay_ms: u64,
}

/// Every frame has exactly one of these, answers `re` and one of the last two.
#[derive(Deserialize)]
struct AnyFrame {
    ready: Option<Ready>,
    events: Option<Vec<Event>>,
    behind: Option<Vec<Behind>>,
    head: Option<ChannelHead>,
    typing: Option<TypingSignal>,
    receipts: Option<ReceiptSignal>,
    lobby: Option<LobbySignal>,
    presence: Option<Vec<view::UserPresence>>,
    channel_presence: Option<view::ChannelPresence>,
    cursor: Option<view::Cursor>,
    reconnect: Option<Notice>,
    refused: Option<Problem>,
    re: Option<u64>,
    ok: Option<Box<RawValue>>,
    error: Option<Problem>,
}

impl Incoming {
    /// Reads the text of a frame.
    pub fn read(text: &str) -> Result<Self, ClientError> {
        let frame: AnyFrame = serde_json::from_str(text).map_err(|error| {
            ClientError::Unreadable(format!(
                "{error} in {}",
                text.chars().take(200).collect::<String>()
            ))
        })?;
        Ok(match frame {
            AnyFrame {
                events: Some(events), ..
            } => Self::Events(events),
            AnyFrame { re, ok: Some(ok), .. } => Self::Answer(re, Ok(ok)),
            AnyFrame {
                re,
                error: Some(problem),
                ..
            } => Self::Answer(re, Err(problem)),
            AnyFrame {
                ready: Some(ready), ..
            } => Self::Ready(ready),
            AnyFrame {
                behind: Some(behind), ..
            } => Self::Behind(behind),
            AnyFrame { head: Some(head), .. } => Self::Head(head),
            AnyFrame {
                typing: Some(typing), ..
            } => Self::Typing(typing),
            AnyFrame {
                receipts: Some(receipts),
                ..
            } => Self::Receipts(receipts),
            AnyFrame {
                lobby: Some(lobby), ..
            } => Self::Lobby(lobby),
            AnyFrame {
                presence: Some(users),
                ..
            } => Self::Presence(users),
            AnyFrame {
                channel_presence: Some(picture),
                ..
            } => Self::ChannelPresence(picture),
            AnyFrame {
                cursor: Some(cursor), ..
            } => Self::Cursor(cursor),
            AnyFrame {
                reconnect: Some(notice),
                ..
            } => Self::Reconnect(notice.delay_ms),
            AnyFrame {
                refused: Some(problem),
                ..
            } => Self::Refused(problem),
            _ => Self::Other(text.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_protocol::frame::{Answer, Outcome, ServerFrame};
    use klatch_protocol::view::{Ack, Reply};
    use klatch_protocol::{ErrorCode, EventBody};
    use klatch_types::{ChannelId, Seq, UserId};

    fn round(frame: &ServerFrame) -> Incoming {
        Incoming::read(&serde_json::to_string(frame).unwrap()).unwrap()
    }

    #[test]
    fn frames_the_server_writes_are_read() {
        let id = [7u8; 16];
        let event = Event {
            channel: ChannelId::from_bytes(id),
            seq: Seq(2),
            prev: Seq(1),
            at: 5,
            actor: UserId::from_bytes(id),
            key: None,
            body: EventBody::MessageDeleted { target: Seq(1) },
        };
        assert!(
            matches!(round(&ServerFrame::Events(vec![event.clone()])), Incoming::Events(read) if read == [event])
        );
        assert!(matches!(
            round(&ServerFrame::Reconnect { delay_ms: 9 }),
            Incoming::Reconnect(9)
        ));
        let ack = Ack {
            seq: Seq(2),
            prev: Seq(1),
            at: 5,
            duplicate: false,
        };
        let ok = ServerFrame::Answer(Answer {
            re: Some(3),
            outcome: Outcome::Ok(Reply::Ack(ack.clone())),
        });
        let Incoming::Answer(Some(3), Ok(raw)) = round(&ok) else {
            panic!("not an answer")
        };
        assert_eq!(serde_json::from_str::<Ack>(raw.get()).unwrap(), ack);
        let problem = Problem::new(ErrorCode::Muted, None);
        let error = ServerFrame::Answer(Answer {
            re: None,
            outcome: Outcome::Error(problem.clone()),
        });
        assert!(matches!(round(&error), Incoming::Answer(None, Err(read)) if read == problem));
    }

    #[test]
    fn an_unknown_frame_is_kept_and_nonsense_refused() {
        assert!(matches!(
            Incoming::read(r#"{"news":1}"#).unwrap(),
            Incoming::Other(_)
        ));
        assert!(Incoming::read("{").is_err());
    }
}
