//! The descriptions of REST and of the socket, served. Their pages are in `docs`.

use super::app::App;
use axum::response::{IntoResponse, Response};
use http::header;
use klatch_protocol::codec;
use std::sync::OnceLock;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(openapi_document))
        .routes(routes!(asyncapi_document))
}

/// This document: OpenAPI 3.1 in JSON.
#[utoipa::path(get, path = "/openapi.json", tag = "openapi", security(()),
    responses((status = 200, description = "The document.", body = serde_json::Value)))]
async fn openapi_document() -> Response {
    static DOCUMENT: OnceLock<bytes::Bytes> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| codec::write(&crate::openapi::openapi()).into());
    ([(header::CONTENT_TYPE, "application/json")], document.clone()).into_response()
}

/// The description of the socket: AsyncAPI 3.0 in JSON.
#[utoipa::path(get, path = "/asyncapi.json", tag = "openapi", security(()),
    responses((status = 200, description = "The document.", body = serde_json::Value)))]
async fn asyncapi_document() -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        crate::docs::ASYNCAPI,
    )
        .into_response()
}
