//! The internal listener: is the server alive, is it ready, its figures, the nodes, and gRPC. Only gRPC asks who is
//! calling, so it listens on loopback unless told otherwise.

use super::app::App;
use super::edge::{self, Refused};
use super::node;
use super::origin;
use crate::error::{HttpProblem, TransportError};
use crate::grpc;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use klatch_protocol::codec;
use klatch_types::{Slug, limits};
use serde::Serialize;
use std::sync::Arc;

/// What the internal routes tell and do.
#[derive(Clone)]
pub struct Internal {
    /// Why the server cannot serve just now, in sentences for operators; empty when it can.
    pub not_ready: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// What works less well than it should while the server is ready, in sentences for operators.
    pub degraded: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// The space that the campus chat's routes act for, if the operator named one.
    pub space: Option<Slug>,
    /// What the public routes stand on.
    pub app: App,
}

/// The answer of `/readyz`.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<String>,
    degraded: Vec<String>,
}

/// Content type of Prometheus' text format.
pub(super) const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Routes of the internal listener.
pub fn internal_router(internal: Internal) -> axum::Router {
    let (campus, _) = crate::compat::internal_routes().split_for_parts();
    axum::Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .route("/openapi.json", get(document))
        .merge(node::routes())
        .merge(campus)
        .merge(grpc::routes(
            internal.app.clone(),
            Arc::clone(&internal.not_ready),
        ))
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::method_not_allowed)
        .layer(middleware::from_fn_with_state(internal.clone(), around))
        .with_state(internal)
}

async fn ready(State(internal): State<Internal>) -> Response {
    let reasons = (internal.not_ready)();
    let ready = reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = codec::write(&Readiness {
        ready,
        reasons,
        degraded: (internal.degraded)(),
    });
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The description of the campus chat's routes.
async fn document() -> Response {
    let document = codec::write(&crate::openapi::internal());
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

async fn figures(State(internal): State<Internal>) -> Response {
    ([(header::CONTENT_TYPE, PROMETHEUS)], (internal.app.metrics)()).into_response()
}

/// What holds for every internal request: no page of a browser on the same machine may change anything, an answer comes
/// in time, and a refusal is a problem of RFC 9457.
async fn around(State(internal): State<Internal>, request: Request, next: Next) -> Response {
    let from_page = request.headers().contains_key(header::ORIGIN);
    let mut response = if from_page && !origin::is_harmless(request.method()) {
        origin::refused().into_response()
    } else {
        let answered = tokio::time::timeout(limits::REQUEST_TIMEOUT, next.run(request)).await;
        answered.unwrap_or_else(|_elapsed| TransportError::Timeout.into_response())
    };
    if let Some(Refused(error)) = response.extensions_mut().remove::<Refused>() {
        let id = edge::request_id(&internal.app);
        if let Some(detail) = error.fault() {
            tracing::error!(request_id = id, detail, "internal request failed");
        }
        *response.body_mut() = HttpProblem::write(error.problem(), &id);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        let problem = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem);
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(edge::REQUEST_ID, id);
        }
    }
    response
}
