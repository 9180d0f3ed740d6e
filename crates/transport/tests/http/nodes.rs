//! Nodes on the internal listener.

use crate::stack::{Server, card};
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use klatch_transport::{Internal, internal_router};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

const OUTSIDE: &str = "0190f3a1-7c1e-7000-8000-000000000009";

struct Inside {
    server: Server,
    router: axum::Router,
}

impl Inside {
    async fn start() -> Self {
        let server = Server::start().await;
        let router = internal_router(Internal {
            not_ready: Arc::new(Vec::new),
            degraded: Arc::new(Vec::new),
            space: None,
            app: server.app.clone(),
        });
        Self { server, router }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let kind = response.headers()[header::CONTENT_TYPE].clone();
        let expected = match status.is_success() {
            true => "application/json",
            false => "application/problem+json",
        };
        assert_eq!(kind, expected, "{status}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
        };
        self.send(request.unwrap()).await
    }

    /// Calls and expects a refusal with this code; its detail.
    async fn refused(&self, method: &str, path: &str, body: Value, code: &str) -> String {
        let (_, problem) = self.call(method, path, body).await;
        assert_eq!(problem["code"], code, "{method} {path}: {problem}");
        assert!(
            problem["requestId"].as_str().is_some_and(|id| !id.is_empty()),
            "{problem}"
        );
        problem["detail"].as_str().unwrap_or_default().to_owned()
    }
}

fn registration() -> Value {
    json!({"url": "https://old.example.org", "region": "porto", "capacity": 500, "connections": 20, "ttl_s": 60})
}

#[tokio::test]
async fn nodes_are_listed_registered_and_removed() {
    let inside = Inside::start().await;
    let (_, listed) = inside.call("GET", "/v1/nodes", Value::Null).await;
    assert_eq!(listed["protocol"], 2);
    let own = &listed["nodes"][0];
    assert_eq!(own["id"], card().id.to_string());
    assert_eq!(
        (&own["asked"], &own["protocol"]),
        (&json!(true), &json!({"min": 1, "max": 2}))
    );
    let path = format!("/v1/nodes/{OUTSIDE}");
    let (status, made) = inside.call("PUT", &path, registration()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&made["url"], &made["asked"]),
        (&json!("https://old.example.org"), &json!(false))
    );
    assert!(made.get("protocol").is_none());
    let (_, listed) = inside.call("GET", "/v1/nodes", Value::Null).await;
    assert_eq!(listed["nodes"].as_array().unwrap().len(), 2);
    let (status, _) = inside.call("DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    inside.refused("DELETE", &path, Value::Null, "not_found").await;
}

#[tokio::test]
async fn a_node_is_drained_and_resumed() {
    let inside = Inside::start().await;
    let path = |what| format!("/v1/nodes/{}/{what}", card().id);
    let (_, drained) = inside.call("POST", &path("drain"), json!({"spread_s": 30})).await;
    assert_eq!(drained["draining"], true);
    assert!(inside.server.app.cluster.is_draining());
    let (_, resumed) = inside.call("POST", &path("resume"), json!({})).await;
    assert_eq!(resumed["draining"], false);
    for (body, code) in [
        (json!({"spread_s": 3_601}), "invalid"),
        (json!({"spread_s": -1}), "invalid"),
        (json!({}), "invalid"),
        (Value::Null, "unsupported_media_type"),
    ] {
        inside.refused("POST", &path("drain"), body, code).await;
    }
    let nobody = format!("/v1/nodes/{OUTSIDE}/drain");
    inside
        .refused("POST", &nobody, json!({"spread_s": 1}), "not_found")
        .await;
}

#[tokio::test]
async fn registrations_out_of_bounds_are_refused() {
    let inside = Inside::start().await;
    let path = format!("/v1/nodes/{OUTSIDE}");
    for (field, value) in [
        ("url", json!("https://old.example.org/path")),
        ("region", json!("Porto")),
        ("capacity", json!(0)),
        ("connections", json!(4_000_000_000_u32)),
        ("ttl_s", json!(3_601)),
        ("ttl_s", json!(0)),
        ("colour", json!("green")),
    ] {
        let mut body = registration();
        body[field] = value;
        let detail = inside.refused("PUT", &path, body, "invalid").await;
        assert!(detail.contains(field), "{field}: {detail}");
    }
    let own = format!("/v1/nodes/{}", card().id);
    inside.refused("PUT", &own, registration(), "exists").await;
    inside.refused("DELETE", &own, Value::Null, "invalid").await;
    inside
        .refused("PUT", "/v1/nodes/seven", registration(), "invalid")
        .await;
    let list = inside
        .refused("POST", "/v1/nodes", Value::Null, "method_not_allowed")
        .await;
    assert_eq!(list, "");
    inside
        .refused("GET", "/v1/nothing", Value::Null, "not_found")
        .await;
}

#[tokio::test]
async fn where_a_user_is_connected_is_asked_by_id_or_name() {
    let inside = Inside::start().await;
    let (_, id) = inside.server.user("ana").await;
    let nowhere = json!({"user": id, "nodes": []});
    for path in [
        format!("/v1/users/{id}/nodes"),
        "/v1/users/nodes?username=ana".to_owned(),
        "/v1/users/nodes?username=ana&space=default".to_owned(),
    ] {
        assert_eq!(inside.call("GET", &path, Value::Null).await.1, nowhere, "{path}");
    }
    for (path, code) in [
        ("/v1/users/nodes?username=rui", "not_found"),
        ("/v1/users/nodes?username=ana&space=other", "not_found"),
        ("/v1/users/nodes?username=a%20b", "invalid"),
        ("/v1/users/nodes", "invalid"),
        ("/v1/users/nodes?username=ana&x=1", "invalid"),
        ("/v1/users/7/nodes", "invalid"),
    ] {
        inside.refused("GET", path, Value::Null, code).await;
    }
}

#[tokio::test]
async fn no_page_in_a_browser_may_give_orders() {
    let inside = Inside::start().await;
    let request = Request::post(format!("/v1/nodes/{}/drain", card().id))
        .header(header::ORIGIN, "http://127.0.0.1:8081")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"spread_s":1}"#))
        .unwrap();
    let (status, problem) = inside.send(request).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("origin_refused"))
    );
    assert!(!inside.server.app.cluster.is_draining());
}
