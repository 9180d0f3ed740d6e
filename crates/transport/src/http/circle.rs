//! The social circle (S0.12).

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use super::params::Params;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::circle::{Circle as CircleGet, CircleCreate};
use klatch_protocol::view::{Channel, Circle, Reply};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get_circle))
        .routes(routes!(create_circle_channel))
}

/// How much of the circle.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CircleQuery {
    /// How many people, 1 to 100; 20 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Suggests people: those with whom one shares the most and the smallest classes, courses and degrees. For persons.
#[utoipa::path(get, path = "/v1/circle", tag = "circle", params(CircleQuery),
    responses((status = 200, description = "The people, the nearest first.", body = Circle)))]
async fn get_circle(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<CircleQuery>,
) -> Answer {
    let command = CircleGet { limit: query.limit };
    app.run(&who, Command::Circle(command), StatusCode::OK).await
}

/// Makes a group of people of one's circle. For persons.
#[utoipa::path(post, path = "/v1/circle/group", tag = "circle", request_body = CircleCreate,
    responses(
        (status = 200, description = "The group that this key made before.", body = Channel),
        (status = 201, description = "The new group.", body = Channel)))]
async fn create_circle_channel(
    State(app): State<App>,
    Caller(who): Caller,
    Body(command): Body<CircleCreate>,
) -> Answer {
    match app.sessions.run(&who, Command::CircleCreate(command)).await? {
        Reply::ChannelCreated(made) if made.existed => Ok(json(StatusCode::OK, &made.channel)),
        Reply::ChannelCreated(made) => Ok(json(StatusCode::CREATED, &made.channel)),
        other => Ok(json(StatusCode::CREATED, &other)),
    }
}
