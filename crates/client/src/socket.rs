//! A socket that stays up: commands with answers, events once and in order.

use crate::connection::Tagged;
use crate::driver::Driver;
use crate::{Backoff, ClientError, TokenSource};
use klatch_protocol::Event;
use klatch_protocol::command::message::Send;
use klatch_protocol::frame::{LobbySignal, Ready, ReceiptSignal, TypingSignal};
use klatch_protocol::view::{Ack, Cursor};
use klatch_types::{Entropy, Seq, SystemEntropy, limits};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// Updates that may wait for the consumer. When they are full, events are left on the server and fetched later.
const UPDATES_MAX: usize = 1_024;
/// Wait before the same command is sent again when the server gave none.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// Where to begin in a channel that the client has no copy of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// What comes from now on.
    #[default]
    Now,
    /// The first event.
    Beginning,
}

/// How a socket behaves.
#[derive(Clone)]
pub struct Options {
    /// Where to begin in channels.
    pub start: Start,
    /// What the client calls itself.
    pub client: Option<String>,
    /// Waits between attempts.
    pub backoff: Backoff,
    /// Where jitter comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Positions from an earlier socket, so that nothing is missed in between.
    pub cursors: Vec<(klatch_types::ChannelId, Seq)>,
    /// The epoch of those positions.
    pub epoch: Option<String>,
    /// Whether to pull the events of large and active channels when the server says so. What comes is the same; it comes
    /// in larger parts.
    pub pull: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            start: Start::Now,
            client: None,
            backoff: Backoff::default(),
            entropy: Arc::new(SystemEntropy),
            cursors: Vec::new(),
            epoch: None,
            pull: true,
        }
    }
}

/// Something to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The next event of its channel; never twice, never with a hole before it.
    Event(Event),
    /// The server's history is another one (or the copy was too old): forget every copy, events begin anew.
    Resync,
    /// Someone types; may be lost.
    Typing(TypingSignal),
    /// Members have received or read further; may be lost, the channel's view tells it again.
    Receipts(ReceiptSignal),
    /// Someone waits in a lobby, or does so no longer; may be lost, the lobby's list tells it again.
    Lobby(LobbySignal),
    /// People one shares a channel with came, went or are away; may be lost.
    Presence(Vec<klatch_protocol::view::UserPresence>),
    /// How many are online in a channel that one watches; may be lost.
    ChannelPresence(klatch_protocol::view::ChannelPresence),
    /// One's cursor moved; may be lost, `ready` tells it again.
    Cursor(Cursor),
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// An attempt is under way.
    Connecting,
    /// It is up.
    Ready(Arc<Ready>),
    /// It is down; the next attempt is after this time.
    Waiting(Duration),
    /// It is down for good, and why.
    Closed(String),
}

pub(crate) type Answered = Result<Box<RawValue>, ClientError>;

/// A command on its way to the driver.
pub(crate) struct Request {
    /// A JSON object.
    pub(crate) body: String,
    pub(crate) answer: oneshot::Sender<Answered>,
}

/// A handle to a socket that a task of its own keeps up. Dropping it closes the connection.
pub struct Socket {
    requests: mpsc::Sender<Request>,
    updates: mpsc::Receiver<Update>,
    state: watch::Receiver<State>,
}

/// Sends commands; a part of a [`Socket`] that can be cloned and moved to other tasks.
#[derive(Clone)]
pub struct Commands {
    requests: mpsc::Sender<Request>,
}

impl Socket {
    /// Starts to connect to a server, such as `http://127.0.0.1:8080`. Must be called within a Tokio runtime.
    pub fn start(base: impl Into<String>, tokens: Arc<dyn TokenSource>, options: Options) -> Self {
        let (requests, request_queue) = mpsc::channel(limits::COMMANDS_IN_FLIGHT_MAX);
        let (update_queue, updates) = mpsc::channel(UPDATES_MAX);
        let (state_cell, state) = watch::channel(State::Connecting);
        let driver = Driver::new(
            base.into(),
            tokens,
            options,
            request_queue,
            update_queue,
            state_cell,
        );
        tokio::spawn(driver.run());
        Self {
            requests,
            updates,
            state,
        }
    }

