//! The sign that someone is typing. Best effort (contract, delivery 8).

use super::app::{Answer, App};
use super::caller::Caller;
use super::params::{At, ChannelPath};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::typing::Typing;
use klatch_protocol::view::Done;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(typing))
}

/// Says that one types in the channel just now.
#[utoipa::path(post, path = "/v1/channels/{id}/typing", tag = "typing", params(ChannelPath),
    responses((status = 200, description = "It was heard.", body = Done)))]
async fn typing(State(app): State<App>, Caller(who): Caller, At(at): At<ChannelPath>) -> Answer {
    app.run(
        &who,
        Command::Typing(Typing {
            channel: at.id,
            stop: false,
        }),
        StatusCode::OK,
    )
    .await
}
