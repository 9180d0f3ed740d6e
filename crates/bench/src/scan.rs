//! Reads what a generator must know out of a server's frame without building JSON values: at a million deliveries a
//! second, a parser would be what is measured.
//!
//! The quick way relies on the order in which the server writes an event's fields. An event written otherwise is read
//! by the JSON parser: slower, but never wrong.

use anyhow::Context;
use klatch_protocol::{Event, EventBody};
use memchr::memmem;

/// Bytes of an id in its hyphenated form.
pub(crate) const ID_BYTES: usize = 36;
/// Hexadecimal digits of the time in a message's text: nanoseconds for 78 hours.
pub(crate) const STAMP_BYTES: usize = 12;

const EVENTS: &[u8] = br#"{"events":["#;
const HEAD: &[u8] = br#"{"head":{"channel":""#;
const EVENT: &[u8] = br#"{"channel":""#;
const SEQ: &[u8] = br#"","seq":"#;
const PREV: &[u8] = br#""prev":"#;
const TEXT: &[u8] = br#""text":""#;

/// An event as a generator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivery<'a> {
    pub(crate) channel: &'a [u8; ID_BYTES],
    pub(crate) seq: u64,
    pub(crate) prev: u64,
    /// When it was sent, if it was asked for and the text says so.
    pub(crate) stamp: Option<u64>,
}

/// What a frame is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Events,
    /// Answer to a pull: where its reply begins, which is like a frame of events.
    Page(usize),
    /// A hint how far a channel is, and the milliseconds over which to spread the pull.
    Head(u64, u64),
    /// Answer to a command: its id, and the position if it was acknowledged.
    Answer {
        id: u64,
        seq: Option<u64>,
    },
    Other,
}

/// What a frame is, by its first bytes.
pub(crate) fn kind(payload: &[u8]) -> Kind {
    if payload.starts_with(EVENTS) {
        return Kind::Events;
    }
    answer(payload).or_else(|| hint(payload)).unwrap_or(Kind::Other)
}

