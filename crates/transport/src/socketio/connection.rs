//! The life of one Socket.IO connection, in one task: its events in the order they came, and what its outbox holds, given
//! to the protocol library as fast as the client takes it.

use super::deed::{Deed, Effect};
use super::door::{Hangup, Shared};
use super::event::{Behind, ChatMessage, Closing, Failed, LeftRoom};
use super::greeting::{Opened, Waiting};
use super::line::Line;
use super::room::{Place, Rooms};
use crate::error::closing;
use crate::websocket::Pulse;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use klatch_channel::Turns;
use klatch_fanout::{Frame, Taken};
use klatch_protocol::command::history::Events;
use klatch_protocol::view::Reply;
use klatch_protocol::{CloseCode, Command, ErrorCode, Event, EventBody, Problem};
use klatch_session::rate::FrameLimit;
use klatch_session::{Principal, Session, SessionError};
use klatch_types::{ChannelId, Seq, UserId, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::handler::FromMessageParts;
use socketioxide::socket::Socket;
use socketioxide::{SendError, SocketError, TransportType};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// An event of the client.
pub(super) struct Input {
    pub(super) event: String,
    pub(super) value: Value,
    pub(super) asked: Asked,
}

/// Who wants to know how it went.
pub(super) struct Asked {
    socket: Arc<Socket>,
    ack: Option<i64>,
}

impl FromMessageParts<LocalAdapter> for Asked {
    type Error = Infallible;

    fn from_message_parts(
        socket: &Arc<Socket>,
        _: &mut socketioxide_core::Value,
        ack: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self {
            socket: Arc::clone(socket),
            ack: *ack,
        })
    }
}

impl Asked {
    fn tell<T: Serialize>(&self, value: &T) -> Result<(), SendError> {
        let mut nothing = socketioxide_core::Value::Bytes(bytes::Bytes::new());
        match AckSender::<LocalAdapter>::from_message_parts(&self.socket, &mut nothing, &self.ack) {
            Ok(sender) => sender.send(value),
            Err(never) => match never {},
        }
    }
}

/// Why a connection ends.
enum End {
    Close(CloseCode),
    Gone,
}

/// How an event of the client went.
struct Done {
    event: String,
    asked: Asked,
    outcome: Result<(Value, Effect), Problem>,
}

enum Step {
    Done(Done),
    Taken(Taken),
    Input(Input),
    Gone,
}

/// What a frame of the outbox may hold of interest.
#[derive(Deserialize)]
struct Heard {
    #[serde(default)]
    events: Vec<Event>,
}

/// Lives the life of a connection that was admitted.
pub(super) async fn live(shared: &Arc<Shared>, socket: SocketRef) {
    let waiting = socket.extensions.remove::<Waiting>();
    let Some(opened) = waiting.and_then(|waiting| waiting.0.lock().take()) else {
        return;
    };
    let line = socket.req_parts().extensions.get::<Arc<Line>>().cloned();
    let line = line.unwrap_or_else(|| shared.lines.of(socket.id));
    let gone = Arc::clone(&opened.gone);
    if let End::Close(code) = Box::pin(converse(shared, &socket, opened)).await {
        tracing::debug!(
            code = code.code(),
            reason = code.reason(),
            "a Socket.IO connection is closed"
        );
        metrics::counter!("klatch_connections_closed_total", "code" => code.code().to_string()).increment(1);
        goodbye(socket, &line, &gone, code).await;
    }
}

