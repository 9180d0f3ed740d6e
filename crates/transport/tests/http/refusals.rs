//! What is refused, and in which words.

use crate::stack::Server;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode, header};
use klatch_types::limits;
use serde_json::json;

const ID: &str = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";

#[tokio::test]
async fn an_unknown_route_is_a_problem() {
    let server = Server::start().await;
    for path in [
        "/v1/nothing",
        "/v1",
        "/v1/channels/",
        "/nothing.js",
        "/../etc/passwd",
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::NOT_FOUND, "not_found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
    let server = Server::start().await;
    let request = Request::put("/v1/channels").body(Body::empty()).unwrap();
    let answer = server.send(request).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.code(), "method_not_allowed");
    let allow = answer.header("allow").unwrap();
    assert!(
        allow.contains("GET") && allow.contains("POST") && !allow.contains("PUT"),
        "{allow}"
    );
}

/// S0.8: the user reads a code and a sentence, and no detail of a failure.
#[tokio::test]
async fn a_panic_is_told_as_internal_and_nothing_more() {
    async fn boom() {
        panic!("the secret of the panic");
    }
    let extra = axum::Router::new().route("/v1/boom", get(boom));
    let server = Server::with(Default::default(), extra).await;
    let answer = server.get("/v1/boom").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "internal")
    );
    assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    assert_eq!(
        server.get("/openapi.json").await.status,
        StatusCode::OK,
        "others go on"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_told_as_unavailable() {
    let extra = axum::Router::new().route("/v1/never", get(std::future::pending::<()>));
    let server = Server::with(Default::default(), extra).await;
    let answer = server.get("/v1/never").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    );
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_body_must_be_json_in_utf8_of_the_right_shape_and_size() {
    let server = Server::start().await;
    let deep = format!("{{\"username\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    let large = vec![b' '; limits::FRAME_BYTES_MAX + 1];
    let cases: Vec<(Option<&str>, Vec<u8>, u16, &str)> = vec![
        (None, b"{}".to_vec(), 415, "unsupported_media_type"),
        (Some("text/plain"), b"{}".to_vec(), 415, "unsupported_media_type"),
        (
            Some("application/json; charset=latin1"),
            b"{}".to_vec(),
            415,
            "unsupported_media_type",
        ),
        (Some("application/json"), b"".to_vec(), 400, "malformed"),
        (Some("application/json"), b"{".to_vec(), 400, "malformed"),
        (
            Some("application/json"),
            b"{\"username\":\"\xff\"}".to_vec(),
            400,
            "malformed",
        ),
        (
            Some("application/json"),
            b"{\"username\":\"\\ud800\"}".to_vec(),
            400,
            "malformed",
        ),
        (Some("application/json"), deep.into_bytes(), 400, "malformed"),
        (Some("application/json"), large, 413, "too_large"),
        (Some("application/json"), b"[]".to_vec(), 422, "invalid"),
        (
            Some("application/json"),
            b"{\"username\":7,\"password\":\"x\"}".to_vec(),
            422,
            "invalid",
        ),
        (
            Some("application/json"),
            b"{\"username\":\"a b\",\"password\":\"x\"}".to_vec(),
            422,
            "invalid",
        ),
        (
            Some("Application/JSON; charset=\"UTF-8\""),
            b"{\"username\":\"a\",\"password\":\"x\",\"role\":\"owner\"}".to_vec(),
            422,
            "invalid",
        ),
    ];
    for (content_type, body, status, code) in cases {
        let shown = String::from_utf8_lossy(&body)
            .chars()
            .take(60)
            .collect::<String>();
        let mut request = Request::post("/v1/auth/login");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let answer = server.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{content_type:?} {shown}"
        );
    }
}

#[tokio::test]
async fn an_announced_length_over_the_limit_is_refused_before_it_is_read() {
    let server = Server::start().await;
    let request = Request::post("/v1/auth/login")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, "1000000000")
        .body(Body::from_stream(futures_util::stream::pending::<
            Result<bytes::Bytes, std::io::Error>,
        >()))
        .unwrap();
    assert_eq!(server.send(request).await.code(), "too_large");
}

#[tokio::test]
async fn parts_of_the_path_and_of_the_query_are_named_when_they_are_wrong() {
    let server = Server::start().await;
    let (token, _) = server.user("ana").await;
    for (path, named) in [
        ("/v1/channels/7".to_owned(), "`id`"),
        (format!("/v1/channels/{ID}/messages/first"), "`seq`"),
        (format!("/v1/channels/{ID}/messages/-1"), "`seq`"),
        (
            format!("/v1/channels/{ID}/messages/99999999999999999999"),
            "`seq`",
        ),
        (format!("/v1/channels/{ID}/messages?limit=many"), "limit"),
        (format!("/v1/channels/{ID}/messages?limit=1&limit=2"), "limit"),
        (format!("/v1/channels/{ID}/messages?limits=1"), "`limits`"),
        (format!("/v1/channels/{ID}?limit=1"), "`limit`"),
        ("/v1/channels?scope=all".to_owned(), "scope"),
        ("/v1/users".to_owned(), "query"),
    ] {
        let answer = server.call("GET", &path, &token, json!(null)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (422, "invalid"),
            "{path}"
        );
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(named), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_send_needs_one_key() {
    let server = Server::start().await;
    let (token, _) = server.user("ana").await;
    let path = format!("/v1/channels/{}/messages", server.group(&token).await);
    let answer = server.call("POST", &path, &token, json!({"text": "hi"})).await;
    assert_eq!(answer.code(), "invalid");
    for (header, status) in [("7", 422), (ID, 201)] {
        let request = Request::post(&path)
            .header(header::AUTHORIZATION, format!("bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", header)
            .body(Body::from(r#"{"text":"hi"}"#))
            .unwrap();
        assert_eq!(server.send(request).await.status.as_u16(), status, "{header}");
    }
    let differing = Request::post(&path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", ID)
        .body(Body::from(
            r#"{"text":"hi","key":"0190f3a1-7c1e-7000-8000-000000000000"}"#,
        ))
        .unwrap();
    assert_eq!(server.send(differing).await.code(), "invalid");
}
