//! One encoded text, framed for WebSocket once and shared by all who get it.

use bytes::{Bytes, BytesMut};

/// A server's text frame (RFC 6455 section 5.2: FIN, opcode 1, no mask) with its payload behind the header. Cloning
/// shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    wire: Bytes,
    header_bytes: u8,
}

/// FIN and opcode "text".
const TEXT: u8 = 0x81;
/// Longest header of a frame that is not masked.
const HEADER_BYTES_MAX: usize = 10;

impl Frame {
    /// Frames a JSON text.
    pub fn text(json: &[u8]) -> Self {
        Self::text_of(&[json])
    }

    /// Frames a JSON text that is in parts.
    pub fn text_of(parts: &[&[u8]]) -> Self {
        let bytes = parts.iter().map(|part| part.len()).sum();
        let mut wire = BytesMut::with_capacity(bytes + HEADER_BYTES_MAX);
        put_header(&mut wire, bytes);
        let header_bytes = wire.len() as u8;
        for part in parts {
            wire.extend_from_slice(part);
        }
        Self {
            wire: wire.freeze(),
            header_bytes,
        }
    }

    /// Frames a JSON text whose long middle many share, without a copy of it: what to write one after the other.
    pub fn text_around(head: &[u8], shared: Bytes, tail: &'static [u8]) -> [Self; 3] {
        let mut wire = BytesMut::with_capacity(head.len() + HEADER_BYTES_MAX);
        put_header(&mut wire, head.len() + shared.len() + tail.len());
        wire.extend_from_slice(head);
        [wire.freeze(), shared, Bytes::from_static(tail)].map(Self::raw)
    }

    /// Bytes that are on the wire already: a control frame, or frames a protocol library made.
    pub fn raw(wire: Bytes) -> Self {
        Self {
            wire,
            header_bytes: 0,
        }
    }

    /// Header and payload.
    pub fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// Whether it is a text that was framed here, not bytes of another kind.
    pub fn is_text(&self) -> bool {
        self.header_bytes > 0
    }

    /// The payload alone, for transports with a framing of their own.
    pub fn payload(&self) -> Bytes {
        self.wire.slice(usize::from(self.header_bytes)..)
    }
}

/// Puts the header of a text of so many bytes.
fn put_header(wire: &mut BytesMut, bytes: usize) {
    match bytes {
        short @ 0..=125 => wire.extend_from_slice(&[TEXT, short as u8]),
        medium @ 126..=0xffff => {
            wire.extend_from_slice(&[TEXT, 126]);
            wire.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            wire.extend_from_slice(&[TEXT, 127]);
            wire.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_lengths_of_rfc_6455() {
        for (len, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let json = vec![b'x'; len];
            let frame = Frame::text(&json);
            assert_eq!(frame.wire().len(), len + header);
            assert_eq!(frame.payload(), json);
            assert_eq!(frame.wire()[0], 0x81);
        }
        assert_eq!(Frame::text_of(&[b"{", b"", b"}"]), Frame::text(b"{}"));
        let around =
            Frame::text_around(b"{", Bytes::from_static(b"7"), b"}").map(|part| part.wire().to_vec());
        assert_eq!(around.concat(), *Frame::text(b"{7}").wire());
        assert_eq!(&Frame::text(&[b'x'; 300]).wire()[..4], &[0x81, 126, 1, 44]);
    }
}
