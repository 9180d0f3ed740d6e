//! The life of one socket, in one task.

use super::pipe::Pipe;
use super::registry::Pulse;
use super::shape::shaped;
use super::upgrade::WebSocketState;
use crate::error::closing;
use crate::http::cookie::Carried;
use crate::http::origin::check_space;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use http::HeaderMap;
use klatch_channel::Turns;
use klatch_fanout::{Frame, Taken};
use klatch_protocol::frame::{Answer, ClientFrame, Hello, Outcome};
use klatch_protocol::shape::Shape;
use klatch_protocol::{CloseCode, Command, ErrorCode, Problem, ServerFrame, codec};
use klatch_session::rate::FrameLimit;
use klatch_session::{Principal, Session, SessionError};
use klatch_types::limits;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Error, Message, WebSocket, error::CapacityError};

/// Bytes read at once: small, because every idle connection holds such a buffer.
const READ_BUFFER_BYTES: usize = 512;
/// Frames handled before other tasks get their turn.
const FRAMES_PER_POLL: usize = 32;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the HTTP server left us.
pub(super) struct Line {
    pub stream: TcpStream,
    pub early: Bytes,
    /// `Origin` and `Host` of a page that only some space allows: its own space is asked when it is known.
    pub page: Option<HeaderMap>,
    /// What the cookie of a page's upgrade carries.
    pub cookie: Carried,
}

/// Why a connection ends: with a close frame, or because there is nobody to tell.
enum End {
    Close(CloseCode),
    Gone,
}

type Socket = WebSocket<Pipe>;

/// Lives the life of a socket: first frame, session, goodbye.
pub(super) async fn live(line: Line, state: WebSocketState) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(limits::FRAME_BYTES_MAX))
        .max_frame_size(Some(limits::FRAME_BYTES_MAX));
    let pipe = Pipe::new(line.stream, line.early);
    let mut socket = WebSocket::from_raw_socket(pipe, Role::Server, Some(config));
    // Boxed: what a handshake needs is given back before the long wait begins.
    let end = match Box::pin(greet(&mut socket, &state, (line.page, line.cookie))).await {
        Ok((session, first)) => {
            let frames = state.app.sessions.rates().frames();
            converse(&mut socket, &state, session, first, frames).await
        }
        Err(end) => end,
    };
    if let End::Close(code) = end {
        tracing::debug!(code = code.code(), reason = code.reason(), "a socket is closed");
        metrics::counter!("klatch_connections_closed_total", "code" => code.code().to_string()).increment(1);
        tokio::time::timeout(GOODBYE, goodbye(&mut socket, code))
            .await
            .ok();
    }
}

/// Reads `hello` and opens the session.
async fn greet(
    socket: &mut Socket,
    state: &WebSocketState,
    (page, cookie): (Option<HeaderMap>, Carried),
) -> Result<(Session, Vec<Frame>), End> {
    let read = poll_fn(|context| {
        socket.get_mut().wake_with(context);
        match socket.read() {
            Ok(Message::Ping(_) | Message::Pong(_)) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ok(Message::Text(text)) => Poll::Ready(Ok(text)),
            Ok(Message::Close(frame)) => Poll::Ready(Err(End::Close(answer_to_close(frame.as_ref())))),
            Ok(Message::Binary(_) | Message::Frame(_)) => {
                Poll::Ready(Err(End::Close(CloseCode::Unsupported)))
            }
            Err(error) if is_would_block(&error) => Poll::Pending,
            Err(error) => Poll::Ready(Err(end_of(&error))),
        }
    });
    let text = match tokio::time::timeout(limits::HELLO_TIMEOUT, read).await {
        Ok(read) => read?,
        Err(_) => return Err(End::Close(CloseCode::NotAuthenticated)),
    };
    match open(text.as_str(), state, page.as_ref(), cookie).await {
        Ok(opened) => Ok(opened),
        Err(problem) => {
            let code = closing(problem.code);
            let mut pending = VecDeque::from([Frame::text(&codec::write(&ServerFrame::Refused(problem)))]);
            let mut offset = 0;
            let write = poll_fn(|context| socket.get_mut().poll_write(context, &mut pending, &mut offset));
            tokio::time::timeout(GOODBYE, write).await.ok();
            Err(End::Close(code))
        }
    }
}

async fn open(
    text: &str,
    state: &WebSocketState,
    page: Option<&HeaderMap>,
    cookie: Carried,
) -> Result<(Session, Vec<Frame>), Problem> {
    let mut hello: Hello = codec::read_hello(text)?;
    let token = cookie.or_given(hello.token.take())?.ok_or_else(no_token)?;
    let told = |error: SessionError| {
        if error.is_fault() {
            tracing::error!(%error, "a session could not be opened");
        }
        error.problem()
    };
    let who: Principal = state.app.auth.authenticate(&token).await.map_err(told)?;
    if let Some(headers) = page {
        check_space(&state.app, headers, who.space)
            .await
            .map_err(|error| error.problem())?;
    }
    state.app.sessions.open(who, &hello).await.map_err(told)
}

