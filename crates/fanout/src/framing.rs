//! Several payloads of one topic in one message: a version, the kind of topic, then each payload after its length.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use klatch_types::limits::BUS_MESSAGE_BYTES_MAX;

/// The only version there is. A node that meets another one has missed something and looks it up in the log.
const VERSION: u8 = 1;
/// Version and kind.
const HEAD_BYTES: usize = 2;
/// A length, big-endian.
const LENGTH_BYTES: usize = 4;

/// Largest payload that a bus carries, bytes: with its frame it fills one message.
pub const BUS_PAYLOAD_BYTES_MAX: usize = BUS_MESSAGE_BYTES_MAX - HEAD_BYTES - LENGTH_BYTES;

/// Packs payloads from the front into one message of at most `bytes_max`, and says how many went in. At least one does,
/// even when it is too large alone.
pub(crate) fn pack(kind: u8, payloads: &[Bytes], bytes_max: usize) -> (Bytes, usize) {
    let mut size = HEAD_BYTES;
    let mut count = 0;
    for payload in payloads {
        let with_it = size + LENGTH_BYTES + payload.len();
        if count > 0 && with_it > bytes_max {
            break;
        }
        size = with_it;
        count += 1;
    }
    let mut message = BytesMut::with_capacity(size);
    message.put_u8(VERSION);
    message.put_u8(kind);
    for payload in &payloads[..count] {
        message.put_u32(u32::try_from(payload.len()).expect("payloads are below BUS_PAYLOAD_BYTES_MAX"));
        message.put_slice(payload);
    }
    (message.freeze(), count)
}

/// The kind of topic and the payloads of a message, sharing its bytes; `None` if it is of another version or torn.
pub(crate) fn unpack(mut message: Bytes) -> Option<(u8, Vec<Bytes>)> {
    if message.len() < HEAD_BYTES || message.get_u8() != VERSION {
        return None;
    }
    let kind = message.get_u8();
    let mut payloads = Vec::new();
    while message.has_remaining() {
        if message.len() < LENGTH_BYTES {
            return None;
        }
        let length = message.get_u32() as usize;
        if message.len() < length {
            return None;
        }
        payloads.push(message.split_to(length));
    }
    Some((kind, payloads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_come_apart_as_they_went_in() {
        let payloads: Vec<Bytes> = [0, 1, 300, 70_000, 0]
            .map(|n| Bytes::from(vec![n as u8; n]))
            .to_vec();
        let (message, count) = pack(3, &payloads, BUS_MESSAGE_BYTES_MAX);
        assert_eq!(count, payloads.len());
        assert_eq!(unpack(message), Some((3, payloads)));
    }

    #[test]
    fn messages_are_cut_at_the_bound() {
        let payloads = vec![Bytes::from_static(&[7; 100]); 10];
        let (message, count) = pack(0, &payloads, 2 + 3 * 104);
        assert_eq!((message.len(), count), (2 + 3 * 104, 3));
        let (_, count) = pack(0, &payloads, 10);
        assert_eq!(count, 1, "a large payload goes alone");
    }

    #[test]
    fn torn_and_foreign_messages_are_refused() {
        let (message, _) = pack(0, &[Bytes::from_static(b"hello")], 100);
        for end in 3..message.len() {
            assert_eq!(unpack(message.slice(..end)), None, "cut at {end}");
        }
        let mut foreign = message.to_vec();
        foreign[0] = 2;
        assert_eq!(unpack(Bytes::from(foreign)), None);
        assert_eq!(unpack(Bytes::new()), None);
    }
}
