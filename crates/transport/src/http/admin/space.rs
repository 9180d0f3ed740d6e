//! The space: its rules and origins, and its audit log.

use crate::http::app::{Answer, App, json};
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::params::Params;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::command::admin::AdminSpaceUpdate;
use klatch_protocol::view::{AdminSpace, AuditLines};
use klatch_types::AuditId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(admin_get_space, admin_update_space))
        .routes(routes!(admin_list_audit))
}

/// Which lines of the audit log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// The line before which the page begins; the newest if left out.
    before: Option<AuditId>,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Reads the space with its rules and origins. For administrators only.
#[utoipa::path(get, path = "/v1/admin/space", tag = "admin",
    responses((status = 200, description = "The space.", body = AdminSpace)))]
async fn admin_get_space(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.admin_space(&who).await?))
}

/// Changes rules and origins of the space. Every node follows within seconds. For administrators only.
#[utoipa::path(patch, path = "/v1/admin/space", tag = "admin", request_body = AdminSpaceUpdate,
    responses((status = 200, description = "The space as it is now.", body = AdminSpace)))]
async fn admin_update_space(
    State(app): State<App>,
    Caller(who): Caller,
    Body(change): Body<AdminSpaceUpdate>,
) -> Answer {
    let space = app.auth.admin_update_space(&who, change).await?;
    Ok(json(StatusCode::OK, &space))
}

/// Reads what administrators and the command line did in the space, newest first. For administrators only.
#[utoipa::path(get, path = "/v1/admin/audit", tag = "admin", params(AuditQuery),
    responses((status = 200, description = "Lines of the audit log.", body = AuditLines)))]
async fn admin_list_audit(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<AuditQuery>,
) -> Answer {
    let lines = app.auth.admin_audit(&who, query.before, query.limit).await?;
    Ok(json(StatusCode::OK, &lines))
}
