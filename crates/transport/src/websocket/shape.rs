//! Frames for clients that want events in another shape. All others share one frame; these get one of their own.

use klatch_fanout::Frame;
use klatch_protocol::shape::{Shape, ShapedEvent};
use klatch_protocol::{Event, codec};
use serde::{Deserialize, Serialize};

/// How every frame of events begins.
const EVENTS: &[u8] = br#"{"events":"#;

#[derive(Deserialize)]
struct Shared {
    events: Vec<Event>,
}

#[derive(Serialize)]
struct Own {
    events: Vec<ShapedEvent>,
}

/// A frame in this shape; frames of anything but events have one shape only.
pub(super) fn shaped(frame: Frame, shape: Shape) -> Frame {
    if shape == Shape::Klatch || !frame.is_text() {
        return frame;
    }
    let payload = frame.payload();
    if !payload.starts_with(EVENTS) {
        return frame;
    }
    match serde_json::from_slice::<Shared>(&payload) {
        Ok(Shared { events }) => {
            let events = events.into_iter().map(ShapedEvent::from).collect();
            Frame::text(&codec::write(&Own { events }))
        }
        Err(_) => frame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_protocol::{EventBody, ServerFrame};
    use klatch_types::{ChannelId, Seq, UserId};
    use serde_json::{Value, json};
    use uuid::Uuid;

    /// S4.4: the fields of the design, for messages and for what is none.
    #[test]
    fn events_get_the_fields_of_the_design() {
        let (channel, actor) = (ChannelId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let event = |seq, body| Event {
            channel,
            seq: Seq(seq),
            prev: Seq(seq - 1),
            at: 1_694_946_600_000,
            actor,
            key: None,
            body,
        };
        let posted = EventBody::MessagePosted {
            ordinal: 1,
            text: "Hello, how are you?".into(),
            reply_to: None,
            mentions: Vec::new(),
            mention_all: false,
            tombstone: false,
        };
        let left = EventBody::MemberLeft { user: actor };
        let frame = ServerFrame::Events(vec![event(7, posted), event(8, left)]);
        let shared = Frame::text(&codec::write(&frame));
        assert_eq!(shaped(shared.clone(), Shape::Klatch), shared);
        let own = shaped(shared, Shape::S4);
        let own: Value = serde_json::from_slice(&own.payload()).unwrap();
        let common = |seq: u64| {
            json!({ "msgId": seq, "prevMsgId": seq - 1, "channelId": channel, "senderId": actor,
                "message": null, "createdAt": "2023-09-17T10:30:00.000Z" })
        };
        let (mut message, mut other) = (common(7), common(8));
        message["message"] = json!("Hello, how are you?");
        other["event"] = json!({ "type": "member.left", "user": actor });
        assert_eq!(own, json!({ "events": [message, other] }));
        let ping = Frame::raw(bytes::Bytes::from_static(&[0x89, 0]));
        assert_eq!(shaped(ping.clone(), Shape::S4), ping);
    }
}
