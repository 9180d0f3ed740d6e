//! Who is online, and whether one shows that oneself is.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, ChannelPath};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::presence::PresenceGet;
use klatch_protocol::view::{ChannelPresence, Done, OwnPresence, PresenceSetting, UserPresence};
use klatch_types::UserId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get_channel_presence))
        .routes(routes!(get_user_presence, set_user_presence))
        .routes(routes!(get_own_presence, set_presence_setting))
}

/// A user.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct UserPath {
    /// Id of the user.
    id: UserId,
}

/// How to show a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OnlineBody {
    /// Whether as online.
    online: bool,
}

/// Who of a channel is online: everyone in a channel of at most 200 members, else a count and a sample.
#[utoipa::path(get, path = "/v1/channels/{id}/presence", tag = "presence", params(ChannelPath),
    responses((status = 200, description = "Who is online.", body = ChannelPresence)))]
async fn get_channel_presence(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
) -> Answer {
    let command = PresenceGet {
        channel: at.id,
        watch: None,
    };
    app.run(&who, Command::PresenceGet(command), StatusCode::OK).await
}

/// How present a user is with whom one shares a channel.
#[utoipa::path(get, path = "/v1/users/{id}/presence", tag = "presence", params(UserPath),
    responses((status = 200, description = "How present.", body = UserPresence)))]
async fn get_user_presence(State(app): State<App>, Caller(who): Caller, At(at): At<UserPath>) -> Answer {
    Ok(json(
        StatusCode::OK,
        &app.sessions.presence_of(&who, at.id).await?,
    ))
}

/// Shows a user as online who has no connection, or no longer. For API keys only.
#[utoipa::path(put, path = "/v1/users/{id}/presence", tag = "presence", params(UserPath), request_body = OnlineBody,
    responses((status = 200, description = "It is shown within seconds, until the server stops.", body = Done)))]
async fn set_user_presence(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<UserPath>,
    Body(body): Body<OnlineBody>,
) -> Answer {
    let done = app.sessions.set_online(&who, at.id, body.online).await?;
    Ok(json(StatusCode::OK, &done))
}

/// How oneself is shown to others.
#[utoipa::path(get, path = "/v1/me/presence", tag = "presence",
    responses((status = 200, description = "The setting, and what others see.", body = OwnPresence)))]
async fn get_own_presence(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.sessions.own_presence(&who).await?))
}

/// Shows others that one is online or types, or hides it; who hides it is not shown others either.
#[utoipa::path(put, path = "/v1/me/presence", tag = "presence", request_body = PresenceSetting,
    responses((status = 200, description = "The setting; within seconds it holds on every node.", body = PresenceSetting)))]
async fn set_presence_setting(
    State(app): State<App>,
    Caller(who): Caller,
    Body(body): Body<PresenceSetting>,
) -> Answer {
    let setting = app.sessions.set_presence_setting(&who, body).await?;
    Ok(json(StatusCode::OK, &setting))
}
