//! Who is let in: tokens, origins, addresses; and the headers on every answer.

use crate::stack::{Answer, Server};
use axum::body::Body;
use http::{Request, StatusCode, header};
use klatch_transport::Options;
use klatch_transport::http::client_ip;
use std::net::IpAddr;

async fn with_origin(server: &Server, method: &str, origin: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri("/v1/channels")
        .header(header::HOST, "chat.example")
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    server.send(request.body(Body::empty()).unwrap()).await
}

async fn listing() -> Server {
    let options = Options {
        allowed_origins: vec!["https://www.example".to_owned()],
        ..Options::default()
    };
    Server::with(options, axum::Router::new()).await
}

#[tokio::test]
async fn tokens_in_a_query_are_refused_everywhere() {
    let server = Server::start().await;
    for path in [
        "/v1/channels?token=s3cret",
        "/v1/channels?x=1&Access_Token=s3cret",
        "/?token=s3cret",
        "/v1/no?api_key=s3cret",
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "malformed"),
            "{path}"
        );
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("s3cret"),
            "{path}"
        );
    }
}

/// S0.1: every route asks for a token.
#[tokio::test]
async fn without_a_good_token_the_answer_says_how_to_send_one() {
    let server = Server::start().await;
    for value in [
        None,
        Some("Basic YTpi"),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer x.y.z"),
        Some("Bearer kk_no"),
    ] {
        let mut request = Request::get("/v1/channels");
        if let Some(value) = value {
            request = request.header(header::AUTHORIZATION, value);
        }
        let answer = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::UNAUTHORIZED, "unauthenticated"),
            "{value:?}"
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{value:?}");
    }
}

#[tokio::test]
async fn a_foreign_page_changes_nothing_and_reads_nothing() {
    let server = listing().await;
    for origin in [
        "https://evil.example",
        "null",
        "https://www.example.evil",
        "http://www.example",
    ] {
        for method in ["POST", "DELETE", "OPTIONS"] {
            let answer = with_origin(&server, method, origin).await;
            assert_eq!(answer.code(), "origin_refused", "{method} {origin}");
        }
        let read = with_origin(&server, "GET", origin).await;
        assert_eq!(read.header("access-control-allow-origin"), None, "{origin}");
    }
}

#[tokio::test]
async fn pages_of_listed_origins_and_of_spaces_are_let_in_by_cors() {
    let server = listing().await;
    for origin in ["https://www.example", "https://embed.example"] {
        let preflight = with_origin(&server, "OPTIONS", origin).await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT, "{origin}");
        assert_eq!(preflight.header("access-control-allow-origin"), Some(origin));
        assert!(
            preflight
                .header("access-control-allow-headers")
                .unwrap()
                .contains("authorization")
        );
        let answer = with_origin(&server, "POST", origin).await;
        assert_eq!(
            answer.code(),
            "unauthenticated",
            "the origin is no reason to refuse"
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.header("vary"), Some("origin"));
    }
}

#[tokio::test]
async fn the_servers_own_page_is_let_in_without_cors() {
    let server = listing().await;
    let answer = with_origin(&server, "POST", "https://chat.example").await;
    assert_eq!(answer.code(), "unauthenticated");
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_safe() {
    let server = Server::start().await;
    for path in [
        "/",
        "/join/abc",
        "/v1/channels",
        "/v1/nothing",
        "/openapi.json",
        "/v1/channels?token=x",
    ] {
        let answer = server.get(path).await;
        assert!(
            answer
                .header("content-security-policy")
                .unwrap()
                .starts_with("default-src 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            Some("same-origin"),
            "{path}"
        );
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            Some("same-origin"),
            "{path}"
        );
        let page = answer.status == StatusCode::OK && !path.ends_with("json");
        let caching = if page { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(caching), "{path}");
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{path}");
    }
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let server = Server::start().await;
    let page = server.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let etag = page.header("etag").unwrap();
    let again = Request::get("/join/some-code").header(header::IF_NONE_MATCH, format!("\"other\", W/{etag}"));
    let again = server.send(again.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let posted = Request::post("/index.html").body(Body::empty()).unwrap();
    assert_eq!(server.send(posted).await.status, StatusCode::NOT_FOUND);
}

#[test]
fn the_client_is_whom_the_nearest_trusted_proxy_names() {
    let trusted = |ip: IpAddr| ip.to_string().starts_with("10.");
    for (peer, forwarded, client) in [
        ("203.0.113.9", vec!["1.1.1.1"], "203.0.113.9"),
        ("10.0.0.1", vec![], "10.0.0.1"),
        ("10.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", vec!["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        (
            "10.0.0.1",
            vec!["1.1.1.1", "198.51.100.7, 10.0.0.2"],
            "198.51.100.7",
        ),
        ("10.0.0.1", vec!["198.51.100.7, nonsense"], "10.0.0.1"),
        ("::ffff:10.0.0.1", vec!["[2001:db8::7]:4711"], "2001:db8::7"),
    ] {
        let mut headers = http::HeaderMap::new();
        for value in &forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let found = client_ip(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
    }
}
