//! The internal listener: is the server alive, is it ready, and its figures. Nothing here asks who is calling, so it
//! listens on loopback unless told otherwise.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use klatch_protocol::codec;
use serde::Serialize;
use std::sync::Arc;

/// What the internal routes tell.
#[derive(Clone)]
pub struct Internal {
    /// Why the server cannot serve just now, in sentences for operators; empty when it can.
    pub not_ready: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// The metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// The answer of `/readyz`.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<String>,
}

/// Content type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Routes of the internal listener.
pub fn internal_router(internal: Internal) -> axum::Router {
    axum::Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
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
    let body = codec::write(&Readiness { ready, reasons });
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn figures(State(internal): State<Internal>) -> Response {
    ([(header::CONTENT_TYPE, PROMETHEUS)], (internal.metrics)()).into_response()
}
