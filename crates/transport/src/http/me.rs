//! Oneself.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::{Me, User};
use klatch_types::DisplayName;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(get_me, rename_me))
}

/// A new name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenameBody {
    /// Name to show.
    name: DisplayName,
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