/// The refusal of a `hello` that brings no token, nor does a cookie.
fn no_token() -> Problem {
    let detail = "`hello` needs `token`; only a page of an allowed origin whose browser sends the server's cookie may leave \
                  it out";
    Problem::new(ErrorCode::Invalid, Some(detail.to_owned()))
}

/// The conversation, until one side ends it.
async fn converse(
    socket: &mut Socket,
    state: &WebSocketState,
    session: Session,
    first: Vec<Frame>,
    frames: FrameLimit,
) -> End {
    let who = Arc::new(session.who.clone());
    let seat = match state.app.auth.seat(&who).await {
        Ok(seat) => seat,
        Err(_) => return End::Close(CloseCode::TryLater),
    };
    let pulse = Pulse::new(
        Arc::clone(&who),
        Arc::clone(&session.outbox),
        seat,
        state.registry.now(),
    );
    let pulse = Arc::new(pulse);
    state.registry.enter(&pulse);
    if let Some(seat) = seat {
        state.app.auth.take_seat(who.user, seat);
    }
    // Revocations are announced to registered sockets; one that came before this moment is found here.
    let end = match state.app.auth.recheck(&session.who).await {
        Err(error) => End::Close(closing(error.problem().code)),
        Ok(()) => {
            let mut conversation = Conversation {
                socket,
                state,
                who,
                session: &session,
                pulse: &pulse,
                frames,
                turns: Turns::default(),
                commands: FuturesUnordered::new(),
                pending: first
                    .into_iter()
                    .map(|frame| shaped(frame, session.shape))
                    .collect(),
                spare: VecDeque::new(),
                offset: 0,
                taken_bytes: 0,
                taken_frames: 0,
            };
            poll_fn(|context| conversation.poll(context)).await
        }
    };
    state.registry.leave(&pulse);
    end
}

/// An answer as it goes out.
enum Written {
    Whole(Frame),
    /// One frame, in parts that follow each other.
    Parts([Frame; 3]),
}

struct Conversation<'a> {
    socket: &'a mut Socket,
    state: &'a WebSocketState,
    who: Arc<Principal>,
    session: &'a Session,
    pulse: &'a Pulse,
    frames: FrameLimit,
    turns: Turns,
    commands: FuturesUnordered<BoxFuture<'static, Written>>,
    pending: VecDeque<Frame>,
    spare: VecDeque<Frame>,
    offset: usize,
    taken_bytes: usize,
    taken_frames: usize,
}

