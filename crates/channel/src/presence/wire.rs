//! What nodes say to each other of who is online: binary, behind a mark that no other payload begins with, so that
//! nodes of before leave it alone.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use klatch_fanout::{Batch, PresenceEntry, PresentDevice, Status};
use klatch_types::{ChannelId, DeviceId, Millis, NodeId, UserId};
use uuid::Uuid;

/// The first byte: presence, version 1.
pub(crate) const MARK: u8 = 0x90;

const BATCH: u8 = 1;
const BEAT: u8 = 2;
const ASK: u8 = 3;
const PART: u8 = 4;
const SETTING: u8 = 5;
const UNFLAG: u8 = 6;

/// Channels of a user that are told with a change; of who has more, the receivers look for themselves.
const CHANNELS_MAX: usize = 200;
/// Users in a part of everything.
pub(super) const PART_ENTRIES_MAX: usize = 2_000;

/// What was said.
#[derive(Debug, PartialEq)]
pub(super) enum Word {
    /// A node tells of changes.
    Batch(NodeId, Batch),
    /// A node tells how many batches it has told.
    Beat(NodeId, u64),
    /// A node wants everything.
    Ask(NodeId),
    /// A node tells a part of everything; whether it is the first, and the last.
    Part(NodeId, u64, (bool, bool), Vec<PresenceEntry>),
    /// A user hides, or not.
    Setting(UserId, bool),
    /// A back end no longer shows a user as online.
    Unflag(UserId),
}

fn begin(kind: u8, id: &Uuid) -> BytesMut {
    let mut payload = BytesMut::with_capacity(64);
    payload.put_slice(&[MARK, kind]);
    payload.put_slice(id.as_bytes());
    payload
}

pub(super) fn write_batch(node: NodeId, batch: &Batch) -> Bytes {
    let mut payload = begin(BATCH, &node.0);
    payload.put_u64(batch.before);
    payload.put_u64(batch.after);
    batch
        .entries
        .iter()
        .for_each(|entry| put_entry(&mut payload, entry));
    payload.freeze()
}

pub(super) fn write_beat(node: NodeId, version: u64) -> Bytes {
    let mut payload = begin(BEAT, &node.0);
    payload.put_u64(version);
    payload.freeze()
}

pub(super) fn write_ask(node: NodeId) -> Bytes {
    begin(ASK, &node.0).freeze()
}

pub(super) fn write_parts(node: NodeId, version: u64, entries: &[PresenceEntry]) -> Vec<Bytes> {
    let count = entries.len().div_ceil(PART_ENTRIES_MAX).max(1);
    let part = |number: usize| {
        let mut payload = begin(PART, &node.0);
        payload.put_u64(version);
        payload.put_u8(u8::from(number == 0) | u8::from(number + 1 == count) << 1);
        let entries = entries
            .iter()
            .skip(number * PART_ENTRIES_MAX)
            .take(PART_ENTRIES_MAX);
        entries.for_each(|entry| put_entry(&mut payload, entry));
        payload.freeze()
    };
    (0..count).map(part).collect()
}

pub(super) fn write_setting(user: UserId, hidden: bool) -> Bytes {
    let mut payload = begin(SETTING, &user.0);
    payload.put_u8(u8::from(hidden));
    payload.freeze()
}

pub(super) fn write_unflag(user: UserId) -> Bytes {
    begin(UNFLAG, &user.0).freeze()
}

/// Reads what the others wrote; nothing if it is of a later version, or damaged.
pub(super) fn read(mut payload: Bytes) -> Option<Word> {
    if payload.try_get_u8().ok()? != MARK {
        return None;
    }
    let kind = payload.try_get_u8().ok()?;
    let id = get_uuid(&mut payload)?;
    let word = match kind {
        BATCH => {
            let (before, after) = (payload.try_get_u64().ok()?, payload.try_get_u64().ok()?);
            let entries = get_entries(&mut payload)?;
            Word::Batch(
                NodeId(id),
                Batch {
                    before,
                    after,
                    entries,
                },
            )
        }
        BEAT => Word::Beat(NodeId(id), payload.try_get_u64().ok()?),
        ASK => Word::Ask(NodeId(id)),
        PART => {
            let (version, flags) = (payload.try_get_u64().ok()?, payload.try_get_u8().ok()?);
            let ends = (flags & 1 != 0, flags & 2 != 0);
            Word::Part(NodeId(id), version, ends, get_entries(&mut payload)?)
        }
        SETTING => Word::Setting(UserId(id), payload.try_get_u8().ok()? != 0),
        UNFLAG => Word::Unflag(UserId(id)),
        _ => return None,
    };
    Some(word)
}

