//! The campus chat (S0). What is reachable from outside is in `location` and `message`; the rest, for the university's
//! other services, is in `inside` and on the internal listener only.

#![allow(unused_qualifications)] // written by `#[utoipa::path]`, in every file of a feature

mod inside;
mod location;
mod message;
mod view;

use crate::http::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use inside::routes as internal_routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    location::routes().merge(message::routes())
}
