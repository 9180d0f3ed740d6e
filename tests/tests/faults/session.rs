//! A client's socket as it comes, frame by frame: it resumes on another node when its own does not answer, and writes down
//! everything that it is given.
//!
//! `klatch_client::Socket` would put right what a node does wrong: it fetches holes and sorts. Here what is pushed after
//! the last event is written down as it is, so that the checker judges the node.

use crate::town::{Move, Person, Progress, Town, below};
use klatch_client::{ClientError, Connection, Incoming};
use klatch_protocol::Event;
use klatch_protocol::frame::{Behind, Hello, Ready};
use klatch_protocol::view::Ack;
use klatch_types::{ChannelId, Seq, limits};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

/// Longest time a connection and its `ready` may take before another node is tried.
const CONNECT_MAX: Duration = Duration::from_secs(8);
/// Longest wait between two attempts.
const BACKOFF_MS: u64 = 400;
/// A node that leaves a command unanswered for so long is given up. It has said something definite long before.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A command on its way.
pub(crate) struct Request {
    /// A JSON object with `op`.
    pub(crate) body: Value,
    /// Where the answer goes.
    pub(crate) answer: oneshot::Sender<Result<Ack, ClientError>>,
}

/// What others may know of a session.
pub(crate) struct Seat {
    /// The client's name in the history.
    pub(crate) name: String,
    /// Who.
    pub(crate) person: Arc<Person>,
    /// The node it is at, or was last.
    pub(crate) at: AtomicUsize,
    /// Whether it has a node that answers.
    pub(crate) connected: watch::Sender<bool>,
    /// How far it has come; positions of channels that it is not in are old.
    pub(crate) sees: Mutex<Progress>,
    /// Takes commands.
    pub(crate) requests: mpsc::Sender<Request>,
}

/// Whether a client keeps its copy between connections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It resumes from where it was, as one client.
    Keeps,
    /// It begins anew: it may have been removed and added meanwhile. Each connection is a client of its own.
    Forgets,
}

struct Session {
    town: Arc<Town>,
    seat: Arc<Seat>,
    memory: Memory,
    requests: mpsc::Receiver<Request>,
    stop: watch::Receiver<bool>,
    epoch: Option<String>,
    connections: usize,
    waiting: HashMap<u64, (oneshot::Sender<Result<Ack, ClientError>>, Instant)>,
    next_id: u64,
    /// Since when it has no node.
    lost: Option<(usize, u64)>,
    delay: Option<Duration>,
}

/// Starts a session; it ends when told to.
pub(crate) fn start(
    town: &Arc<Town>,
    person: &Arc<Person>,
    name: String,
    memory: Memory,
    stop: watch::Receiver<bool>,
) -> Arc<Seat> {
    let (requests, queue) = mpsc::channel(64);
    let seat = Arc::new(Seat {
        name,
        person: Arc::clone(person),
        at: AtomicUsize::new(person.home),
        connected: watch::Sender::new(false),
        sees: Mutex::default(),
        requests,
    });
    let session = Session {
        town: Arc::clone(town),
        seat: Arc::clone(&seat),
        memory,
        requests: queue,
        stop,
        epoch: None,
        connections: 0,
        waiting: HashMap::new(),
        next_id: 1,
        lost: None,
        delay: None,
    };
    tokio::spawn(session.run());
    seat
}

impl Session {
    async fn run(mut self) {
        let mut stop = self.stop.clone();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.live() => {}
            }
            let now = self.town.recorder.now_ns();
            let at = self.seat.at.load(Ordering::Relaxed);
            self.lost.get_or_insert((at, now));
            self.answer_unknown();
            self.seat
                .at
                .store((at + 1) % self.town.nodes(), Ordering::Relaxed);
            let wait = self
                .delay
                .take()
                .unwrap_or_else(|| Duration::from_millis(below(BACKOFF_MS)));
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Nobody knows what became of commands that are unanswered; those that wait are not asked at all.
    fn answer_unknown(&mut self) {
        self.seat.connected.send_replace(false);
        let unasked = std::iter::from_fn(|| self.requests.try_recv().ok()).map(|request| request.answer);
        let unanswered = self.waiting.drain().map(|(_, (answer, _))| answer);
        for answer in unanswered.chain(unasked) {
            answer.send(Err(ClientError::Unknown)).ok();
        }
    }

