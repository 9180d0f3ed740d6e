//! The task behind a [`crate::Socket`]: connects, resumes, fills holes, matches answers, comes back.

use crate::backoff::part_of;
use crate::replica::{Replica, Replicas, Verdict};
use crate::socket::{Answered, Options, Request, Start, State, Update};
use crate::{ClientError, Connection, Incoming, TokenSource};
use klatch_protocol::command::history;
use klatch_protocol::frame::{Hello, Ready};
use klatch_protocol::view::Events;
use klatch_protocol::{CloseCode, ErrorCode, Event, Problem};
use klatch_types::{ChannelId, Seq, limits};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// Longest time a connection and its `ready` may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest time over which a server may spread pulls, milliseconds.
const SPREAD_MS_MAX: u64 = 10_000;
/// Free places in the queue of updates before a consumer that was too slow gets more.
const ROOM_MIN: usize = 256;

/// Who waits for an answer.
enum Waiting {
    Caller(oneshot::Sender<Answered>),
    Page(ChannelId),
}

/// What to do after a connection ended.
enum Next {
    /// Nobody holds the socket any more.
    Stop,
    /// The server will not have us.
    GiveUp(String),
    /// Come back after this delay, or after the back-off's.
    Again(Option<Duration>),
}

pub(crate) struct Driver {
    base: String,
    tokens: Arc<dyn TokenSource>,
    options: Options,
    requests: mpsc::Receiver<Request>,
    updates: mpsc::Sender<Update>,
    state: watch::Sender<State>,
    replicas: Replicas,
    waiting: HashMap<u64, Waiting>,
    next_id: u64,
    /// The server asked to come back after this delay.
    reconnect_delay: Option<Duration>,
    /// The consumer must be told to forget its copies before it gets another event.
    resync_due: bool,
}

impl Driver {
    pub(crate) fn new(
        base: String,
        tokens: Arc<dyn TokenSource>,
        options: Options,
        requests: mpsc::Receiver<Request>,
        updates: mpsc::Sender<Update>,
        state: watch::Sender<State>,
    ) -> Self {
        let channels = options
            .cursors
            .iter()
            .map(|(channel, last)| (*channel, Replica::at(*last)))
            .collect();
        let replicas = Replicas {
            channels,
            epoch: options.epoch.clone(),
        };
        Self {
            base,
            tokens,
            options,
            requests,
            updates,
            state,
            replicas,
            waiting: HashMap::new(),
            next_id: 1,
            reconnect_delay: None,
            resync_due: false,
        }
    }