async fn converse(shared: &Arc<Shared>, socket: &SocketRef, opened: Opened) -> End {
    let Opened {
        session,
        inbox,
        gone,
        cursors,
        epoch,
    } = opened;
    let app = &shared.state.app;
    let registry = &shared.state.registry;
    let who = Arc::new(session.who.clone());
    let seat = match app.auth.seat(&who).await {
        Ok(seat) => seat,
        Err(_) => return End::Close(CloseCode::TryLater),
    };
    let pulse = Arc::new(Pulse::new(
        Arc::clone(&who),
        Arc::clone(&session.outbox),
        seat,
        registry.now(),
    ));
    registry.enter(&pulse);
    if let Some(seat) = seat {
        app.auth.take_seat(who.user, seat);
    }
    // Revocations are announced to registered sockets; one that came before this moment is found here.
    let end = match app.auth.recheck(&who).await {
        Err(error) => End::Close(closing(error.problem().code)),
        Ok(()) => {
            let mut life = Life {
                shared: Arc::clone(shared),
                socket,
                frames: app.sessions.rates().frames(),
                who,
                session,
                pulse: &pulse,
                gone,
                turns: Turns::default(),
                commands: FuturesUnordered::new(),
                rooms: Rooms::default(),
                spare: VecDeque::new(),
                taken_bytes: 0,
                taken_frames: 0,
            };
            match life.resume(cursors, epoch).await {
                Ok(()) => life.run(inbox).await,
                Err(end) => end,
            }
        }
    };
    registry.leave(&pulse);
    end
}

/// Says why, and breaks the line: the stock client connects again when that happens by itself, and stays away when it was
/// told to.
async fn goodbye(socket: SocketRef, line: &Line, gone: &Notify, code: CloseCode) {
    let closing = Closing {
        code: code.code(),
        reason: code.reason(),
        reconnect: code.reconnect(),
    };
    if code.reconnect() {
        line.end();
    }
    // One that takes nothing any more is not told.
    let _ = socket.emit("closing", &closing);
    if code.reconnect() {
        tokio::time::timeout(GOODBYE, gone.notified()).await.ok();
    } else {
        let _ = socket.clone().disconnect();
        tokio::time::sleep(GOODBYE).await;
    }
    line.cut();
    let hangup = socket.req_parts().extensions.get::<Hangup>().cloned();
    if let (TransportType::Polling, Some(hangup)) = (socket.transport_type(), hangup) {
        hangup.hang_up(socket.id).await;
    }
}

struct Life<'a> {
    shared: Arc<Shared>,
    socket: &'a SocketRef,
    who: Arc<Principal>,
    session: Session,
    pulse: &'a Pulse,
    gone: Arc<Notify>,
    frames: FrameLimit,
    turns: Turns,
    commands: FuturesUnordered<BoxFuture<'static, Done>>,
    rooms: Rooms,
    spare: VecDeque<Frame>,
    taken_bytes: usize,
    taken_frames: usize,
}

