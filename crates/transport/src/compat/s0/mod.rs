//! The campus chat (S0).

#![allow(unused_qualifications)] // written by `#[utoipa::path]`, in every file of a feature

mod location;

use crate::http::App;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    location::routes()
}
