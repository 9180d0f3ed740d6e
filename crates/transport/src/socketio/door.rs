//! From HTTP requests to Engine.IO sessions. What the protocol library would not ask is asked here: the page's origin, the
//! connections of an address, and how a client may speak.

use super::connection;
use super::greeting;
use super::line::{Cord, Line, Lines};
use crate::TransportError;
use crate::http::origin::{self, Origin};
use crate::http::{Answer, RequestInfo};
use crate::listener::Place;
use crate::websocket::{WebSocketState, check_handshake};
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use klatch_protocol::ErrorCode;
use klatch_types::limits;
use serde_json::Value;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;
use socketioxide::socket::Sid;
use socketioxide::{ParserConfig, SocketIo};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tower::Service;

/// Where the library looks for its requests.
const PATH: &str = "/socket.io";
/// The only version of Engine.IO that is spoken; clients since `socket.io-client` 3 do.
const ENGINE_VERSION: &str = "4";

/// The protocol library, before a router that has no routes.
type Engine = SocketIoService<Router>;

/// What a connection stands on.
pub(super) struct Shared {
    pub(super) state: WebSocketState,
    pub(super) lines: Lines,
}

/// State of the route.
#[derive(Clone)]
struct Door {
    shared: Arc<Shared>,
    service: Engine,
}

/// The route of Socket.IO, to be merged into the public router.
pub fn router(state: WebSocketState) -> Router {
    let shared = Arc::new(Shared {
        state,
        lines: Lines::default(),
    });
    let (service, io) = SocketIo::builder()
        .req_path(PATH)
        .ping_interval(limits::HEARTBEAT)
        .ping_timeout(limits::DEAD_AFTER - limits::HEARTBEAT)
        .upgrade_timeout(limits::HELLO_TIMEOUT)
        .connect_timeout(limits::HELLO_TIMEOUT)
        .max_payload(limits::SOCKETIO_BODY_BYTES_MAX as u64)
        .max_buffer_size(limits::SOCKETIO_PACKETS_MAX)
        .ws_max_message_size(limits::FRAME_BYTES_MAX)
        .ws_max_frame_size(limits::FRAME_BYTES_MAX)
        // Nothing here takes binary data.
        .with_parser(
            ParserConfig::common()
                .max_incoming_binaries(0)
                .max_incoming_binary_buf_size(0)
                .packet_completion_timeout(limits::HELLO_TIMEOUT),
        )
        .build_with_inner_svc(Router::new());
    let (greeters, livers) = (Arc::clone(&shared), Arc::clone(&shared));
    let greet = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let shared = Arc::clone(&greeters);
        async move { greeting::greet(&shared, &socket, auth.ok()).await }
    };
    let live = move |socket: SocketRef| {
        let shared = Arc::clone(&livers);
        async move { connection::live(&shared, socket).await }
    };
    io.ns("/", live.with(greet));
    Router::new()
        .route("/socket.io/", any(enter))
        .route(PATH, any(enter))
        .with_state(Door { shared, service })
}

/// What the query of a request says.
struct Wanted {
    websocket: bool,
    sid: Option<Sid>,
}

async fn enter(State(door): State<Door>, mut request: Request) -> Answer {
    let info = request
        .extensions()
        .get::<Arc<RequestInfo>>()
        .cloned()
        .expect("every route is behind the outermost layer");
    if info.origin == Origin::Foreign {
        return Err(origin::refused());
    }
    if request.method() != Method::GET && request.method() != Method::POST {
        return Err(TransportError::refused(
            ErrorCode::MethodNotAllowed,
            "Socket.IO takes GET and POST",
        ));
    }
    let wanted = Wanted::of(&request)?;
    if wanted.sid.is_none() {
        let Some(place) = door.shared.state.registry.place_for(info.client) else {
            let detail = "too many connections from this address; close another first";
            return Err(TransportError::refused(ErrorCode::TooManyConnections, detail));
        };
        // The session keeps the request that opened it, and so the place among those of the address.
        request.extensions_mut().insert(Arc::new(place));
    }
    if wanted.websocket {
        return door.take_over(&wanted, request);
    }
    // A session that polls holds no connection between its requests.
    request.extensions_mut().remove::<Place>();
    if wanted.sid.is_none() {
        request.extensions_mut().insert(Hangup(door.service.clone()));
    }
    let mut service = door.service;
    let answer = match Service::<Request>::call(&mut service, request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    Ok(answer.map(Body::new))
}

impl Wanted {
    fn of(request: &Request) -> Result<Self, TransportError> {
        let refused = |detail: &str| Err(TransportError::refused(ErrorCode::Malformed, detail));
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) else {
            return refused("the query could not be read");
        };
        let value = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        if value("EIO") != Some(ENGINE_VERSION) {
            return refused("connect with socket.io-client 3 or newer (`EIO=4`)");
        }
        let websocket = match value("transport") {
            Some("polling") => false,
            Some("websocket") => true,
            _ => return refused("`transport` must be `polling` or `websocket`"),
        };
        let sid = match value("sid") {
            None => None,
            Some(text) => match text.parse() {
                Ok(sid) => Some(sid),
                Err(_) => return refused("`sid` is no id of a session"),
            },
        };
        Ok(Self { websocket, sid })
    }
}

impl Door {
    /// Becomes a WebSocket, whose stream goes to the library with a line that we can cut.
    fn take_over(self, wanted: &Wanted, request: Request) -> Answer {
        let key = check_handshake(request.headers())?;
        let (mut parts, _) = request.into_parts();
        let Some(on_upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            let detail = "this connection cannot become a WebSocket";
            return Err(TransportError::refused(ErrorCode::Malformed, detail));
        };
        let seat = parts.extensions.remove::<Place>();
        let line = match wanted.sid {
            Some(sid) => self.shared.lines.of(sid),
            None => Arc::new(Line::default()),
        };
        parts.extensions.insert(Arc::clone(&line));
        let mut service = self.service;
        tokio::spawn(async move {
            if let Ok(upgraded) = on_upgrade.await {
                let cord = Cord::new(TokioIo::new(upgraded), line, seat);
                let taken = Service::call(&mut service, (cord, http::Request::from_parts(parts, ()))).await;
                if let Err(error) = taken {
                    tracing::debug!(%error, "a Socket.IO connection could not begin");
                }
            }
        });
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        let accept = HeaderValue::from_str(&derive_accept_key(&key)).expect("base64 is a valid header value");
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        Ok(response)
    }
}

/// Ends a session that polls as its client would, because nothing else does; in the extensions of the request that
/// opened it. The client's next request is answered with an unknown session, and it connects again.
#[derive(Clone)]
pub(super) struct Hangup(Engine);

impl Hangup {
    pub(super) async fn hang_up(mut self, sid: Sid) {
        let request = Request::post(format!(
            "{PATH}/?EIO={ENGINE_VERSION}&transport=polling&sid={sid}"
        ))
        .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8")
        .body(Body::from("1"))
        .expect("an id is part of a valid address");
        let answer: Result<_, std::convert::Infallible> =
            Service::<Request>::call(&mut self.0, request).await;
        drop(answer.map(Response::into_parts));
    }
}
