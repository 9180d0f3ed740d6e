//! What the address of a request says: parts of the path, the query, and the retry key in a header.

use crate::error::TransportError;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use http::request::Parts;
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

/// The parts of the path. One that cannot be what it must be is `invalid`, and the detail names it.
pub(crate) struct At<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = TransportError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, TransportError> {
        let PathRejection::FailedToDeserializePathParams(failed) =
            (match Path::<T>::from_request_parts(parts, state).await {
                Ok(Path(at)) => return Ok(Self(at)),
                Err(rejection) => rejection,
            })
        else {
            return Err(TransportError::invalid("the path could not be read"));
        };
        Err(TransportError::invalid(match failed.kind() {
            ErrorKind::ParseErrorAtKey {
                key, expected_type, ..
            } => {
                format!("`{key}` in the path must be a {expected_type}")
            }
            ErrorKind::DeserializeError { key, message, .. } => {
                format!("`{key}` in the path: {}", short(message))
            }
            ErrorKind::InvalidUtf8InPathParam { key } => format!("`{key}` in the path is not valid UTF-8"),
            _ => "the path could not be read".to_owned(),
        }))
    }
}

/// The query. Names that are unknown or come twice, and values out of shape, are `invalid`.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Params<T> {
    type Rejection = TransportError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, TransportError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => Err(TransportError::invalid(format!(
                "in the query: {}",
                short(&rejection.body_text())
            ))),
        }
    }
}

/// The idempotency key of the `Idempotency-Key` header, for clients that keep it out of the body.
pub(crate) struct RetryKey(Option<ClientKey>);

/// Name of the header of [`RetryKey`].
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

impl<S: Send + Sync> FromRequestParts<S> for RetryKey {
    type Rejection = TransportError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, TransportError> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Ok(Self(None));
        };
        let key = value.to_str().ok().and_then(|text| text.parse().ok());
        key.map(|key| Self(Some(key)))
            .ok_or_else(|| TransportError::invalid("the `Idempotency-Key` header must be a UUID"))
    }
}

impl RetryKey {
    /// The key of the header or of the body. Two different ones are refused: which was meant is a guess.
    pub(crate) fn or(self, body: Option<ClientKey>) -> Result<Option<ClientKey>, TransportError> {
        match (self.0, body) {
            (Some(header), Some(body)) if header != body => Err(TransportError::invalid(
                "`key` and the `Idempotency-Key` header differ; send one of them",
            )),
            (header, body) => Ok(body.or(header)),
        }
    }

    /// The key of the header, for requests without a body.
    pub(crate) fn take(self) -> Option<ClientKey> {
        self.0
    }
}

/// The beginning of a text that may quote what the client sent.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A channel.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ChannelPath {
    /// Id of the channel.
    pub(crate) id: ChannelId,
}

/// A user of a channel.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ChannelUserPath {
    /// Id of the channel.
    pub(crate) id: ChannelId,
    /// Id of the user.
    pub(crate) user: UserId,
}

/// A message of a channel.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct MessagePath {
    /// Id of the channel.
    pub(crate) id: ChannelId,
    /// Position of the message.
    pub(crate) seq: Seq,
}

/// The header of [`RetryKey`], for the documentation.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // read by the documentation only
pub(crate) struct RetryHeader {
    /// Makes a retry safe: a UUID that the client makes and keeps until it has a definite answer.
    #[param(rename = "Idempotency-Key", required = false)]
    idempotency_key: Option<ClientKey>,
}
