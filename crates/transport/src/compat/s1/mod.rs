//! The meeting chat (S1).

#![allow(unused_qualifications)] // written by `#[utoipa::path]`, in every file of a feature

mod message;

use crate::http::App;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    message::routes()
}
