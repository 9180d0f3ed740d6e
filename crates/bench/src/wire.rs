//! The client's side of WebSocket (RFC 6455), as little of it as a generator needs and as fast as it can be.
//!
//! All connections read into one buffer, so that it stays in the processor's cache; only what is left of an
//! unfinished frame is kept per connection.

use anyhow::{Context, bail, ensure};
use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{self, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

/// Size of the buffer that all connections read into.
const SCRATCH_BYTES: usize = 2 * 1024 * 1024;
/// Largest answer to the upgrade.
const UPGRADE_BYTES_MAX: usize = 8 * 1024;

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
const PONG: u8 = 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// A frame of the server at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: u8,
    pub(crate) payload: &'a [u8],
    /// Bytes of header and payload.
    pub(crate) total: usize,
}

/// The first frame, if it is there as a whole.
pub(crate) fn first_frame(bytes: &[u8]) -> anyhow::Result<Option<Frame<'_>>> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    ensure!(
        first & 0xf0 == 0x80,
        "a fragmented or extended frame came (RFC 6455 section 5.2)"
    );
    ensure!(second & 0x80 == 0, "a masked frame came from the server");
    let (header, length) = match second {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (4, usize::from(u16::from_be_bytes(*length))),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (10, usize::try_from(u64::from_be_bytes(*length))?),
            None => return Ok(None),
        },
        short => (2, usize::from(*short)),
    };
    ensure!(length <= SCRATCH_BYTES / 2, "a frame of {length} bytes came");
    let total = header + length;
    Ok(bytes.get(header..total).map(|payload| Frame {
        opcode: first & 0x0f,
        payload,
        total,
    }))
}

/// Appends a client's frame. Its mask is zero, which leaves the payload as it is: masks protect proxies from pages
/// (section 10.3), and this is neither.
pub(crate) fn put_frame(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        short @ 0..=125 => out.push(0x80 | short as u8),
        medium @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    /// Bytes of an unfinished frame.
    carry: Vec<u8>,
    /// Frames to send.
    pub(crate) out: Vec<u8>,
}

