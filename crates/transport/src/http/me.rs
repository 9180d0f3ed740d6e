//! Oneself.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::{Caller, Peer};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::{Done, Me, User};
use klatch_types::DisplayName;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get_me, rename_me))
        .routes(routes!(change_password))
}

/// A new name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenameBody {
    /// Name to show.
    name: DisplayName,
}

/// The password before and the one from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    /// The password until now.
    #[schema(format = "password")]
    current: String,
    /// The new one: at least 12 characters, at most 256 bytes.
    #[schema(format = "password")]
    new: String,
}

/// Who one is, in which space with which rules, on which device.
#[utoipa::path(get, path = "/v1/me", tag = "me",
    responses((status = 200, description = "Oneself.", body = Me)))]
async fn get_me(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.me(&who).await?))
}

/// Changes the name that others see.
#[utoipa::path(patch, path = "/v1/me", tag = "me", request_body = RenameBody,
    responses((status = 200, description = "Oneself, as others see one now.", body = User)))]
async fn rename_me(State(app): State<App>, Caller(who): Caller, Body(body): Body<RenameBody>) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.rename(&who, body.name).await?))
}

/// Changes one's password. One's other devices are signed out.
#[utoipa::path(put, path = "/v1/me/password", tag = "me", request_body = PasswordBody,
    responses((status = 200, description = "From now on the new one is asked for.", body = Done)))]
async fn change_password(
    State(app): State<App>,
    Caller(who): Caller,
    Peer(peer): Peer,
    Body(body): Body<PasswordBody>,
) -> Answer {
    let done = app.auth.change_password(&who, &body.current, &body.new, peer);
    Ok(json(StatusCode::OK, &done.await?))
}