    /// Starts and waits until it is ready.
    ///
    /// # Errors
    /// The server refused for good; while it cannot be reached this waits.
    pub async fn connect(
        base: impl Into<String>,
        tokens: Arc<dyn TokenSource>,
        options: Options,
    ) -> Result<(Self, Arc<Ready>), ClientError> {
        let mut socket = Self::start(base, tokens, options);
        let ready = socket.ready().await?;
        Ok((socket, ready))
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// It is closed for good.
    pub async fn ready(&mut self) -> Result<Arc<Ready>, ClientError> {
        let settled = |state: &State| matches!(state, State::Ready(_) | State::Closed(_));
        match self.state.wait_for(settled).await.as_deref() {
            Ok(State::Ready(ready)) => Ok(Arc::clone(ready)),
            Ok(State::Closed(reason)) => Err(ClientError::Closed {
                code: None,
                reason: reason.clone(),
            }),
            _ => Err(ClientError::Finished),
        }
    }

    /// How the connection is, and changes of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// The next update; none after the socket has closed for good. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Update> {
        self.updates.recv().await
    }

    /// The next event, passing over what may be lost; none after the socket has closed for good.
    pub async fn next_event(&mut self) -> Option<Event> {
        loop {
            match self.updates.recv().await? {
                Update::Event(event) => return Some(event),
                Update::Resync
                | Update::Typing(_)
                | Update::Receipts(_)
                | Update::Lobby(_)
                | Update::Presence(_)
                | Update::ChannelPresence(_)
                | Update::Cursor(_) => {}
            }
        }
    }

    /// A handle to send commands from other tasks.
    pub fn commands(&self) -> Commands {
        Commands {
            requests: self.requests.clone(),
        }
    }

    /// Sends a message until the answer is definite. Errors as in [`Commands::send`].
    pub async fn send(&self, send: &Send) -> Result<Ack, ClientError> {
        self.commands().send(send).await
    }

    /// Runs any command, once. Errors as in [`Commands::call`].
    pub async fn call<C: Serialize, T: DeserializeOwned>(
        &self,
        op: &str,
        command: &C,
    ) -> Result<T, ClientError> {
        self.commands().call(op, command).await
    }
}

impl Commands {
    /// Runs any command, once: `op` names it, `command` has its fields, the answer is read as `T`.
    ///
    /// # Errors
    /// The server's problem, [`ClientError::Unknown`] if the connection ended before the answer, or
    /// [`ClientError::Finished`].
    pub async fn call<C: Serialize, T: DeserializeOwned>(
        &self,
        op: &str,
        command: &C,
    ) -> Result<T, ClientError> {
        let unwritable = |error: serde_json::Error| ClientError::Unreadable(error.to_string());
        let body = serde_json::to_string(&Tagged { op, command }).map_err(unwritable)?;
        let raw = self.call_text(body).await?;
        serde_json::from_str(raw.get()).map_err(|error| ClientError::Unreadable(error.to_string()))
    }

    /// Runs a command given as a JSON object without `id`. Errors as in [`Self::call`].
    pub async fn call_text(&self, body: String) -> Result<Box<RawValue>, ClientError> {
        if !body.starts_with('{') || body.trim_end() == "{}" {
            return Err(ClientError::Unreadable(
                "a command is a JSON object with `op` in it".to_owned(),
            ));
        }
        let (answer, answered) = oneshot::channel();
        let request = Request { body, answer };
        self.requests
            .send(request)
            .await
            .map_err(|_| ClientError::Finished)?;
        answered.await.unwrap_or(Err(ClientError::Finished))
    }

    /// Sends a message, again and again with the same key until the answer is definite. Put a time-out around it;
    /// when that strikes, the outcome is unknown.
    ///
    /// # Errors
    /// The server's problem, if it is definite; [`ClientError::Finished`].
    pub async fn send(&self, send: &Send) -> Result<Ack, ClientError> {
        loop {
            match self.call("send", send).await {
                Err(error) if error.is_retryable() => {
                    let given = error.problem().and_then(|problem| problem.retry_after_ms);
                    tokio::time::sleep(given.map_or(RETRY_DELAY, Duration::from_millis)).await;
                }
                settled => return settled,
            }
        }
    }
}
