//! `GET /s4/channels/:id/messages`: what a client that found a hole asks for (S3.1, S4.4).

use crate::http::{Answer, App, At, Caller, ChannelPath, Params, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::history::Events;
use klatch_protocol::shape::ShapedEvent;
use klatch_protocol::view::Reply;
use klatch_session::SessionError;
use klatch_types::Seq;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list_shaped_events))
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShapedQuery {
    /// Events after this `msgId`; from the first if left out.
    #[serde(default)]
    #[param(required = false)]
    after: Seq,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Reads a channel's events in order, in the shape of S4.
#[utoipa::path(get, path = "/s4/channels/{id}/messages", tag = "s4", params(ChannelPath, ShapedQuery),
    responses((status = 200, description = "The events, ascending.", body = Vec<ShapedEvent>)))]
async fn list_shaped_events(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Params(query): Params<ShapedQuery>,
) -> Answer {
    let command = Events {
        channel: at.id,
        after: query.after,
        until: None,
        limit: query.limit,
        epoch: None,
    };
    let Reply::Events(page) = app.sessions.run(&who, Command::Events(command)).await? else {
        return Err(SessionError::Internal("events are answered with events".into()).into());
    };
    let shaped: Vec<ShapedEvent> = page.events.into_iter().map(ShapedEvent::from).collect();
    Ok(json(StatusCode::OK, &shaped))
}
