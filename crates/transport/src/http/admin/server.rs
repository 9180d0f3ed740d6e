//! The server: its nodes, spaces and figures.

use crate::error::TransportError;
use crate::http::app::{Answer, App, json};
use crate::http::caller::Caller;
use crate::http::internal::PROMETHEUS;
use crate::http::node;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use klatch_channel::access;
use klatch_protocol::view::{AdminSpaces, Nodes};
use klatch_session::{Principal, SessionError};
use klatch_types::AdminScope;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(admin_list_nodes))
        .routes(routes!(admin_list_spaces))
        .routes(routes!(admin_get_metrics))
}

/// Nodes and figures are asked of no session, so it is asked here whether they may be told.
fn may_see_server(who: &Principal) -> Result<(), TransportError> {
    Ok(access::may_administer(&who.actor(), AdminScope::Server).map_err(SessionError::from)?)
}

/// Lists the nodes of the server. For administrators of the server only.
#[utoipa::path(get, path = "/v1/admin/nodes", tag = "admin",
    responses((status = 200, description = "The nodes.", body = Nodes)))]
async fn admin_list_nodes(State(app): State<App>, Caller(who): Caller) -> Answer {
    may_see_server(&who)?;
    Ok(json(StatusCode::OK, &node::nodes(&app)))
}

/// Lists the spaces of the server with their rules and origins. For administrators of the server only.
#[utoipa::path(get, path = "/v1/admin/spaces", tag = "admin",
    responses((status = 200, description = "The spaces.", body = AdminSpaces)))]
async fn admin_list_spaces(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.admin_spaces(&who).await?))
}

/// Reads the figures of the node that is asked, in Prometheus' text format. For administrators of the server only.
#[utoipa::path(get, path = "/v1/admin/metrics", tag = "admin",
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")))]
async fn admin_get_metrics(State(app): State<App>, Caller(who): Caller) -> Answer {
    may_see_server(&who)?;
    Ok(([(header::CONTENT_TYPE, PROMETHEUS)], (app.metrics)()).into_response())
}
