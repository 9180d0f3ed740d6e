//! Admitting a connection: its token, its page, and a session like that of any other socket.

use super::connection::Input;
use super::door::Shared;
use super::event::{self, Auth};
use crate::http::RequestInfo;
use crate::http::cookie::Carried;
use crate::http::origin::{Origin, check_space};
use klatch_protocol::frame::Hello;
use klatch_protocol::{ErrorCode, Problem};
use klatch_session::{Session, SessionError};
use klatch_types::{ChannelId, Seq, limits};
use parking_lot::Mutex;
use serde_json::{Value, json};
use socketioxide::extract::{Event, SocketRef, TryData};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};

/// What a connection begins with.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) inbox: mpsc::Receiver<Input>,
    /// Told when the client is gone.
    pub(super) gone: Arc<Notify>,
    pub(super) cursors: HashMap<ChannelId, Seq>,
    pub(super) epoch: Option<String>,
}

/// Where [`Opened`] waits, in the socket's extensions, until the client has been told that it is connected.
#[derive(Clone)]
pub(super) struct Waiting(pub(super) Arc<Mutex<Option<Opened>>>);

/// Why a connection is refused: the message of the client's `connect_error`, a code of the catalogue and a sentence.
pub(super) struct Refusal(Problem);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = self.0.detail.as_deref().unwrap_or(&self.0.title);
        write!(f, "{}: {sentence}", self.0.code.as_str())
    }
}

/// Opens the session of a client that wants to connect, and begins to listen to it.
pub(super) async fn greet(shared: &Shared, socket: &SocketRef, auth: Option<Value>) -> Result<(), Refusal> {
    let (session, auth) = Box::pin(open(shared, socket, auth)).await.map_err(Refusal)?;
    let (hand, inbox) = mpsc::channel(limits::COMMANDS_IN_FLIGHT_MAX);
    let gone = Arc::new(Notify::new());
    let outbox = Arc::clone(&session.outbox);
    socket.on_fallback(move |Event(name): Event, TryData(value): TryData<Value>, asked| {
        // Not in the future: handlers are called in the order of the events, and their futures are not polled in it.
        let input = Input {
            event: name,
            value: value.unwrap_or(Value::Null),
            asked,
        };
        if hand.try_send(input).is_err() {
            outbox.close(klatch_protocol::CloseCode::RateLimited, false);
        }
        std::future::ready(())
    });
    let told = Arc::clone(&gone);
    socket.on_disconnect(move || {
        told.notify_one();
        std::future::ready(())
    });
    let opened = Opened {
        session,
        inbox,
        gone,
        cursors: auth.cursors,
        epoch: auth.epoch,
    };
    socket
        .extensions
        .insert(Waiting(Arc::new(Mutex::new(Some(opened)))));
    Ok(())
}

async fn open(shared: &Shared, socket: &SocketRef, auth: Option<Value>) -> Result<(Session, Auth), Problem> {
    let told = |error: SessionError| {
        if error.is_fault() {
            tracing::error!(%error, "a Socket.IO session could not be opened");
        }
        error.problem()
    };
    let app = &shared.state.app;
    let parts = socket.req_parts();
    let info = parts.extensions.get::<Arc<RequestInfo>>();
    let origin = info.map_or(&Origin::None, |info| &info.origin);
    let cookie = Carried::of(&parts.headers, origin, app.options.cookie.as_deref());
    let auth = auth.unwrap_or_else(|| json!({}));
    if auth["token"].is_null() && cookie == Carried::Nothing {
        let detail = "Connect with `auth: { token }`.";
        return Err(Problem::new(ErrorCode::Unauthenticated, Some(detail.into())));
    }
    let mut auth: Auth = event::read(auth)?;
    let token = cookie.or_given(auth.token.take())?.unwrap_or_default();
    if auth.cursors.len() > limits::HELLO_CURSORS_MAX {
        let max = limits::HELLO_CURSORS_MAX;
        return Err(event::invalid(format!(
            "`cursors` may name {max} channels at most"
        )));
    }
    let who = app.auth.authenticate(&token).await.map_err(told)?;
    if let Origin::Space(_) = origin {
        check_space(app, &parts.headers, who.space)
            .await
            .map_err(|error| error.problem())?;
    }
    let hello = Hello {
        token: None,
        client: auth.client.clone(),
        shape: None,
        epoch: None,
        cursors: HashMap::new(),
        pull: false,
    };
    let (session, _ready) = app.sessions.open(who, &hello).await.map_err(told)?;
    Ok((session, auth))
}
