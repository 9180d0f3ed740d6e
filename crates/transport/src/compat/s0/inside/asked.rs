//! What a request asks for, in its query or in a JSON body: clients of the campus chat send bodies with GET.

use crate::error::TransportError;
use crate::http::{MaybeBody, Params};
use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::de::DeserializeOwned;

/// The query, or, if there is none, the body.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Sync + Send, T: DeserializeOwned + Default + Send> FromRequest<S> for Asked<T> {
    type Rejection = TransportError;

    async fn from_request(request: Request, state: &S) -> Result<Self, TransportError> {
        if request.uri().query().is_none_or(str::is_empty) {
            let MaybeBody(asked) = MaybeBody::from_request(request, state).await?;
            return Ok(Self(asked));
        }
        let (mut parts, _) = request.into_parts();
        let Params(asked) = Params::from_request_parts(&mut parts, state).await?;
        Ok(Self(asked))
    }
}
