//! One WebSocket to `/v1/ws`, frame by frame.

use crate::{ClientError, Incoming};
use futures_util::{SinkExt, StreamExt};
use klatch_protocol::frame::{Hello, Ready, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

/// Bytes read at once: small, because thousands of connections may wait in one process.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// An open WebSocket.
#[derive(Debug)]
pub struct Connection {
    socket: WebSocketStream<TcpStream>,
}

impl Connection {
    /// Opens a WebSocket; `base` is the server's address, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// The address is wrong, nobody listens there, or the upgrade was refused.
    pub async fn open(base: &str) -> Result<Self, ClientError> {
        let host = base
            .strip_prefix("http://")
            .or_else(|| base.strip_prefix("ws://"))
            .map(|rest| rest.trim_end_matches('/'))
            .ok_or_else(|| ClientError::Address(base.to_owned()))?;
        let mut request = format!("ws://{host}/v1/ws").into_client_request()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let with_port = if host.contains(':') {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        let stream = TcpStream::connect(with_port)
            .await
            .map_err(tungstenite::Error::Io)?;
        stream.set_nodelay(true).map_err(tungstenite::Error::Io)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0);
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        Ok(Self { socket })
    }

    /// Says `hello` and waits for `ready`.
    ///
    /// # Errors
    /// The token was refused, or the socket failed.
    pub async fn hello(&mut self, hello: &Hello) -> Result<Ready, ClientError> {
        let text = serde_json::to_string(&Tagged {
            op: "hello",
            command: hello,
        })
        .map_err(|error| ClientError::Unreadable(error.to_string()))?;
        self.send_text(text).await?;
        loop {
            match self.next().await? {
                Incoming::Ready(ready) => return Ok(ready),
                Incoming::Refused(problem) => return Err(problem.into()),
                Incoming::Heartbeat | Incoming::Other(_) => {}
                other => return Err(ClientError::Unreadable(format!("{other:?} came before ready"))),
            }
        }
    }

    /// Sends a text as it is.
    ///
    /// # Errors
    /// The socket failed.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<(), ClientError> {
        Ok(self.socket.send(Message::text(text.into())).await?)
    }

    /// Sends any message of the WebSocket protocol, for tests of bad input.
    ///
    /// # Errors
    /// The socket failed.
    pub async fn send_message(&mut self, message: Message) -> Result<(), ClientError> {
        Ok(self.socket.send(message).await?)
    }

    /// The next frame. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`ClientError::Closed`] when the server closed; otherwise the socket failed or the frame made no sense.
    pub async fn next(&mut self) -> Result<Incoming, ClientError> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => Incoming::read(text.as_str()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Incoming::Heartbeat),
            Some(Ok(Message::Close(frame))) => Err(closed(frame)),
            Some(Ok(other)) => Err(ClientError::Unreadable(format!(
                "a {}-byte frame that is not text",
                other.len()
            ))),
            Some(Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed)) | None => {
                Err(closed(None))
            }
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Closes politely.
    pub async fn close(mut self) {
        // The other side may be gone already, and then there is nothing to be polite to.
        let _ = self.socket.close(None).await;
    }
}

/// A command with its name, as the wire wants it.
#[derive(serde::Serialize)]
pub(crate) struct Tagged<'a, T> {
    pub(crate) op: &'a str,
    #[serde(flatten)]
    pub(crate) command: &'a T,
}

fn closed(frame: Option<CloseFrame>) -> ClientError {
    match frame {
        Some(frame) => ClientError::Closed {
            code: Some(frame.code.into()),
            reason: frame.reason.to_string(),
        },
        None => ClientError::Closed {
            code: None,
            reason: String::new(),
        },
    }
}