fn put_entry(payload: &mut BytesMut, entry: &PresenceEntry) {
    payload.put_slice(entry.user.as_bytes());
    payload.put_i64(entry.active_at.0);
    let devices = &entry.devices[..entry.devices.len().min(usize::from(u8::MAX))];
    payload.put_u8(devices.len() as u8);
    for device in devices {
        payload.put_u8(match device.status {
            Status::Offline => 0,
            Status::Away => 1,
            Status::Online => 2,
        });
        payload.put_slice(device.device.map_or(Uuid::nil(), |id| id.0).as_bytes());
        payload.put_i64(device.active_at.0);
    }
    match &entry.channels {
        Some(channels) if channels.len() <= CHANNELS_MAX => {
            payload.put_u8(channels.len() as u8);
            channels.iter().for_each(|id| payload.put_slice(id.as_bytes()));
        }
        _ => payload.put_u8(u8::MAX),
    }
}

fn get_entries(payload: &mut Bytes) -> Option<Vec<PresenceEntry>> {
    let mut entries = Vec::new();
    while payload.has_remaining() {
        let user = UserId(get_uuid(payload)?);
        let active_at = Millis(payload.try_get_i64().ok()?);
        let mut devices = Vec::new();
        for _ in 0..payload.try_get_u8().ok()? {
            let status = match payload.try_get_u8().ok()? {
                0 => Status::Offline,
                1 => Status::Away,
                _ => Status::Online,
            };
            let device = get_uuid(payload)?;
            devices.push(PresentDevice {
                status,
                device: (!device.is_nil()).then_some(DeviceId(device)),
                active_at: Millis(payload.try_get_i64().ok()?),
            });
        }
        let channels = match payload.try_get_u8().ok()? {
            u8::MAX => None,
            count => {
                let ids: Option<Vec<ChannelId>> =
                    (0..count).map(|_| get_uuid(payload).map(ChannelId)).collect();
                Some(ids?)
            }
        };
        entries.push(PresenceEntry {
            user,
            active_at,
            devices,
            channels,
        });
    }
    Some(entries)
}

fn get_uuid(payload: &mut Bytes) -> Option<Uuid> {
    if payload.remaining() < 16 {
        return None;
    }
    Uuid::from_slice(&payload.split_to(16)).ok()
}

const _: () = assert!(CHANNELS_MAX < u8::MAX as usize);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(number: u128, channels: Option<usize>) -> PresenceEntry {
        PresenceEntry {
            user: UserId(Uuid::from_u128(number)),
            active_at: Millis(7),
            devices: vec![PresentDevice {
                device: number.is_multiple_of(2).then_some(DeviceId(Uuid::from_u128(9))),
                status: Status::Away,
                active_at: Millis(-5),
            }],
            channels: channels.map(|count| vec![ChannelId(Uuid::from_u128(5)); count]),
        }
    }

    #[test]
    fn words_come_back_as_they_were() {
        let node = NodeId(Uuid::from_u128(1));
        let batch = Batch {
            before: 3,
            after: 4,
            entries: vec![entry(1, Some(0)), entry(2, Some(CHANNELS_MAX)), entry(3, None)],
        };
        assert_eq!(read(write_batch(node, &batch)), Some(Word::Batch(node, batch)));
        assert_eq!(read(write_beat(node, 9)), Some(Word::Beat(node, 9)));
        assert_eq!(read(write_ask(node)), Some(Word::Ask(node)));
        let user = UserId(Uuid::from_u128(2));
        assert_eq!(read(write_setting(user, true)), Some(Word::Setting(user, true)));
        assert_eq!(read(write_unflag(user)), Some(Word::Unflag(user)));
        for count in [0, 1, PART_ENTRIES_MAX, PART_ENTRIES_MAX + 1] {
            let entries: Vec<PresenceEntry> = (0..count as u128).map(|number| entry(number, None)).collect();
            let (mut found, mut ends) = (Vec::new(), Vec::new());
            for payload in write_parts(node, 6, &entries) {
                assert!(payload.len() < 256 * 1024);
                let Some(Word::Part(_, 6, end, mut part)) = read(payload) else {
                    panic!("a part")
                };
                ends.push(end);
                found.append(&mut part);
            }
            assert_eq!(found, entries);
            assert!(ends[0].0 && ends[ends.len() - 1].1);
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused(kind in 0..9_u8, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(Bytes::from([&[MARK, kind], bytes.as_slice()].concat()));
        }
    }
}
