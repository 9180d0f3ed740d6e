//! Metrics by route, and the internal listener that shows them.

use crate::stack::Server;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use klatch_transport::{App, Internal, internal_router};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use tower::ServiceExt;

async fn ask(internal: &Internal, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = internal_router(internal.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// S1.5: figures of every route.
#[tokio::test]
async fn requests_are_counted_by_template_so_that_ids_make_no_series() {
    let server = Server::start().await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let guard = metrics::set_default_local_recorder(&recorder);
    for channel in [
        "0190f3a1-7c1e-7000-8000-000000000001",
        "0190f3a1-7c1e-7000-8000-000000000002",
    ] {
        server.get(&format!("/v1/channels/{channel}")).await;
        server.get(&format!("/v1/nothing/{channel}")).await;
    }
    drop(guard);
    let internal = Internal {
        not_ready: Arc::new(Vec::new),
        degraded: Arc::new(Vec::new),
        space: None,
        app: App {
            metrics: Arc::new(move || handle.render()),
            ..server.app.clone()
        },
    };
    let (status, text) = ask(&internal, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        r#"http_requests_total{method="GET",route="/v1/channels/{id}",status="401"} 2"#,
        r#"http_requests_total{method="GET",route="unmatched",status="404"} 2"#,
        r#"http_request_seconds_count{method="GET",route="/v1/channels/{id}"} 2"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("0190f3a1"), "{text}");
}

#[tokio::test]
async fn a_server_that_is_alive_may_be_not_ready_and_says_why() {
    let ready = Internal {
        not_ready: Arc::new(Vec::new),
        degraded: Arc::new(Vec::new),
        space: None,
        app: Server::start().await.app,
    };
    let not_ready = Internal {
        not_ready: Arc::new(|| vec!["it stops".to_owned()]),
        ..ready.clone()
    };
    assert_eq!(
        ask(&ready, "/readyz").await,
        (
            StatusCode::OK,
            r#"{"ready":true,"reasons":[],"degraded":[]}"#.to_owned()
        )
    );
    let (status, text) = ask(&not_ready, "/readyz").await;
    assert_eq!(
        (status, text.as_str()),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"ready":false,"reasons":["it stops"],"degraded":[]}"#
        )
    );
    assert_eq!(ask(&not_ready, "/healthz").await.0, StatusCode::OK);
}
