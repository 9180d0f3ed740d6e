//! `GET /chat/location` (S0.4): `/v1/location` under its old name.

use crate::http::{Answer, App, Caller, json, locate};
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(get_chat_location))
}

/// Where to connect a socket.
#[derive(Serialize, ToSchema)]
struct ChatLocation {
    /// Address of the chat server.
    url: String,
}

/// The address of the chat server that the client should connect its socket to; the caller's username is the `up`.
#[utoipa::path(get, path = "/chat/location", tag = "s0",
    responses((status = 200, description = "The address.", body = ChatLocation)))]
async fn get_chat_location(State(app): State<App>, Caller(who): Caller, headers: HeaderMap) -> Answer {
    let location = locate(&app, &who, &Default::default(), &headers)?;
    Ok(json(StatusCode::OK, &ChatLocation { url: location.url }))
}
