//! Bytes that no library would send: HTTP by hand and WebSocket frames by hand.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for bytes that must come. The server gives a silent client ten seconds for its request.
const PATIENCE: Duration = Duration::from_secs(15);
/// More than any answer in these tests.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An HTTP response, taken apart.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, or what followed the head.
    pub body: Vec<u8>,
}

impl Response {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// `ok`, the code of the problem, or `-` for an answer that is none of ours.
    pub fn code(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or(Value::Null);
        match (self.status, &problem["code"]) {
            (200..400, _) => "ok".to_owned(),
            (_, Value::String(code)) => code.clone(),
            _ => "-".to_owned(),
        }
    }
}

/// A request as text: method, target, header lines without the usual ones, body. `Host`, `Connection: close` and the
/// length are added.
pub fn request(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let told = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !body.is_empty() && !told {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends bytes and reads the answer; none if the server closes without a word.
pub async fn exchange(server: SocketAddr, bytes: &[u8]) -> Result<Option<Response>> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    // A server that has refused already may close while this is written.
    let _ = stream.write_all(bytes).await;
    let mut read = Vec::new();
    tokio::time::timeout(PATIENCE, response(&mut stream, &mut read))
        .await
        .context("no answer")?
}

/// Sends bytes, says that nothing more comes, and reads the answer.
pub async fn exchange_and_hang_up(server: SocketAddr, bytes: &[u8]) -> Result<Option<Response>> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(bytes).await?;
    stream.shutdown().await?;
    let mut read = Vec::new();
    tokio::time::timeout(PATIENCE, response(&mut stream, &mut read))
        .await
        .context("no answer")?
}

/// Reads a response; what follows it stays in `read`.
async fn response(stream: &mut TcpStream, read: &mut Vec<u8>) -> Result<Option<Response>> {
    let mut buffer = [0u8; 8 * 1024];
    let end = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(n) => read.extend_from_slice(&buffer[..n]),
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .context("a status line")?
        .parse()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map(|(_, value)| value.parse());
    let length: usize = length.transpose()?.unwrap_or(0);
    ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
    while read.len() < end + length {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => bail!("the answer ends early"),
            Ok(n) => read.extend_from_slice(&buffer[..n]),
        }
    }
    let body = read[end..end + length].to_vec();
    read.drain(..end + length);
    Ok(Some(Response {
        status,
        headers,
        body,
    }))
}

/// Kinds of frames (RFC 6455 section 5.2).
#[allow(missing_docs)] // the names say it
pub mod opcode {
    pub const CONTINUATION: u8 = 0x0;
    pub const TEXT: u8 = 0x1;
    pub const BINARY: u8 = 0x2;
    pub const CLOSE: u8 = 0x8;
    pub const PING: u8 = 0x9;
    pub const PONG: u8 = 0xA;
}

/// Bit that says that a frame is the last of its message.
pub const FIN: u8 = 0x80;

/// A masked frame: the first byte as given (flags and opcode), the payload.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = header(first, 0x80, payload.len() as u64);
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
    bytes
}

/// A frame without a mask, as only a server may send it.
pub fn bare_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, 0, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// The beginning of a masked frame that promises so many bytes.
pub fn promise(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = header(first, 0x80, length);
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// A whole text message.
pub fn text(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | opcode::TEXT, payload.as_ref())
}

fn header(first: u8, masked: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(masked | length as u8),
        126..=0xffff => {
            bytes.push(masked | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(masked | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes
}

/// A frame that came.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// A text message.
    Text(Value),
    /// A pong with this payload.
    Pong(Vec<u8>),
    /// A close frame with this code; 1005 if it has none (RFC 6455 section 7.1.5).
    Close(u16),
    /// The line was closed without a close frame.
    Gone,
}

/// A WebSocket of which every byte is ours.
pub struct RawSocket {
    stream: TcpStream,
    read: Vec<u8>,
}

impl RawSocket {
    /// Connects and shakes hands.
    pub async fn open(server: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let upgrade = format!(
            "GET /v1/ws HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(upgrade.as_bytes()).await?;
        let mut read = Vec::new();
        let shaken = response(&mut stream, &mut read).await?.context("no handshake")?;
        ensure!(
            shaken.status == 101,
            "the handshake is answered with {}",
            shaken.status
        );
        // RFC 6455 section 1.3 has this key and this answer as its example.
        ensure!(
            shaken.header("sec-websocket-accept") == Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "{shaken:?}"
        );
        Ok(Self { stream, read })
    }

    /// Sends bytes; a server that closes meanwhile is no error, for what it said is still to be read.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// What comes next; pings are passed over.
    pub async fn next(&mut self) -> Result<Came> {
        tokio::time::timeout(PATIENCE, self.next_frame())
            .await
            .context("nothing comes")?
    }

    async fn next_frame(&mut self) -> Result<Came> {
        loop {
            let (first, payload) = match self.take().await? {
                Some(frame) => frame,
                None => return Ok(Came::Gone),
            };
            match first & 0x0f {
                opcode::TEXT => return Ok(Came::Text(serde_json::from_slice(&payload)?)),
                opcode::PONG => return Ok(Came::Pong(payload)),
                opcode::CLOSE => {
                    let code = payload
                        .first_chunk()
                        .map_or(1005, |code| u16::from_be_bytes(*code));
                    return Ok(Came::Close(code));
                }
                opcode::PING => {}
                other => bail!("the server sent opcode {other}"),
            }
        }
    }

    async fn take(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        let mut buffer = [0u8; 8 * 1024];
        loop {
            if let Some((used, first, payload)) = parse(&self.read) {
                self.read.drain(..used);
                return Ok(Some((first, payload)));
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(n) => self.read.extend_from_slice(&buffer[..n]),
            }
        }
    }
}

/// An unmasked frame at the beginning of some bytes: its length, first byte and payload.
fn parse(bytes: &[u8]) -> Option<(usize, u8, Vec<u8>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length) = match second & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?,
        ),
        short => (2, usize::from(short)),
    };
    Some((start + length, first, bytes.get(start..start + length)?.to_vec()))
}