impl Life<'_> {
    async fn run(&mut self, mut inbox: mpsc::Receiver<Input>) -> End {
        loop {
            let outbox = &self.session.outbox;
            let (bytes, frames) = (&mut self.taken_bytes, &mut self.taken_frames);
            let spare = &mut self.spare;
            let step = tokio::select! {
                biased;
                () = self.gone.notified() => Step::Gone,
                Some(done) = self.commands.next(), if !self.commands.is_empty() => Step::Done(done),
                taken = poll_fn(|context| outbox.poll_take(context, bytes, frames, spare)) => Step::Taken(taken),
                Some(input) = inbox.recv(), if self.commands.len() < limits::COMMANDS_IN_FLIGHT_MAX => Step::Input(input),
            };
            let went = match step {
                Step::Gone => Err(End::Gone),
                Step::Done(done) => self.finish(done).await,
                Step::Taken(Taken::Frames) => self.hear_all().await,
                Step::Taken(Taken::Close(code)) => Err(End::Close(code)),
                Step::Input(input) => self.accept(input),
            };
            if let Err(end) = went {
                return end;
            }
        }
    }

    /// Joins the rooms of which the client has a part, and gives it the rest.
    async fn resume(&mut self, cursors: HashMap<ChannelId, Seq>, epoch: Option<String>) -> Result<(), End> {
        let mut budget = u64::from(limits::RESUME_EVENTS_MAX);
        for (channel, last) in cursors {
            self.rooms.join(channel, channel.to_string(), last);
            self.catch_up(channel, epoch.clone(), &mut budget).await?;
        }
        Ok(())
    }

    /// Starts what an event asks for.
    fn accept(&mut self, input: Input) -> Result<(), End> {
        self.pulse.heard(self.shared.state.registry.now());
        if self.frames.check_frame().is_err() {
            return Err(End::Close(CloseCode::RateLimited));
        }
        let Input { event, value, asked } = input;
        let deed = Deed::read(&event, value, &self.who, &self.rooms);
        let (shared, who, turns) = (
            Arc::clone(&self.shared),
            Arc::clone(&self.who),
            self.turns.clone(),
        );
        self.commands.push(Box::pin(async move {
            let outcome = match deed {
                Err(problem) => Err(problem),
                Ok(deed) => {
                    let run = async { deed.run(&shared, &who, turns.next().await).await };
                    let ran = tokio::time::timeout(limits::COMMAND_TIMEOUT, run).await;
                    let ran = ran.unwrap_or(Err(SessionError::code(ErrorCode::Unavailable)));
                    ran.map_err(|error| {
                        if error.is_fault() {
                            tracing::error!(%error, "an event of Socket.IO failed");
                        }
                        error.problem()
                    })
                }
            };
            Done {
                event,
                asked,
                outcome,
            }
        }));
        Ok(())
    }

    /// Tells the client how an event went, and draws the consequences.
    async fn finish(&mut self, done: Done) -> Result<(), End> {
        let Done {
            event,
            asked,
            outcome,
        } = done;
        let effect = match outcome {
            Ok((ack, effect)) => {
                self.until_sent(|| asked.tell(&ack)).await?;
                effect
            }
            Err(error) => {
                let failed = Failed {
                    ok: false,
                    event: &event,
                    error: &error,
                };
                return match asked.ack {
                    Some(_) => self.until_sent(|| asked.tell(&failed)).await,
                    None => self.put("error", &failed).await,
                };
            }
        };
        match effect {
            Effect::None => Ok(()),
            Effect::Deafen(channel) => {
                self.rooms.leave(channel);
                Ok(())
            }
            Effect::Hear { channel, name, from } => {
                self.rooms.join(channel, name, from);
                // What was committed since the position was read has come past already.
                let mut budget = u64::from(limits::RESUME_EVENTS_MAX);
                self.catch_up(channel, None, &mut budget).await
            }
        }
    }

    /// Gives the client what was taken from the outbox.
    async fn hear_all(&mut self) -> Result<(), End> {
        let frames = std::mem::take(&mut self.spare);
        self.taken_frames = frames.len();
        self.taken_bytes = frames.iter().map(|frame| frame.wire().len()).sum();
        for frame in frames {
            if !frame.is_text() {
                // A ping of the registry: the protocol library has a heartbeat of its own and would have ended it.
                self.pulse.heard(self.shared.state.registry.now());
            } else if let Ok(heard) = serde_json::from_slice::<Heard>(&frame.payload()) {
                self.hear(heard.events).await?;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, events: Vec<Event>) -> Result<(), End> {
        let Some(names) = self.names(&events).await? else {
            return Ok(());
        };
        for event in &events {
            if self.rooms.place(event.channel, event.seq, event.prev) == Place::Hole {
                let mut budget = u64::from(limits::RESUME_EVENTS_MAX);
                self.catch_up(event.channel, None, &mut budget).await?;
            }
            if self.rooms.place(event.channel, event.seq, event.prev) == Place::Next {
                self.give(event, &names).await?;
            }
        }
        Ok(())
    }

    /// The names of those who did something in joined rooms; `None` if nothing is of them.
    async fn names(&mut self, events: &[Event]) -> Result<Option<HashMap<UserId, Arc<str>>>, End> {
        let joined = events
            .iter()
            .filter(|event| self.rooms.get(event.channel).is_some());
        let actors: Vec<UserId> = joined.map(|event| event.actor).collect();
        if actors.is_empty() {
            return Ok(None);
        }
        let names = self.shared.state.app.sessions.usernames(actors).await;
        names.map(Some).map_err(|error| {
            tracing::error!(%error, "names could not be read");
            End::Close(CloseCode::TryLater)
        })
    }

    /// Gives one event, the next of its room.
    async fn give(&mut self, event: &Event, names: &HashMap<UserId, Arc<str>>) -> Result<(), End> {
        self.rooms.advance(event.channel, event.seq);
        let out = match &event.body {
            EventBody::MemberLeft { user }
            | EventBody::MemberRemoved { user, .. }
            | EventBody::MemberBanned { user, .. } => *user == self.who.user,
            _ => false,
        };
        if out {
            return self.tell_left(event.channel).await;
        }
        let Some(room) = self.rooms.get(event.channel).map(|room| room.name.clone()) else {
            return Ok(());
        };
        let up = names.get(&event.actor).map_or("", |name| &**name);
        match ChatMessage::of(event, &room, up) {
            Some(message) => self.put("chat message", &message).await,
            None => Ok(()),
        }
    }

    async fn tell_left(&mut self, channel: ChannelId) -> Result<(), End> {
        match self.rooms.leave(channel) {
            Some(room) => {
                let room = &room.name;
                self.put("left room", &LeftRoom { room, channel }).await
            }
            None => Ok(()),
        }
    }

    /// Reads what the client has not of a joined room and gives it, at most so many events; beyond that it is told how far
    /// behind it is.
    async fn catch_up(
        &mut self,
        channel: ChannelId,
        epoch: Option<String>,
        budget: &mut u64,
    ) -> Result<(), End> {
        while let Some((last, name)) = self.rooms.get(channel).map(|room| (room.last, room.name.clone())) {
            let command = Command::Events(Events {
                channel,
                after: last,
                until: None,
                limit: Some(limits::PAGE_MAX),
                epoch: epoch.clone(),
            });
            let page = match self.shared.state.app.sessions.run(&self.who, command).await {
                Ok(Reply::Events(page)) => page,
                Ok(_) => return Err(End::Close(CloseCode::TryLater)),
                Err(error) => return self.refused(channel, &error).await,
            };
            if page.head.0.saturating_sub(last.0) > *budget {
                self.rooms.advance(channel, page.head);
                let behind = Behind {
                    room: &name,
                    channel,
                    after: last,
                    head: page.head,
                };
                return self.put("behind", &behind).await;
            }
            *budget = budget.saturating_sub(page.events.len() as u64);
            if let Some(names) = self.names(&page.events).await? {
                for event in &page.events {
                    self.give(event, &names).await?;
                }
            }
            if !page.more {
                break;
            }
        }
        Ok(())
    }

    /// What a room's log refused to be read with.
    async fn refused(&mut self, channel: ChannelId, error: &SessionError) -> Result<(), End> {
        match error.problem().code {
            ErrorCode::NotFound | ErrorCode::Forbidden => self.tell_left(channel).await,
            ErrorCode::Resync => Err(End::Close(CloseCode::Resync)),
            _ => {
                tracing::warn!(%error, "a room could not be read");
                Err(End::Close(CloseCode::TryLater))
            }
        }
    }

    async fn put<T: Serialize + Sync>(&mut self, event: &str, value: &T) -> Result<(), End> {
        let socket = self.socket;
        self.until_sent(|| socket.emit(event, value)).await
    }

    /// Sends, and waits while the client takes nothing. How long it may do so is for the registry to judge, and how much
    /// may wait meanwhile for the outbox.
    async fn until_sent(&mut self, mut send: impl FnMut() -> Result<(), SendError>) -> Result<(), End> {
        loop {
            match send() {
                Ok(()) => {
                    self.pulse.flowing();
                    return Ok(());
                }
                Err(SendError::Socket(SocketError::InternalChannelFull)) => {}
                Err(_) => return Err(End::Gone),
            }
            self.pulse.stalled(self.shared.state.registry.now());
            let outbox = &self.session.outbox;
            tokio::select! {
                biased;
                () = self.gone.notified() => return Err(End::Gone),
                code = poll_fn(|context| outbox.poll_abrupt_close(context)) => return Err(End::Close(code)),
                () = tokio::time::sleep(limits::SOCKETIO_RETRY) => {}
            }
        }
    }
}