/// Of a channel of one's own: there is one.
fn hint(payload: &[u8]) -> Option<Kind> {
    let rest = payload.strip_prefix(HEAD)?.get(ID_BYTES..)?;
    let (head, rest) = number(rest.strip_prefix(br#"","head":"#)?)?;
    let (spread_ms, _) = number(rest.strip_prefix(br#","spread_ms":"#)?)?;
    Some(Kind::Head(head, spread_ms))
}

fn answer(payload: &[u8]) -> Option<Kind> {
    let (id, rest) = number(payload.strip_prefix(br#"{"re":"#)?)?;
    if let Some(reply) = rest.strip_prefix(br#","ok":"#)
        && reply.starts_with(EVENTS)
    {
        return Some(Kind::Page(payload.len() - reply.len()));
    }
    let seq = rest
        .strip_prefix(br#","ok":{"seq":"#)
        .and_then(number)
        .map(|(seq, _)| seq);
    Some(Kind::Answer { id, seq })
}

/// Hands on every event of an `events` frame; how many there were.
pub(crate) fn deliveries(
    payload: &[u8],
    wanted: impl Fn(u64) -> bool,
    mut each: impl FnMut(Delivery<'_>),
) -> anyhow::Result<u64> {
    let mut rest = &payload[EVENTS.len()..];
    let mut count = 0;
    // Every event has one `prev`, and no text can hold these bytes: quotes in it are escaped.
    while let Some(at) = memmem::find(rest, PREV) {
        let after = &rest[at + PREV.len()..];
        let (Some((channel, seq)), Some((prev, after))) = (head(&rest[..at]), number(after)) else {
            return slowly(payload, count, wanted, each);
        };
        let stamp_of = || {
            let event = &after[..memmem::find(after, PREV).unwrap_or(after.len())];
            memmem::find(event, TEXT).and_then(|at| stamp(&event[at + TEXT.len()..]))
        };
        let stamp = if wanted(seq) { stamp_of() } else { None };
        each(Delivery {
            channel,
            seq,
            prev,
            stamp,
        });
        count += 1;
        rest = after;
    }
    if count == 0 {
        slowly(payload, 0, wanted, each)
    } else {
        Ok(count)
    }
}

/// Channel and position of an event written in the usual order, from what stands before its `prev`.
fn head(before: &[u8]) -> Option<(&[u8; ID_BYTES], u64)> {
    let before = before.strip_suffix(b",")?;
    let digits = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (before, digits) = before.split_at(before.len() - digits);
    let (before, channel) = before.strip_suffix(SEQ)?.split_last_chunk::<ID_BYTES>()?;
    before.ends_with(EVENT).then_some(())?;
    number(digits).map(|(seq, _)| (channel, seq))
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let mut digits = 0;
    while let Some(digit) = bytes.get(digits).filter(|byte| byte.is_ascii_digit()) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        digits += 1;
    }
    (digits > 0).then_some((value, &bytes[digits..]))
}

/// The time at the beginning of a text.
pub(crate) fn stamp(text: &[u8]) -> Option<u64> {
    text.get(..STAMP_BYTES)?.iter().try_fold(0u64, |value, byte| {
        let digit = (*byte as char).to_digit(16)?;
        Some(value << 4 | u64::from(digit))
    })
}

/// By the JSON parser, without the events that were handed on already.
fn slowly(
    payload: &[u8],
    skip: u64,
    wanted: impl Fn(u64) -> bool,
    mut each: impl FnMut(Delivery<'_>),
) -> anyhow::Result<u64> {
    #[derive(serde::Deserialize)]
    struct Frame {
        events: Vec<Event>,
    }
    // Behind a page stands the end of the answer that holds it.
    let mut values = serde_json::Deserializer::from_slice(payload).into_iter::<Frame>();
    let frame = values.next().context("there is no frame")?.with_context(|| {
        format!(
            "an events frame cannot be read: {}",
            String::from_utf8_lossy(payload)
        )
    })?;
    for event in frame.events.iter().skip(usize::try_from(skip)?) {
        let id = event.channel.to_string();
        let channel = id.as_bytes().first_chunk().context("an id has 36 characters")?;
        let stamp = match &event.body {
            EventBody::MessagePosted { text, .. } if wanted(event.seq.0) => stamp(text.as_bytes()),
            _ => None,
        };
        each(Delivery {
            channel,
            seq: event.seq.0,
            prev: event.prev.0,
            stamp,
        });
    }
    Ok(frame.events.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_protocol::ServerFrame;
    use klatch_protocol::frame::{Answer, ChannelHead, Outcome};
    use klatch_protocol::view::{self, Ack, Done, Reply};
    use klatch_protocol::{ErrorCode, Problem};
    use klatch_types::{ChannelId, Seq, UserId};

    const ID: [u8; 16] = [0xab; 16];

    fn event(seq: u64, text: &str) -> Event {
        Event {
            channel: ChannelId::from_bytes(ID),
            seq: Seq(seq),
            prev: Seq(seq - 1),
            at: 1,
            actor: UserId::from_bytes(ID),
            key: None,
            body: EventBody::MessagePosted {
                ordinal: seq,
                text: text.to_owned(),
                reply_to: None,
                mentions: vec![],
                mention_all: false,
                tombstone: false,
            },
        }
    }

    fn written(frame: &ServerFrame) -> Vec<u8> {
        serde_json::to_vec(frame).unwrap()
    }

    fn seen(payload: &[u8], wanted: impl Fn(u64) -> bool) -> Vec<(u64, u64, Option<u64>)> {
        let mut seen = Vec::new();
        let count = deliveries(payload, wanted, |d| {
            assert_eq!(d.channel, ChannelId::from_bytes(ID).to_string().as_bytes());
            seen.push((d.seq, d.prev, d.stamp));
        })
        .unwrap();
        assert_eq!(count, seen.len() as u64);
        seen
    }

    #[test]
    fn what_the_server_writes_is_scanned() {
        let other = Event {
            body: EventBody::MessageDeleted { target: Seq(3) },
            ..event(4, "")
        };
        let events = vec![
            event(3, "0000000000ff and {\"channel\":\" in \\ text"),
            other,
            event(5, "0000000001ffxx"),
        ];
        let frame = written(&ServerFrame::Events(events));
        assert_eq!(kind(&frame), Kind::Events);
        assert_eq!(
            seen(&frame, |_| true),
            [(3, 2, Some(255)), (4, 3, None), (5, 4, Some(511))]
        );
        assert_eq!(
            seen(&frame, |seq| seq == 5),
            [(3, 2, None), (4, 3, None), (5, 4, Some(511))]
        );
    }

    #[test]
    fn another_order_of_fields_is_read_all_the_same() {
        let usual = serde_json::to_string(&event(7, "00000000000a")).unwrap();
        let sorted = serde_json::to_value(event(8, "00000000000b"))
            .unwrap()
            .to_string(); // a map of sorted keys
        assert!(!sorted.contains(r#"","seq""#));
        for (events, expected) in [
            (
                format!("{usual},{sorted}"),
                vec![(7, 6, Some(10)), (8, 7, Some(11))],
            ),
            (sorted.clone(), vec![(8, 7, Some(11))]),
        ] {
            assert_eq!(
                seen(format!(r#"{{"events":[{events}]}}"#).as_bytes(), |_| true),
                expected
            );
        }
    }

    #[test]
    fn answers_tell_id_and_position() {
        let answer = |outcome| {
            written(&ServerFrame::Answer(Answer {
                re: Some(12),
                outcome,
            }))
        };
        let ack = Ack {
            seq: Seq(9),
            prev: Seq(8),
            at: 5,
            duplicate: false,
        };
        assert_eq!(
            kind(&answer(Outcome::Ok(Reply::Ack(ack)))),
            Kind::Answer { id: 12, seq: Some(9) }
        );
        let refused = Outcome::Error(Problem::new(ErrorCode::Overloaded, None));
        assert_eq!(kind(&answer(refused)), Kind::Answer { id: 12, seq: None });
        assert_eq!(
            kind(&answer(Outcome::Ok(Reply::Done(Done {})))),
            Kind::Answer { id: 12, seq: None }
        );
        assert_eq!(
            kind(&written(&ServerFrame::Reconnect { delay_ms: 5 })),
            Kind::Other
        );
    }

    #[test]
    fn hints_and_pages_are_told_apart() {
        let hint = ChannelHead {
            channel: ChannelId::from_bytes(ID),
            head: Seq(77),
            spread_ms: 250,
        };
        assert_eq!(kind(&written(&ServerFrame::Head(hint))), Kind::Head(77, 250));
        let events = |events| {
            let reply = Reply::Events(view::Events {
                events,
                more: false,
                head: Seq(4),
                epoch: "e".to_owned(),
            });
            written(&ServerFrame::Answer(Answer {
                re: Some(12),
                outcome: Outcome::Ok(reply),
            }))
        };
        let page = events(vec![event(3, "0000000000ff"), event(4, "000000000100")]);
        let Kind::Page(at) = kind(&page) else {
            panic!("it is a page")
        };
        assert_eq!(
            seen(&page[at..], |_| true),
            [(3, 2, Some(255)), (4, 3, Some(256))]
        );
        let empty = events(Vec::new());
        assert_eq!(kind(&empty), Kind::Page(at));
        assert_eq!(seen(&empty[at..], |_| true), []);
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(deliveries(br#"{"events":[{"channel":"x"}]}"#, |_| true, |_| {}).is_err());
        assert_eq!(stamp(b"0123456789a"), None);
        assert_eq!(stamp(b"0123456789ag"), None);
    }
}
