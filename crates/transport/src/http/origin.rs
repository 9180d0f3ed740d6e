//! Which pages may connect (RFC 6454), and the CORS headers for those of other origins (Fetch, section 3.2).

use super::app::App;
use crate::error::TransportError;
use http::{HeaderMap, HeaderValue, Method, header};
use klatch_protocol::ErrorCode;
use klatch_session::auth::origin;
use klatch_types::SpaceId;

/// What the `Origin` header says about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There is none: the request comes from no page, or from one of the server's own by GET.
    None,
    /// The server's own page.
    Own,
    /// A page that the operator lets connect.
    Listed(HeaderValue),
    /// A page that some space lets connect: when the caller is known, their space is asked with [`check_space`].
    Space(HeaderValue),
    /// A page that may not connect.
    Foreign,
}

/// Judges the `Origin` header by the `Host` header and the lists of the operator and of the spaces.
///
/// # Errors
/// Failures of the directory.
pub async fn origin_of(headers: &HeaderMap, app: &App) -> Result<Origin, TransportError> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let Some(value) = values.next() else {
        return Ok(Origin::None);
    };
    let (Ok(text), None) = (value.to_str(), values.next()) else {
        return Ok(Origin::Foreign);
    };
    let host = host(headers);
    if origin::allowed(text, host, app.options.public_url.as_slice()) {
        return Ok(Origin::Own);
    }
    if origin::allowed(text, host, &app.options.allowed_origins) {
        return Ok(Origin::Listed(value.clone()));
    }
    if app.auth.origin_allowed(None, text, host).await? {
        return Ok(Origin::Space(value.clone()));
    }
    Ok(Origin::Foreign)
}

/// Refuses a caller whose own space does not let the page connect.
///
/// # Errors
/// `origin_refused`, or failures of the directory.
pub async fn check_space(app: &App, headers: &HeaderMap, space: SpaceId) -> Result<(), TransportError> {
    let text = headers
        .get(header::ORIGIN)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if app.auth.origin_allowed(Some(space), text, host(headers)).await? {
        return Ok(());
    }
    Err(refused())
}

/// The refusal of a page that may not connect.
pub(crate) fn refused() -> TransportError {
    klatch_protocol::Problem::new(ErrorCode::OriginRefused, None).into()
}

fn host(headers: &HeaderMap) -> &str {
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
}

/// Whether this is a browser's question before the real request.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether a request of a foreign page is answered all the same: it changes nothing, and without CORS headers the
/// browser keeps the answer from the page.
pub(crate) fn is_harmless(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Lets the page of an allowed origin read the answer.
pub(crate) fn allow(headers: &mut HeaderMap, origin: &Origin, preflight: bool) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let (Origin::Listed(origin) | Origin::Space(origin)) = origin else {
        return;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    let exposed = HeaderValue::from_static("etag, retry-after, x-request-id");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    if preflight {
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        let allowed = HeaderValue::from_static("authorization, content-type, idempotency-key, if-none-match");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
}