impl Wire {
    /// Connects from a loopback address and upgrades.
    pub(crate) async fn connect(server: SocketAddr, from: Ipv4Addr) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((from, 0)))?;
        let stream = socket
            .connect(server)
            .await
            .with_context(|| format!("cannot connect from {from}"))?;
        stream.set_nodelay(true)?;
        Self::upgrade(stream, server).await
    }

    async fn upgrade(mut stream: TcpStream, server: SocketAddr) -> anyhow::Result<Self> {
        // The key is the sample of section 1.3; the answer to it is not checked, the status is.
        let request = format!(
            "GET /v1/ws HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {}\r\n\r\n",
            klatch_protocol::frame::SUBPROTOCOL
        );
        stream.write_all(request.as_bytes()).await?;
        let mut carry = Vec::with_capacity(512);
        let end = loop {
            ensure!(
                stream.read_buf(&mut carry).await? > 0,
                "the server closed before it upgraded"
            );
            if let Some(at) = memchr::memmem::find(&carry, b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(
                carry.len() <= UPGRADE_BYTES_MAX,
                "the answer to the upgrade has no end"
            );
        };
        if !carry.starts_with(b"HTTP/1.1 101 ") {
            bail!(
                "the server refused the upgrade: {}",
                String::from_utf8_lossy(&carry[..end.min(300)])
            );
        }
        carry.drain(..end);
        carry.shrink_to_fit();
        Ok(Self {
            stream,
            carry,
            out: Vec::new(),
        })
    }

    /// Reads once and hands every whole frame on. Pings are answered into `out`.
    pub(crate) fn poll_frames(
        &mut self,
        context: &mut task::Context<'_>,
        mut each: impl FnMut(&Frame<'_>) -> anyhow::Result<()>,
    ) -> Poll<anyhow::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let kept = self.carry.len();
            scratch[..kept].copy_from_slice(&self.carry);
            let mut buffer = ReadBuf::new(&mut scratch[kept..]);
            task::ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            let read = buffer.filled().len();
            if read == 0 {
                return Poll::Ready(Err(anyhow::anyhow!("the server closed the connection")));
            }
            let mut rest = &scratch[..kept + read];
            while let Some(frame) = first_frame(rest)? {
                if frame.opcode == PING {
                    put_frame(&mut self.out, PONG, frame.payload);
                }
                each(&frame)?;
                rest = &rest[frame.total..];
            }
            self.carry.clear();
            self.carry.extend_from_slice(rest);
            Poll::Ready(Ok(()))
        })
    }

    /// Sends what is in `out`; without waiting as a rule.
    pub(crate) async fn flush(&mut self) -> anyhow::Result<()> {
        if !self.out.is_empty() {
            self.stream.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// Gives back memory that a connection which does nothing does not need.
    pub(crate) fn shrink(&mut self) {
        self.out.shrink_to_fit();
        self.carry.shrink_to_fit();
    }
}

/// The sentence of a close frame.
pub(crate) fn close_reason(payload: &[u8]) -> String {
    match payload {
        [high, low, reason @ ..] => {
            format!(
                "{} {}",
                u16::from_be_bytes([*high, *low]),
                String::from_utf8_lossy(reason)
            )
        }
        _ => "without a code".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn server_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        put_frame(&mut frame, opcode, payload);
        // What a server sends is the same without the mask bit and the mask.
        frame[1] &= 0x7f;
        let header = frame.len() - payload.len();
        frame.drain(header - 4..header);
        frame
    }

    #[test]
    fn frames_of_every_length_are_found_only_when_whole() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let bytes = server_frame(TEXT, &payload);
            for cut in [0, 1, 2, 3, bytes.len() - 1] {
                if cut < bytes.len() {
                    assert_eq!(first_frame(&bytes[..cut]).unwrap(), None, "{cut} of {length}");
                }
            }
            let frame = first_frame(&bytes).unwrap().unwrap();
            assert_eq!(
                (frame.opcode, frame.payload, frame.total),
                (TEXT, &payload[..], bytes.len())
            );
        }
    }

    #[test]
    fn masked_and_fragmented_frames_are_refused() {
        let mut masked = Vec::new();
        put_frame(&mut masked, TEXT, b"hi");
        assert!(first_frame(&masked).is_err());
        assert!(first_frame(&[0x01, 0]).is_err());
    }

    #[tokio::test]
    async fn frames_cut_anywhere_arrive_whole_and_pings_are_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            assert!(request.starts_with(b"GET /v1/ws HTTP/1.1\r\n"));
            let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".to_vec();
            for number in 0..20 {
                bytes.extend(server_frame(TEXT, format!("frame {number}").as_bytes()));
            }
            bytes.extend(server_frame(PING, b"beat"));
            stream.set_nodelay(true).unwrap();
            for piece in bytes.chunks(7) {
                stream.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            let mut pong = [0; 10];
            stream.read_exact(&mut pong).await.unwrap();
            pong
        });
        let mut wire = Wire::connect(address, Ipv4Addr::new(127, 0, 0, 9)).await.unwrap();
        let (mut texts, mut pinged) = (Vec::new(), false);
        while !pinged {
            std::future::poll_fn(|context| {
                wire.poll_frames(context, |frame| {
                    match frame.opcode {
                        TEXT => texts.push(String::from_utf8(frame.payload.to_vec())?),
                        opcode => pinged = opcode == PING,
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        }
        wire.flush().await.unwrap();
        assert_eq!(
            texts,
            (0..20)
                .map(|number| format!("frame {number}"))
                .collect::<Vec<_>>()
        );
        assert_eq!(&server.await.unwrap(), b"\x8a\x84\0\0\0\0beat");
    }
}
