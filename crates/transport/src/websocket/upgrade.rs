//! From an HTTP request to a socket (RFC 6455 section 4.2).

use super::connection::{self, Line};
use super::registry::Registry;
use crate::TransportError;
use crate::http::cookie::Carried;
use crate::http::origin::{self, Origin};
use crate::http::{App, PeerAddr, client_ip};
use crate::listener::Place;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use klatch_protocol::ErrorCode;
use klatch_protocol::frame::SUBPROTOCOL;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What the socket route stands on beside [`App`].
#[derive(Clone)]
pub struct WebSocketState {
    /// Sessions, sign-in and options.
    pub app: App,
    /// All sockets of this node.
    pub registry: Arc<Registry>,
}

/// The route of the socket, to be merged into the public router.
pub fn router(state: WebSocketState) -> Router {
    Router::new().route("/v1/ws", get(upgrade)).with_state(state)
}

async fn upgrade(
    State(state): State<WebSocketState>,
    mut request: Request<Body>,
) -> Result<Response, TransportError> {
    let key = check_handshake(request.headers())?;
    let asks_subprotocol = check_subprotocol(request.headers())?;
    let (page, cookie) = check_origin(&state, request.headers()).await?;
    if request.uri().query().is_some() {
        let detail = "the socket takes no query; the token goes into the first frame or a cookie";
        return Err(TransportError::refused(ErrorCode::Malformed, detail));
    }
    let peer = request
        .extensions()
        .get::<PeerAddr>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |p| p.0.ip());
    let ip = client_ip(peer, request.headers(), &*state.app.options.trusted_proxy);
    let Some(place) = state.registry.place_for(ip) else {
        let detail = "too many connections from this address; close another first";
        return Err(TransportError::refused(ErrorCode::TooManyConnections, detail));
    };
    let seat = request.extensions().get::<Place>().cloned();
    let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Err(TransportError::refused(
            ErrorCode::Malformed,
            "this connection cannot become a WebSocket",
        ));
    };
    tokio::spawn(async move {
        if let Some(line) = take_over(on_upgrade, page, cookie).await {
            connection::live(line, state).await;
        }
        drop((place, seat));
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let accept = HeaderValue::from_str(&derive_accept_key(&key)).expect("base64 is a valid header value");
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if asks_subprotocol {
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        );
    }
    Ok(response)
}

/// The TCP stream of an upgraded request. What the client sent ahead is copied, because even an empty rest keeps
/// the HTTP server's whole buffer alive, for as long as the socket lives.
async fn take_over(on_upgrade: OnUpgrade, page: Option<HeaderMap>, cookie: Carried) -> Option<Line> {
    let parts = on_upgrade.await.ok()?.downcast::<TokioIo<TcpStream>>().ok()?;
    let early = Bytes::copy_from_slice(&parts.read_buf);
    Some(Line {
        stream: parts.io.into_inner(),
        early,
        page,
        cookie,
    })
}

/// The client's key, if the request is a WebSocket handshake.
pub(crate) fn check_handshake(headers: &HeaderMap) -> Result<Vec<u8>, TransportError> {
    let lists = |name: header::HeaderName, wanted: &str| {
        let values = headers
            .get_all(name)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    let version = headers
        .get(header::SEC_WEBSOCKET_VERSION)
        .is_some_and(|version| version == "13");
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .map(HeaderValue::as_bytes)
        .filter(|key| key.len() == 24);
    match key {
        Some(key)
            if version && lists(header::CONNECTION, "upgrade") && lists(header::UPGRADE, "websocket") =>
        {
            Ok(key.to_vec())
        }
        _ => Err(TransportError::refused(
            ErrorCode::Malformed,
            "connect with a WebSocket client, version 13",
        )),
    }
}

/// Whether the client named our subprotocol; one that names only others is refused.
fn check_subprotocol(headers: &HeaderMap) -> Result<bool, TransportError> {
    let mut offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .peekable();
    if offered.peek().is_none() {
        return Ok(false);
    }
    if offered.any(|name| name == SUBPROTOCOL) {
        Ok(true)
    } else {
        Err(TransportError::refused(
            ErrorCode::Malformed,
            format!("the only subprotocol here is `{SUBPROTOCOL}`"),
        ))
    }
}

/// Browsers name the page that connects; it must be one of ours or one that an operator or a space allowed. What is
/// given back is asked again when the caller's space is known; beside it is what the page's cookie carries.
async fn check_origin(
    state: &WebSocketState,
    headers: &HeaderMap,
) -> Result<(Option<HeaderMap>, Carried), TransportError> {
    let judged = origin::origin_of(headers, &state.app).await?;
    let page = match judged {
        Origin::None | Origin::Own | Origin::Listed(_) => None,
        Origin::Space(_) => {
            let kept = [header::ORIGIN, header::HOST];
            let copy = kept
                .into_iter()
                .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
            Some(copy.collect())
        }
        Origin::Foreign => return Err(origin::refused()),
    };
    let cookie = Carried::of(headers, &judged, state.app.options.cookie.as_deref());
    Ok((page, cookie))
}
