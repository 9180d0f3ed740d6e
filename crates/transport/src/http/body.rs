//! Reading a request's JSON body within the limits of the wire.

use crate::error::TransportError;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use klatch_protocol::{ErrorCode, codec};
use klatch_types::limits;
use serde::de::DeserializeOwned;

/// A JSON body. Refused are: another content type (415), more than [`limits::FRAME_BYTES_MAX`] bytes (413), text
/// that is not UTF-8 or not JSON or nests too deeply (400), and JSON of another shape (422).
pub(crate) struct Body<T>(pub(crate) T);

/// Like [`Body`], for bodies whose fields are all optional: no body at all is the default.
pub(crate) struct MaybeBody<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = TransportError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, TransportError> {
        if !is_json(request.headers()) {
            return Err(TransportError::refused(
                ErrorCode::UnsupportedMediaType,
                "the body must be JSON in UTF-8 with `content-type: application/json`",
            ));
        }
        parse(&collect(request).await?).map(Self)
    }
}

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = TransportError;

    async fn from_request(request: Request, state: &S) -> Result<Self, TransportError> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return Body::from_request(request, state)
                .await
                .map(|Body(body)| Self(body));
        }
        if collect(request).await?.is_empty() {
            return Ok(Self(T::default()));
        }
        Err(TransportError::refused(
            ErrorCode::UnsupportedMediaType,
            "a body needs `content-type: application/json`",
        ))
    }
}

/// Whether the content type is `application/json`, with no character set but UTF-8 (RFC 8259 section 8.1).
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(text)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    json && parts.all(utf8)
}

/// The bytes of a body, as far as the limit.
async fn collect(request: Request) -> Result<Bytes, TransportError> {
    collect_up_to(request, limits::FRAME_BYTES_MAX).await
}

/// The bytes of a body that may be larger than others.
pub(crate) async fn collect_up_to(request: Request, max: usize) -> Result<Bytes, TransportError> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > max as u64) {
        return Err(too_large(max));
    }
    match Limited::new(request.into_body(), max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(max)),
        Err(_) => Err(TransportError::refused(
            ErrorCode::Malformed,
            "the body ended before it was whole",
        )),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, TransportError> {
    Ok(codec::read(text(bytes)?)?)
}

/// The text of a body.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, TransportError> {
    std::str::from_utf8(bytes)
        .map_err(|_| TransportError::refused(ErrorCode::Malformed, "the body is not valid UTF-8"))
}

fn too_large(max: usize) -> TransportError {
    let detail = format!("a body may have {max} bytes at most");
    TransportError::refused(ErrorCode::TooLarge, detail)
}
