//! Who calls: a back end, by its API key.

use super::Calls;
use super::refusal::refuse;
use crate::error::TransportError;
use crate::http::bearer;
use klatch_protocol::ErrorCode;
use klatch_session::Principal;
use klatch_types::UserKind;
use tonic::Status;
use tonic::metadata::MetadataMap;

impl Calls {
    /// The back end that calls.
    ///
    /// # Errors
    /// `unauthenticated` without a good token, `forbidden` for people and guests, `rate_limited`.
    pub(super) async fn back_end(&self, metadata: &MetadataMap) -> Result<Principal, Status> {
        let token = bearer(metadata.as_ref()).map_err(|error| refuse(&error))?;
        let who = self.verified(token).await?;
        let rates = self.app.auth.rates();
        rates
            .check_request(who.user)
            .map_err(|error| refuse(&error.into()))?;
        Ok(who)
    }

    /// The back end that a token stands for now.
    pub(super) async fn verified(&self, token: &str) -> Result<Principal, Status> {
        let who = self.app.auth.authenticate(token).await;
        let who = who.map_err(|error| refuse(&error.into()))?;
        if who.kind == UserKind::System {
            return Ok(who);
        }
        let only = "only an API key may do this";
        Err(refuse(&TransportError::refused(ErrorCode::Forbidden, only)))
    }
}
