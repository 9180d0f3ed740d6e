//! Who asks: the address, and the verified token.

use super::app::App;
use super::edge::RequestInfo;
use super::origin::{self, Origin};
use crate::error::TransportError;
use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use klatch_protocol::ErrorCode;
use klatch_session::Principal;
use klatch_types::limits;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The other end of the TCP connection; the listener puts it into every request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddr(pub SocketAddr);

/// Longest chain of proxies that is followed.
const PROXIES_MAX: usize = 16;

/// The client's address: the peer, or, as long as that is a trusted proxy, whom it names last in `X-Forwarded-For`.
/// What stands left of an address that is not trusted could be anyone's invention.
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &dyn Fn(IpAddr) -> bool) -> IpAddr {
    let mut client = peer.to_canonical();
    let values: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .collect();
    let named = values.iter().rev().flat_map(|value| value.rsplit(','));
    for name in named.take(PROXIES_MAX) {
        if !trusted(client) {
            break;
        }
        let Some(next) = address(name.trim()) else { break };
        client = next.to_canonical();
    }
    client
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// The client's address, where the outermost layer found it.
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = TransportError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, TransportError> {
        Ok(Self(info(parts).client))
    }
}

/// The caller, verified from `Authorization: Bearer` (RFC 6750 section 2.1).
pub(crate) struct Caller(pub(crate) Principal);

impl FromRequestParts<App> for Caller {
    type Rejection = TransportError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, TransportError> {
        let token = bearer(&parts.headers)?;
        let who = app.auth.authenticate(token).await?;
        app.auth.rates().check_request(who.user)?;
        let info = info(parts);
        if let Origin::Space(_) = info.origin {
            origin::check_space(app, &parts.headers, who.space).await?;
        }
        // Nobody else sets it: a request has one caller.
        let _ = info.user.set(who.user);
        Ok(Self(who))
    }
}

fn info(parts: &Parts) -> Arc<RequestInfo> {
    parts
        .extensions
        .get::<Arc<RequestInfo>>()
        .cloned()
        .expect("every route is behind the outermost layer")
}

/// The token of the one `Authorization` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, TransportError> {
    let refused = |detail: &str| TransportError::refused(ErrorCode::Unauthenticated, detail);
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values
        .next()
        .ok_or_else(|| refused("send `Authorization: Bearer` with an access token"))?;
    if values.next().is_some() {
        return Err(refused("there is more than one `Authorization` header"));
    }
    let text = value
        .to_str()
        .map_err(|_| refused("the `Authorization` header is not ASCII"))?;
    let token = match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => {
            return Err(refused(
                "the `Authorization` header must be `Bearer` and an access token",
            ));
        }
    };
    if token.is_empty() || token.len() > limits::TOKEN_BYTES_MAX {
        return Err(refused("the access token is empty or too long"));
    }
    Ok(token)
}