impl Conversation<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        if let Poll::Ready(end) = self.poll_read(context) {
            return Poll::Ready(end);
        }
        while let Poll::Ready(Some(answer)) = self.commands.poll_next_unpin(context) {
            match answer {
                Written::Whole(frame) => self.pending.push_back(frame),
                Written::Parts(parts) => self.pending.extend(parts),
            }
        }
        self.pending.extend(self.socket.get_mut().take_control());
        self.poll_send(context)
    }

    /// Takes frames in, as long as there is room for their answers.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<End> {
        self.socket.get_mut().wake_with(context);
        for _ in 0..FRAMES_PER_POLL {
            if self.commands.len() >= limits::COMMANDS_IN_FLIGHT_MAX
                || self.pending.len() >= limits::OUTBOX_FRAMES_MAX
            {
                return Poll::Pending; // a finished command or write wakes this task
            }
            let message = match self.socket.read() {
                Ok(message) => message,
                Err(error) if is_would_block(&error) => return Poll::Pending,
                Err(error) => return Poll::Ready(end_of(&error)),
            };
            self.pulse.heard(self.state.registry.now());
            if self.frames.check_frame().is_err() {
                return Poll::Ready(End::Close(CloseCode::RateLimited));
            }
            match message {
                Message::Text(text) => self.accept(text.as_str()),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Binary(_) | Message::Frame(_) => {
                    return Poll::Ready(End::Close(CloseCode::Unsupported));
                }
                Message::Close(frame) => return Poll::Ready(End::Close(answer_to_close(frame.as_ref()))),
            }
        }
        context.waker().wake_by_ref(); // there may be more
        Poll::Pending
    }

    /// Starts the command of a frame.
    fn accept(&mut self, text: &str) {
        match codec::read_client_frame(text) {
            Ok(ClientFrame { id, command }) => {
                let (sessions, who) = (Arc::clone(&self.state.app.sessions), Arc::clone(&self.who));
                let (turns, line) = (self.turns.clone(), Arc::clone(self.session.line()));
                self.commands.push(Box::pin(async move {
                    let run = async {
                        let turn = turns.next().await;
                        if let Command::Events(asked) = &command
                            && let Some(range) = Box::pin(sessions.pull(&who, asked)).await?
                        {
                            return Ok(Written::Parts(answer_in_json(id, range.json)));
                        }
                        let reply = sessions.run_on(&line, &who, command, turn).await?;
                        Ok(Written::Whole(answer(Some(id), Outcome::Ok(reply))))
                    };
                    let ran = tokio::time::timeout(limits::COMMAND_TIMEOUT, run).await;
                    match ran.unwrap_or(Err(SessionError::code(ErrorCode::Unavailable))) {
                        Ok(written) => written,
                        Err(error) => {
                            if error.is_fault() {
                                tracing::error!(%error, "a command failed");
                            }
                            Written::Whole(refuse(Some(id), error.problem()))
                        }
                    }
                }));
            }
            Err((re, problem)) => self.pending.push_back(refuse(re, problem)),
        }
    }

    /// Writes what is pending and what the outbox has.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            if self.pending.is_empty() || self.taken_frames == 0 {
                match self.poll_outbox(context) {
                    Poll::Ready(Taken::Frames) => {}
                    Poll::Ready(Taken::Close(code)) if self.pending.is_empty() => {
                        return Poll::Ready(End::Close(code));
                    }
                    // A close without draining must not wait for a reader that does not read.
                    Poll::Ready(Taken::Close(code)) => {
                        let _ =
                            self.socket
                                .get_mut()
                                .poll_write(context, &mut self.pending, &mut self.offset);
                        return Poll::Ready(End::Close(code));
                    }
                    Poll::Pending if self.pending.is_empty() => {
                        self.give_back_buffers();
                        return Poll::Pending;
                    }
                    Poll::Pending => {}
                }
            }
            match self
                .socket
                .get_mut()
                .poll_write(context, &mut self.pending, &mut self.offset)
            {
                Poll::Ready(Ok(())) => self.pulse.flowing(),
                Poll::Ready(Err(_)) => return Poll::Ready(End::Gone),
                Poll::Pending => {
                    self.pulse.stalled(self.state.registry.now());
                    return self.session.outbox.poll_abrupt_close(context).map(End::Close);
                }
            }
        }
    }

    /// Takes what waits in the outbox behind what is pending. The charge of what was taken before is given back
    /// when all of it has been written, that is when nothing is pending.
    fn poll_outbox(&mut self, context: &mut Context<'_>) -> Poll<Taken> {
        let outbox = &self.session.outbox;
        let (bytes, frames) = (&mut self.taken_bytes, &mut self.taken_frames);
        let taken = outbox.poll_take(context, bytes, frames, &mut self.spare);
        if taken == Poll::Ready(Taken::Frames) {
            self.taken_frames = self.spare.len();
            self.taken_bytes = self.spare.iter().map(|frame| frame.wire().len()).sum();
            let shape = self.session.shape;
            if shape != Shape::Klatch {
                for frame in &mut self.spare {
                    *frame = shaped(frame.clone(), shape);
                }
            }
            self.pending.append(&mut self.spare);
        }
        taken
    }

    fn give_back_buffers(&mut self) {
        if self.pending.capacity() > 8 {
            self.pending = VecDeque::new();
        }
        if self.spare.capacity() > 8 {
            self.spare = VecDeque::new();
        }
    }
}

fn answer(re: Option<u64>, outcome: Outcome) -> Frame {
    Frame::text(&codec::write(&ServerFrame::Answer(Answer { re, outcome })))
}

/// An answer that says what is wrong.
fn refuse(re: Option<u64>, problem: Problem) -> Frame {
    metrics::counter!("klatch_commands_refused_total", "code" => problem.code.as_str()).increment(1);
    answer(re, Outcome::Error(problem))
}

/// An answer whose reply is encoded already, and shared with others.
fn answer_in_json(id: u64, reply: Bytes) -> [Frame; 3] {
    let head = format!(r#"{{"re":{id},"ok":"#);
    Frame::text_around(head.as_bytes(), reply, b"}")
}

/// Sends a close frame (RFC 6455 section 5.5.1) and waits a moment for the other side.
async fn goodbye(socket: &mut Socket, code: CloseCode) {
    let reason = code.reason().as_bytes();
    let mut frame = vec![0x88, (reason.len() + 2) as u8];
    frame.extend_from_slice(&code.code().to_be_bytes());
    frame.extend_from_slice(reason);
    let mut pending = VecDeque::from([Frame::raw(frame.into())]);
    let mut offset = 0;
    let pipe = socket.get_mut();
    if poll_fn(|context| pipe.poll_write(context, &mut pending, &mut offset))
        .await
        .is_ok()
    {
        poll_fn(|context| pipe.poll_shutdown(context)).await.ok();
        poll_fn(|context| pipe.poll_discard(context)).await;
    }
}

/// With what a close frame is answered (RFC 6455 section 5.5.1). One with a code that nobody may send comes from the
/// protocol library as a protocol error.
fn answer_to_close(frame: Option<&CloseFrame>) -> CloseCode {
    match frame {
        Some(frame) if frame.code == tungstenite::protocol::frame::coding::CloseCode::Protocol => {
            CloseCode::Protocol
        }
        _ => CloseCode::Normal,
    }
}

fn is_would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => End::Close(CloseCode::TooBig),
        Error::Utf8(_) => End::Close(CloseCode::NotUtf8),
        Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) | Error::Capacity(_) => End::Close(CloseCode::Protocol),
        _ => End::Gone,
    }
}
