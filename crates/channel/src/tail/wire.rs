//! What nodes say to each other about channels and users: binary, because it is most of what goes between them.
//!
//! The first byte is the version. Version 1 carries every event as a row; version 2 carries plain events as the frame that
//! listeners get, which the receiver only passes on. A node reads both and writes what every node of the cluster can read.

use crate::piece::{Piece, Pieces};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use klatch_fanout::Frame;
use klatch_log::EventRow;
use klatch_types::{ChannelId, ClientKey, Millis, Ordinal, Seq, UserId};
use uuid::Uuid;

/// The oldest version that this build reads and writes.
pub const PROTOCOL_MIN: u8 = 1;
/// The newest.
pub const PROTOCOL_MAX: u8 = 2;

const ROW: u8 = 1;
const FRAME: u8 = 2;
const NO_FRAME: u8 = 3;
/// Payloads are cut near this size: well below what a bus carries in one message.
const PAYLOAD_BYTES: usize = 256 * 1024;

/// Something that cannot be read: of a later version, or damaged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Encodes committed pieces of one channel as few payloads. `rows` has the rows of the plain events, for version 1.
pub(super) fn write_events(version: u8, pieces: &[Piece], rows: &[&EventRow]) -> Vec<Bytes> {
    let mut payloads = Vec::new();
    let mut payload = BytesMut::new();
    let mut cut = |payload: &mut BytesMut, force: bool| {
        if force && payload.len() > 1 || payload.len() > PAYLOAD_BYTES {
            payloads.push(payload.split().freeze());
        }
        if payload.is_empty() {
            payload.put_u8(version);
        }
    };
    for piece in pieces {
        cut(&mut payload, false);
        match piece {
            Piece::Access(row) => put_row(&mut payload, row),
            Piece::Plain { first, last, .. } if version < 2 => {
                for row in rows.iter().filter(|row| (*first..=*last).contains(&row.seq)) {
                    cut(&mut payload, false);
                    put_row(&mut payload, row);
                }
            }
            Piece::Plain { first, last, frame } => put_frame(&mut payload, *first, *last, frame.as_ref()),
        }
    }
    cut(&mut payload, true);
    payloads
}

/// Decodes what [`write_events`] wrote.
pub(super) fn read_events(channel: ChannelId, mut payload: Bytes) -> Result<Vec<Piece>, Unreadable> {
    check_version(&mut payload)?;
    let mut pieces = Vec::new();
    let mut rows = Pieces::default();
    while payload.has_remaining() {
        match payload.get_u8() {
            ROW => rows.add(&get_row(channel, &mut payload)?, true),
            tag @ (FRAME | NO_FRAME) => {
                pieces.append(&mut std::mem::take(&mut rows).finish());
                let (first, last) = (Seq(get_u64(&mut payload)?), Seq(get_u64(&mut payload)?));
                let frame = match tag {
                    FRAME => Some(Frame::text(&get_bytes(&mut payload)?)),
                    _ => None,
                };
                pieces.push(Piece::Plain { first, last, frame });
            }
            _ => return Err(Unreadable),
        }
    }
    pieces.append(&mut rows.finish());
    Ok(pieces)
}

/// A signal in a channel that may be lost.
pub(super) fn write_signal(author: UserId, frame: &[u8]) -> Bytes {
    let mut payload = BytesMut::with_capacity(frame.len() + 17);
    payload.put_u8(PROTOCOL_MIN);
    payload.put_slice(author.as_bytes());
    payload.put_slice(frame);
    payload.freeze()
}

/// Begins a signal that tells how many users it is not for, and who they are: no version, so that nodes of before
/// leave it alone.
const SIGNAL_EXCEPT: u8 = 0x80;

/// A signal in a channel that may be lost, for all but these; only as many of them as are told of receipts.
pub(super) fn write_signal_except(except: &[UserId], frame: &[u8]) -> Bytes {
    let mut payload = BytesMut::with_capacity(frame.len() + except.len() * 16 + 3);
    payload.put_u8(SIGNAL_EXCEPT);
    payload.put_u16(u16::try_from(except.len()).expect("a channel with receipts has few members"));
    for user in except {
        payload.put_slice(user.as_bytes());
    }
    payload.put_slice(frame);
    payload.freeze()
}