    /// Runs until nobody holds the socket or the server will not have us.
    pub(crate) async fn run(mut self) {
        loop {
            let next = self.live().await;
            self.replicas.disconnected();
            for (_, waiting) in self.waiting.drain() {
                if let Waiting::Caller(answer) = waiting {
                    let _ = answer.send(Err(ClientError::Unknown)); // whoever gave up waiting needs no answer
                }
            }
            let delay = match next {
                Next::Stop => return,
                Next::GiveUp(reason) => {
                    self.state.send_replace(State::Closed(reason));
                    return;
                }
                Next::Again(Some(delay)) => delay,
                Next::Again(None) => self.options.backoff.next(&*self.options.entropy),
            };
            self.state.send_replace(State::Waiting(delay));
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.state.closed() => return,
            }
            self.state.send_replace(State::Connecting);
        }
    }

    /// One connection from its beginning to its end.
    async fn live(&mut self) -> Next {
        let state = self.state.clone();
        let opened = tokio::select! {
            opened = tokio::time::timeout(CONNECT_TIMEOUT, self.open()) => opened,
            () = state.closed() => return Next::Stop,
        };
        match opened {
            Ok(Ok((mut connection, ready))) => {
                self.options.backoff.reset();
                let end = self.serve(&mut connection, ready).await;
                if matches!(end, Next::Stop) {
                    connection.close().await;
                }
                end
            }
            Ok(Err(error)) => self.after(&error, false),
            Err(_elapsed) => Next::Again(None),
        }
    }

    async fn open(&mut self) -> Result<(Connection, Ready), ClientError> {
        let token = self.tokens.token().await?;
        let mut connection = Connection::open(&self.base).await?;
        let hello = Hello {
            token: Some(token),
            client: self.options.client.clone(),
            shape: None,
            epoch: self.replicas.epoch.clone(),
            cursors: self.replicas.cursors(limits::HELLO_CURSORS_MAX),
            pull: self.options.pull,
        };
        let ready = connection.hello(&hello).await?;
        Ok((connection, ready))
    }

    async fn serve(&mut self, connection: &mut Connection, ready: Ready) -> Next {
        self.reconnect_delay = None;
        let silence = Duration::from_millis(ready.heartbeat_ms.max(1_000)) * 2;
        if let Err(error) = self.greet(connection, ready).await {
            return self.after(&error, true);
        }
        let (updates, state) = (self.updates.clone(), self.state.clone());
        let mut heard = Instant::now();
        loop {
            let stalled = self.replicas.channels.values().any(|replica| replica.stalled);
            let next_pull = self.replicas.next_pull();
            let handled = tokio::select! {
                () = state.closed() => return Next::Stop,
                incoming = connection.next() => {
                    heard = Instant::now();
                    match incoming {
                        Ok(incoming) => self.handle(connection, incoming).await,
                        Err(error) => Err(error),
                    }
                }
                Some(request) = self.requests.recv(), if self.waiting.len() < limits::COMMANDS_IN_FLIGHT_MAX => {
                    self.send(connection, &request.body, Waiting::Caller(request.answer)).await
                }
                Ok(_room) = updates.reserve_many(ROOM_MIN), if stalled => self.unstall(connection).await,
                () = tokio::time::sleep_until(next_pull.unwrap_or(heard + silence)), if next_pull.is_some() => {
                    self.follow_hints(connection).await
                }
                () = tokio::time::sleep_until(heard + silence) => {
                    let code = Some(CloseCode::HeartbeatMissed.code());
                    Err(ClientError::Closed { code, reason: "the server was silent for too long".to_owned() })
                }
            };
            if let Err(error) = handled {
                return self.after(&error, true);
            }
        }
    }

    /// What `ready` says about each channel: from where on to listen, and what is missing.
    async fn greet(&mut self, connection: &mut Connection, ready: Ready) -> Result<(), ClientError> {
        if self
            .replicas
            .epoch
            .as_ref()
            .is_some_and(|epoch| *epoch != ready.epoch)
        {
            self.replicas.forget();
            self.resync_due = true;
        }
        self.replicas.epoch = Some(ready.epoch.clone());
        let mine: HashMap<_, _> = ready
            .channels
            .iter()
            .map(|channel| (channel.channel, channel.head))
            .collect();
        self.replicas
            .channels
            .retain(|channel, _| mine.contains_key(channel));
        for (channel, head) in mine {
            let start = if self.options.start == Start::Now {
                head
            } else {
                Seq::ZERO
            };
            let replica = self
                .replicas
                .channels
                .entry(channel)
                .or_insert_with(|| Replica::at(start));
            replica.head = replica.head.max(head);
        }
        self.state.send_replace(State::Ready(Arc::new(ready)));
        self.fetch_missing(connection).await
    }

    async fn handle(&mut self, connection: &mut Connection, incoming: Incoming) -> Result<(), ClientError> {
        match incoming {
            Incoming::Events(events) => {
                self.apply(events);
                self.fetch_missing(connection).await
            }
            Incoming::Answer(Some(id), outcome) => self.answered(connection, id, outcome).await,
            Incoming::Answer(None, Err(problem)) => Err(problem.into()),
            Incoming::Behind(channels) => {
                for behind in channels {
                    let replica = self
                        .replicas
                        .channels
                        .entry(behind.channel)
                        .or_insert_with(|| Replica::at(behind.after));
                    replica.head = replica.head.max(behind.head);
                }
                self.fetch_missing(connection).await
            }
            Incoming::Head(hint) => {
                let spread = Duration::from_millis(hint.spread_ms.min(SPREAD_MS_MAX));
                let due = Instant::now() + part_of(spread, &*self.options.entropy);
                let start = match self.options.start {
                    Start::Now => hint.head,
                    Start::Beginning => Seq::ZERO,
                };
                let replica = self.replicas.channels.entry(hint.channel);
                replica
                    .or_insert_with(|| Replica::at(start))
                    .hinted(hint.head, due);
                Ok(())
            }
            Incoming::Typing(signal) => self.offer(Update::Typing(signal)),
            Incoming::Receipts(signal) => self.offer(Update::Receipts(signal)),
            Incoming::Lobby(signal) => self.offer(Update::Lobby(signal)),
            Incoming::Presence(users) => self.offer(Update::Presence(users)),
            Incoming::ChannelPresence(picture) => self.offer(Update::ChannelPresence(picture)),
            Incoming::Cursor(cursor) => self.offer(Update::Cursor(cursor)),
            Incoming::Reconnect(delay_ms) => {
                self.reconnect_delay = Some(Duration::from_millis(delay_ms));
                Ok(())
            }
            Incoming::Refused(problem) => Err(problem.into()),
            Incoming::Ready(_) | Incoming::Answer(None, Ok(_)) | Incoming::Heartbeat | Incoming::Other(_) => {
                Ok(())
            }
        }
    }

    /// Best effort: a full queue drops it.
    #[allow(clippy::unnecessary_wraps)] // an arm of `handle`
    fn offer(&self, update: Update) -> Result<(), ClientError> {
        let _ = self.updates.try_send(update);
        Ok(())
    }

    /// Hands on what is next in its channel; the rest is noted as missing.
    fn apply(&mut self, events: Vec<Event>) {
        for event in events {
            let (channel, seq) = (event.channel, event.seq);
            let unknown_at = if self.options.start == Start::Now {
                event.prev
            } else {
                Seq::ZERO
            };
            if self.replicas.judge(channel, seq, event.prev, unknown_at) != Verdict::Apply {
                continue;
            }
            if self.resync_due && self.updates.try_send(Update::Resync).is_ok() {
                self.resync_due = false;
            }
            let sent = if self.resync_due {
                Err(TrySendError::Full(()))
            } else {
                self.hand_on(event)
            };
            match sent {
                Ok(()) => self.replicas.applied(channel, seq),
                Err(_full) => {
                    if let Some(replica) = self.replicas.channels.get_mut(&channel) {
                        replica.stalled = true;
                    }
                }
            }
        }
    }

    fn hand_on(&self, event: Event) -> Result<(), TrySendError<()>> {
        self.updates
            .try_send(Update::Event(event))
            .map_err(|_| TrySendError::Full(()))
    }

    /// Pulls what hints told of, as far as their time has come.
    async fn follow_hints(&mut self, connection: &mut Connection) -> Result<(), ClientError> {
        let now = Instant::now();
        for replica in self.replicas.channels.values_mut() {
            replica.take_hint(now);
        }
        self.fetch_missing(connection).await
    }

    async fn unstall(&mut self, connection: &mut Connection) -> Result<(), ClientError> {
        self.replicas
            .channels
            .values_mut()
            .for_each(|replica| replica.stalled = false);
        self.fetch_missing(connection).await
    }

    /// Asks for a page of every channel in which something is missing.
    async fn fetch_missing(&mut self, connection: &mut Connection) -> Result<(), ClientError> {
        let free = limits::COMMANDS_IN_FLIGHT_MAX.saturating_sub(self.waiting.len());
        let missing: Vec<_> = self
            .replicas
            .channels
            .iter()
            .filter(|(_, replica)| replica.needs_fetch())
            .map(|(channel, replica)| (*channel, replica.last, replica.range_end()))
            .take(free)
            .collect();
        for (channel, after, until) in missing {
            let epoch = self.replicas.epoch.clone();
            let page = history::Events {
                channel,
                after,
                // The same for all who follow the same hint, so that the server reads the range once.
                limit: Some(if until.is_some() {
                    limits::RANGE_MAX
                } else {
                    limits::PAGE_MAX
                }),
                epoch,
                until,
            };
            let body = serde_json::to_string(&crate::connection::Tagged {
                op: "events",
                command: &page,
            })
            .map_err(|error| ClientError::Unreadable(error.to_string()))?;
            if let Some(replica) = self.replicas.channels.get_mut(&channel) {
                replica.fetching = true;
            }
            self.send(connection, &body, Waiting::Page(channel)).await?;
        }
        Ok(())
    }

    async fn send(
        &mut self,
        connection: &mut Connection,
        body: &str,
        waiting: Waiting,
    ) -> Result<(), ClientError> {
        let id = self.next_id;
        self.next_id += 1;
        self.waiting.insert(id, waiting);
        connection
            .send_text(format!("{{\"id\":{id},{}", &body[1..]))
            .await
    }

    async fn answered(
        &mut self,
        connection: &mut Connection,
        id: u64,
        outcome: Result<Box<serde_json::value::RawValue>, Problem>,
    ) -> Result<(), ClientError> {
        match self.waiting.remove(&id) {
            Some(Waiting::Caller(answer)) => {
                let _ = answer.send(outcome.map_err(ClientError::from)); // the caller may have stopped waiting
            }
            Some(Waiting::Page(channel)) => self.page(channel, outcome)?,
            None => {}
        }
        self.fetch_missing(connection).await
    }

    fn page(
        &mut self,
        channel: ChannelId,
        outcome: Result<Box<serde_json::value::RawValue>, Problem>,
    ) -> Result<(), ClientError> {
        if let Some(replica) = self.replicas.channels.get_mut(&channel) {
            replica.fetching = false;
        }
        match outcome {
            Ok(raw) => {
                let page: Events = serde_json::from_str(raw.get())
                    .map_err(|error| ClientError::Unreadable(error.to_string()))?;
                self.apply_page(channel, page)
            }
            Err(problem) if matches!(problem.code, ErrorCode::NotFound | ErrorCode::Forbidden) => {
                self.replicas.channels.remove(&channel);
                Ok(())
            }
            Err(problem) => Err(problem.into()),
        }
    }

    fn apply_page(&mut self, channel: ChannelId, page: Events) -> Result<(), ClientError> {
        let Some(replica) = self.replicas.channels.get_mut(&channel) else {
            return Ok(());
        };
        let Some(first) = page.events.first() else {
            // An empty page below a head means that the rest may not be seen: there is nothing to wait for.
            replica.head = replica.last;
            return Ok(());
        };
        if replica.last == Seq::ZERO {
            // A copy that begins: what is visible to this user may begin later than the channel.
            replica.last = first.prev;
        }
        let before = replica.last;
        replica.head = replica.head.max(page.head);
        self.apply(page.events);
        match self.replicas.channels.get(&channel) {
            Some(replica) if replica.last == before && !replica.stalled => Err(ClientError::Unreadable(
                format!("the page of {channel} after {before} does not continue there"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether to come back after a connection ended like this.
    fn after(&mut self, error: &ClientError, was_ready: bool) -> Next {
        match error {
            ClientError::Closed {
                code: Some(code),
                reason,
            } => {
                let known = CloseCode::from_code(*code);
                if known == Some(CloseCode::Resync) {
                    self.replicas.forget();
                    self.resync_due = true;
                }
                let expired =
                    known == Some(CloseCode::NotAuthenticated) && was_ready && self.tokens.is_renewable();
                // An unknown code comes from something between us and the server, such as a proxy that restarts.
                if expired || known.is_none_or(CloseCode::reconnect) {
                    Next::Again(self.reconnect_delay)
                } else {
                    Next::GiveUp(format!("{code} {reason}"))
                }
            }
            ClientError::Refused(problem) if problem.code == ErrorCode::Resync => {
                self.replicas.forget();
                self.resync_due = true;
                Next::Again(None)
            }
            ClientError::Refused(problem) if !was_ready && !error.is_retryable() => {
                let come_back = problem.code == ErrorCode::TooManyConnections;
                if come_back {
                    Next::Again(problem.retry_after_ms.map(Duration::from_millis))
                } else {
                    Next::GiveUp(error.to_string())
                }
            }
            ClientError::Refused(problem) => Next::Again(problem.retry_after_ms.map(Duration::from_millis)),
            ClientError::Address(_) | ClientError::Finished => Next::GiveUp(error.to_string()),
            ClientError::Unreadable(_) if !was_ready => Next::GiveUp(error.to_string()),
            _ => Next::Again(self.reconnect_delay),
        }
    }
}
