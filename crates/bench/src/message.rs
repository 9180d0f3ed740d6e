//! The frames a sender sends: made by writing over a template, because a generator makes a hundred thousand a second.

use crate::scan::{ID_BYTES, STAMP_BYTES};
use crate::wire;
use klatch_types::{Clock, Entropy, SystemClock, SystemEntropy};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A sender's messages to one channel.
#[derive(Debug)]
pub(crate) struct Messages {
    /// Everything behind the `id`, with places for key and time.
    template: Vec<u8>,
    key_at: usize,
    stamp_at: usize,
    /// Unix time at the first message, milliseconds, and the generator's own time then, nanoseconds: keys carry the
    /// time of their message (RFC 9562 section 5.7), as those of real clients do.
    first: Option<(u64, u64)>,
    /// The random bits beside the version.
    key_random: u64,
    /// Lower 64 bits of the next key: variant, random bits, a counter.
    key_low: u64,
    payload: Vec<u8>,
    next_id: u64,
}

impl Messages {
    /// Messages of `text_bytes` characters, at least [`STAMP_BYTES`].
    pub(crate) fn new(channel: &[u8; ID_BYTES], text_bytes: usize) -> Self {
        let mut random = [0u8; 8];
        SystemEntropy.fill(&mut random);
        let random = u64::from_le_bytes(random);
        let mut template = br#","op":"send","channel":""#.to_vec();
        template.extend_from_slice(channel);
        template.extend_from_slice(br#"","key":""#);
        let key_at = template.len();
        template.extend_from_slice(&[b'-'; ID_BYTES]);
        template.extend_from_slice(br#"","text":""#);
        let stamp_at = template.len();
        template.resize(stamp_at + text_bytes.max(STAMP_BYTES), b'x');
        template.extend_from_slice(br#""}"#);
        Self {
            template,
            key_at,
            stamp_at,
            first: None,
            key_random: random >> 52,
            // 30 random bits tell senders apart, 32 bits count.
            key_low: 1 << 63 | (random & 0x3fff_ffff) << 32,
            payload: Vec::new(),
            next_id: 1,
        }
    }

    /// Appends the next message, sent at this time, to what a connection sends.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, now_ns: u64) {
        let (first_ms, first_ns) = *self
            .first
            .get_or_insert_with(|| (u64::try_from(SystemClock.now().0).unwrap_or(0), now_ns));
        let millis = first_ms + now_ns.saturating_sub(first_ns) / 1_000_000;
        let key_high = millis << 16 | 0x7000 | self.key_random;
        let key = u128::from(key_high) << 64 | u128::from(self.key_low);
        self.key_low += 1;
        write_key(&mut self.template[self.key_at..self.key_at + ID_BYTES], key);
        for (place, digit) in self.template[self.stamp_at..self.stamp_at + STAMP_BYTES]
            .iter_mut()
            .enumerate()
        {
            *digit = HEX[(now_ns >> (4 * (STAMP_BYTES - 1 - place)) & 15) as usize];
        }
        self.payload.clear();
        self.payload.extend_from_slice(br#"{"id":"#);
        self.payload
            .extend_from_slice(self.next_id.to_string().as_bytes());
        self.payload.extend_from_slice(&self.template);
        self.next_id += 1;
        wire::put_frame(out, wire::TEXT, &self.payload);
    }
}

fn write_key(place: &mut [u8], key: u128) {
    let mut nibble = 32;
    for (at, byte) in place.iter_mut().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            *byte = b'-';
        } else {
            nibble -= 1;
            *byte = HEX[(key >> (4 * nibble) & 15) as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::stamp;
    use klatch_protocol::Command;
    use klatch_protocol::codec::read_client_frame;

    #[test]
    fn the_server_reads_what_is_sent() {
        let channel = b"0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";
        let mut messages = Messages::new(channel, 20);
        let mut keys = Vec::new();
        for id in 1..=3 {
            let mut out = Vec::new();
            messages.put(&mut out, 1_234_567);
            let header = 8; // two bytes, two of length, four of mask
            let frame = read_client_frame(std::str::from_utf8(&out[header..]).unwrap()).unwrap();
            assert_eq!(frame.id, id);
            let Command::Send(send) = frame.command else {
                panic!("not a send")
            };
            assert_eq!(send.channel.to_string().as_bytes(), channel);
            assert_eq!(send.text.len(), 20);
            assert_eq!(stamp(send.text.as_bytes()), Some(1_234_567));
            assert_eq!(send.key.0.get_version_num(), 7);
            keys.push(send.key);
        }
        keys.dedup();
        assert_eq!(keys.len(), 3);
    }
}