/// Whom a signal is not for, and the frame.
pub(super) fn read_signal(mut payload: Bytes) -> Result<(Vec<UserId>, Frame), Unreadable> {
    let mut except = Vec::new();
    if payload.first() == Some(&SIGNAL_EXCEPT) {
        payload.advance(1);
        for _ in 0..payload.try_get_u16().map_err(|_| Unreadable)? {
            except.push(UserId(get_uuid(&mut payload)?));
        }
    } else {
        check_version(&mut payload)?;
        except.push(UserId(get_uuid(&mut payload)?));
    }
    Ok((except, Frame::text(&payload)))
}
const _: () = assert!(klatch_types::limits::RECEIPT_MEMBERS_MAX < u16::MAX as usize);

/// A note for the nodes where a user has connections.
#[derive(Debug, PartialEq)]
pub(super) enum UserNote {
    /// A frame for all of them.
    Frame(Frame),
    /// The user became a member of a channel at this position.
    Joined(ChannelId, Seq),
}

const NOTE_FRAME: u8 = 1;
const NOTE_JOINED: u8 = 2;

pub(super) fn write_user_frame(frame: &[u8]) -> Bytes {
    let mut payload = BytesMut::with_capacity(frame.len() + 2);
    payload.put_slice(&[PROTOCOL_MIN, NOTE_FRAME]);
    payload.put_slice(frame);
    payload.freeze()
}

pub(super) fn write_joined(channel: ChannelId, at: Seq) -> Bytes {
    let mut payload = BytesMut::with_capacity(26);
    payload.put_slice(&[PROTOCOL_MIN, NOTE_JOINED]);
    payload.put_slice(channel.as_bytes());
    payload.put_u64(at.0);
    payload.freeze()
}

pub(super) fn read_user_note(mut payload: Bytes) -> Result<UserNote, Unreadable> {
    check_version(&mut payload)?;
    match get_u8(&mut payload)? {
        NOTE_FRAME => Ok(UserNote::Frame(Frame::text(&payload))),
        NOTE_JOINED => {
            let channel = ChannelId(get_uuid(&mut payload)?);
            Ok(UserNote::Joined(channel, Seq(get_u64(&mut payload)?)))
        }
        _ => Err(Unreadable),
    }
}

fn check_version(payload: &mut Bytes) -> Result<(), Unreadable> {
    match get_u8(payload)? {
        PROTOCOL_MIN..=PROTOCOL_MAX => Ok(()),
        _ => Err(Unreadable),
    }
}

fn put_frame(payload: &mut BytesMut, first: Seq, last: Seq, frame: Option<&Frame>) {
    payload.put_u8(if frame.is_some() { FRAME } else { NO_FRAME });
    payload.put_u64(first.0);
    payload.put_u64(last.0);
    if let Some(frame) = frame {
        put_bytes(payload, &frame.payload());
    }
}

fn put_row(payload: &mut BytesMut, row: &EventRow) {
    payload.put_u8(ROW);
    payload.put_u64(row.seq.0);
    payload.put_u64(row.ordinal.0);
    payload.put_i64(row.at.0);
    payload.put_slice(row.actor.as_bytes());
    payload.put_u8(u8::from(row.key.is_some()));
    payload.put_slice(row.key.map_or(Uuid::nil(), |key| key.0).as_bytes());
    payload.put_u8(row.kind);
    payload.put_u8(u8::from(row.message) | u8::from(row.tombstone) << 1);
    payload.put_u64(row.target.map_or(0, |target| target.0));
    payload.put_u64(row.digest);
    put_bytes(payload, &row.payload);
}

fn get_row(channel: ChannelId, payload: &mut Bytes) -> Result<EventRow, Unreadable> {
    let (seq, ordinal) = (Seq(get_u64(payload)?), Ordinal(get_u64(payload)?));
    let at = Millis(get_u64(payload)?.cast_signed());
    let actor = UserId(get_uuid(payload)?);
    let (has_key, key) = (get_u8(payload)? == 1, get_uuid(payload)?);
    let (kind, flags) = (get_u8(payload)?, get_u8(payload)?);
    let target = get_u64(payload)?;
    Ok(EventRow {
        channel,
        seq,
        ordinal,
        at,
        actor,
        key: has_key.then_some(ClientKey(key)),
        kind,
        message: flags & 1 != 0,
        tombstone: flags & 2 != 0,
        target: (target > 0).then_some(Seq(target)),
        digest: get_u64(payload)?,
        payload: get_bytes(payload)?.to_vec(),
    })
}

fn put_bytes(payload: &mut BytesMut, bytes: &[u8]) {
    payload.put_u32(u32::try_from(bytes.len()).expect("an event is smaller than 4 GiB"));
    payload.put_slice(bytes);
}

fn get_bytes(payload: &mut Bytes) -> Result<Bytes, Unreadable> {
    let len = payload.try_get_u32().map_err(|_| Unreadable)? as usize;
    if payload.remaining() < len {
        return Err(Unreadable);
    }
    Ok(payload.split_to(len))
}

