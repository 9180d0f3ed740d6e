//! The routes for a university's other services (S0.5): on the internal listener only, where whoever comes is trusted. They
//! act for one space, which `?space=` or `[compat] space` names where there are several.

mod asked;
mod group;
mod message;
mod user;

use crate::http::Internal;
use klatch_session::{Principal, SessionError};
use klatch_types::Slug;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn routes() -> OpenApiRouter<Internal> {
    group::routes().merge(message::routes()).merge(user::routes())
}

/// The space that a request is about, as the one who acts.
async fn acting(internal: &Internal, named: Option<&Slug>) -> Result<Principal, SessionError> {
    let space = named.or(internal.space.as_ref());
    internal.app.auth.space_itself(space).await
}
