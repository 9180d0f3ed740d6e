//! The chat application's shape of events (S4.4). Over the socket the same is asked for with `shape` in `hello`.

#![allow(unused_qualifications)] // written by `#[utoipa::path]`, in every file of a feature

mod message;

use crate::http::App;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    message::routes()
}