    /// One connection from its beginning to its end.
    async fn live(&mut self) {
        let Ok(Ok((mut connection, ready))) = timeout(CONNECT_MAX, self.open()).await else {
            return;
        };
        self.connections += 1;
        let silence = Duration::from_millis(ready.heartbeat_ms) * 2;
        self.greet(&ready);
        let mut heard = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(250));
        loop {
            let going_on = tokio::select! {
                incoming = connection.next() => {
                    heard = Instant::now();
                    match incoming {
                        Ok(incoming) => self.take(incoming).await,
                        Err(_) => false,
                    }
                }
                Some(request) = self.requests.recv(), if self.waiting.len() < limits::COMMANDS_IN_FLIGHT_MAX => {
                    self.ask(&mut connection, request).await
                }
                _ = looks.tick() => {
                    heard.elapsed() < silence
                        && self.waiting.values().all(|(_, since)| since.elapsed() < ANSWER_MAX)
                }
            };
            if !going_on {
                return;
            }
        }
    }

    async fn open(&self) -> Result<(Connection, Ready), ClientError> {
        let token = self.seat.person.token().await?;
        let base = self.town.base(self.seat.at.load(Ordering::Relaxed));
        let mut connection = Connection::open(base).await?;
        let cursors = match self.memory {
            Memory::Keeps => self.seat.sees.lock().unwrap().clone(),
            Memory::Forgets => HashMap::new(),
        };
        let hello = Hello {
            token: Some(token),
            client: None,
            shape: None,
            epoch: self.epoch.clone(),
            cursors,
            pull: false,
        };
        let ready = connection.hello(&hello).await?;
        Ok((connection, ready))
    }

    fn greet(&mut self, ready: &Ready) {
        if self.epoch.as_ref().is_some_and(|epoch| *epoch != ready.epoch) {
            self.town
                .trouble(format!("{}: the epoch changed", self.seat.name));
        }
        self.epoch = Some(ready.epoch.clone());
        let mut sees = self.seat.sees.lock().unwrap();
        if self.memory == Memory::Forgets {
            sees.clear();
        }
        self.seat.connected.send_replace(true);
        for channel in &ready.channels {
            sees.entry(channel.channel).or_insert(channel.head);
        }
        if let Some((from, lost_ns)) = self.lost.take() {
            let ready_ns = self.town.recorder.now_ns();
            let moved = Move {
                from,
                lost_ns,
                ready_ns,
            };
            self.town.moves.lock().unwrap().push(moved);
        }
    }

    /// Whether the connection goes on.
    async fn take(&mut self, incoming: Incoming) -> bool {
        match incoming {
            Incoming::Events(events) => events.iter().for_each(|event| self.write_down(event)),
            Incoming::Behind(channels) => {
                for behind in channels {
                    if self.fetch(&behind).await.is_err() {
                        return false;
                    }
                }
            }
            Incoming::Answer(Some(id), outcome) => self.answered(id, outcome),
            Incoming::Reconnect(delay_ms) => self.delay = Some(Duration::from_millis(delay_ms)),
            Incoming::Refused(_) | Incoming::Answer(None, Err(_)) => return false,
            _ => {}
        }
        true
    }

    /// What it had before is dropped, everything else is written down, whether or not it is the next.
    fn write_down(&self, event: &Event) {
        let mut sees = self.seat.sees.lock().unwrap();
        let last = sees.entry(event.channel).or_insert(event.prev);
        if event.seq <= *last {
            return;
        }
        *last = event.seq;
        let name = match self.memory {
            Memory::Keeps => self.seat.name.clone(),
            Memory::Forgets => format!("{}#{}", self.seat.name, self.connections),
        };
        let at = self.town.node(self.seat.at.load(Ordering::Relaxed));
        self.town
            .recorder
            .delivered(&name, self.seat.person.id, &at, event);
    }

    /// Pulls what is too much to be pushed.
    async fn fetch(&self, behind: &Behind) -> Result<(), ClientError> {
        let door = self
            .seat
            .person
            .door(self.seat.at.load(Ordering::Relaxed))
            .await?;
        loop {
            let after = self.last(behind.channel).unwrap_or(behind.after);
            let page = timeout(ANSWER_MAX, door.events(behind.channel, after, limits::PAGE_MAX));
            let page = page.await.map_err(|_| ClientError::Unknown)??;
            page.events.iter().for_each(|event| self.write_down(event));
            if !page.more || page.events.is_empty() {
                return Ok(());
            }
        }
    }

    fn last(&self, channel: ChannelId) -> Option<Seq> {
        self.seat.sees.lock().unwrap().get(&channel).copied()
    }

    async fn ask(&mut self, connection: &mut Connection, mut request: Request) -> bool {
        let id = self.next_id;
        self.next_id += 1;
        request.body["id"] = json!(id);
        self.waiting.insert(id, (request.answer, Instant::now()));
        connection.send_text(request.body.to_string()).await.is_ok()
    }

    fn answered(
        &mut self,
        id: u64,
        outcome: Result<Box<serde_json::value::RawValue>, klatch_protocol::frame::Problem>,
    ) {
        let Some((answer, _)) = self.waiting.remove(&id) else {
            return;
        };
        let read = |raw: Box<serde_json::value::RawValue>| {
            serde_json::from_str(raw.get()).map_err(|error| ClientError::Unreadable(error.to_string()))
        };
        answer
            .send(outcome.map_err(ClientError::from).and_then(read))
            .ok();
    }
}