fn get_u8(payload: &mut Bytes) -> Result<u8, Unreadable> {
    payload.try_get_u8().map_err(|_| Unreadable)
}

fn get_u64(payload: &mut Bytes) -> Result<u64, Unreadable> {
    payload.try_get_u64().map_err(|_| Unreadable)
}

fn get_uuid(payload: &mut Bytes) -> Result<Uuid, Unreadable> {
    if payload.remaining() < 16 {
        return Err(Unreadable);
    }
    let bytes = payload.split_to(16);
    Ok(Uuid::from_slice(&bytes).expect("sixteen bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::SeededEntropy;
    use proptest::prelude::*;

    fn row(seq: u64, kind: u8) -> EventRow {
        let entropy = SeededEntropy::new(seq);
        EventRow {
            channel: ChannelId(Uuid::nil()),
            seq: Seq(seq),
            ordinal: Ordinal(seq / 2),
            at: Millis(-5),
            actor: UserId::new(Millis(1), &entropy),
            key: seq.is_multiple_of(2).then(|| ClientKey::new(Millis(1), &entropy)),
            kind,
            message: kind == 1,
            target: (kind == 2).then_some(Seq(1)),
            digest: u64::MAX - seq,
            tombstone: false,
            payload: br#"{"t":"hello"}"#.to_vec(),
        }
    }

    proptest! {
        #[test]
        fn both_versions_carry_the_same(kinds in proptest::collection::vec(prop_oneof![Just(1u8), Just(2), Just(12)], 1..40)) {
            let rows: Vec<EventRow> = (1..).zip(&kinds).map(|(seq, kind)| row(seq, *kind)).collect();
            let mut pieces = Pieces::default();
            rows.iter().for_each(|row| pieces.add(row, true));
            let pieces = pieces.finish();
            let all: Vec<&EventRow> = rows.iter().collect();
            for version in PROTOCOL_MIN..=PROTOCOL_MAX {
                let read: Vec<Piece> = write_events(version, &pieces, &all)
                    .into_iter()
                    .flat_map(|payload| read_events(ChannelId(Uuid::nil()), payload).unwrap())
                    .collect();
                prop_assert_eq!(&read, &pieces);
            }
        }

        #[test]
        fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = Bytes::from(bytes);
            let _ = read_events(ChannelId(Uuid::nil()), bytes.clone());
            let _ = read_signal(bytes.clone());
            let _ = read_user_note(bytes);
        }
    }

    #[test]
    fn large_batches_are_cut_and_later_versions_refused() {
        let rows: Vec<EventRow> = (1..=300)
            .map(|seq| EventRow {
                payload: serde_json::to_vec(&serde_json::json!({ "t": "x".repeat(4_000) })).unwrap(),
                ..row(seq, 1)
            })
            .collect();
        let mut pieces = Pieces::default();
        rows.iter().for_each(|row| pieces.add(row, true));
        let all: Vec<&EventRow> = rows.iter().collect();
        let pieces = pieces.finish();
        for version in [1, 2] {
            let payloads = write_events(version, &pieces, &all);
            assert!(payloads.len() > 3);
            assert!(
                payloads
                    .iter()
                    .all(|payload| payload.len() < PAYLOAD_BYTES + 80 * 1024)
            );
        }
        assert_eq!(
            read_events(ChannelId(Uuid::nil()), Bytes::from_static(&[3, 1])),
            Err(Unreadable)
        );
    }

    #[test]
    fn notes_come_back_as_they_were() {
        let entropy = SeededEntropy::new(1);
        let (user, channel) = (
            UserId::new(Millis(1), &entropy),
            ChannelId::new(Millis(1), &entropy),
        );
        assert_eq!(
            read_signal(write_signal(user, b"{}")),
            Ok((vec![user], Frame::text(b"{}")))
        );
        for except in [vec![], vec![user], vec![user, user]] {
            assert_eq!(
                read_signal(write_signal_except(&except, b"{}")),
                Ok((except, Frame::text(b"{}")))
            );
        }
        let mut cut = write_signal_except(&[user], b"");
        cut.truncate(10);
        assert_eq!(read_signal(cut), Err(Unreadable));
        assert_eq!(
            read_user_note(write_user_frame(b"{}")),
            Ok(UserNote::Frame(Frame::text(b"{}")))
        );
        assert_eq!(
            read_user_note(write_joined(channel, Seq(7))),
            Ok(UserNote::Joined(channel, Seq(7)))
        );
    }
}
