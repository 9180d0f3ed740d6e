//! Where a client is told to connect.

use crate::stack::{Server, card};
use http::{Request, StatusCode, header};
use klatch_cluster::Registration;
use klatch_transport::Options;
use klatch_types::NodeId;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

async fn locate(server: &Server, path: &str, token: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
    let mut request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = server
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_server_alone_answers_the_address_at_which_one_came() {
    let server = Server::start().await;
    let (token, _) = server.user("up201906680").await;
    let came = [("host", "chat.example.org:8080")];
    let (status, answer) = locate(&server, "/v1/location", &token, &came).await;
    assert_eq!(status, StatusCode::OK);
    let id = card().id.to_string();
    assert_eq!(
        answer,
        json!({"url": "http://chat.example.org:8080", "node": id, "region": "porto", "expires_in_s": 10})
    );
    let by_tls = [("host", "chat.example.org"), ("x-forwarded-proto", "https")];
    let (_, answer) = locate(&server, "/v1/location?region=lisboa", &token, &by_tls).await;
    assert_eq!(answer["url"], "https://chat.example.org");
    let (_, answer) = locate(&server, "/chat/location", &token, &came).await;
    assert_eq!(
        answer,
        json!({"url": "http://chat.example.org:8080"}),
        "under the old name"
    );
}

#[tokio::test]
async fn the_address_that_the_operator_named_comes_first() {
    let options = Options {
        public_url: Some("https://chat.example.org".to_owned()),
        ..Options::default()
    };
    let server = Server::with(options, axum::Router::new()).await;
    let (token, _) = server.user("ana").await;
    let (_, answer) = locate(&server, "/v1/location", &token, &[("host", "10.0.0.7")]).await;
    assert_eq!(answer["url"], "https://chat.example.org");
}

#[tokio::test]
async fn another_server_with_more_room_is_named() {
    let server = Server::start().await;
    let (token, _) = server.user("ana").await;
    let cluster = &server.app.cluster;
    cluster.set_load(0.5);
    let registration = Registration {
        url: "https://chat-2.example.org".to_owned(),
        region: "lisboa".to_owned(),
        capacity: 100,
        connections: 10,
        draining: false,
        life: Duration::from_secs(60),
    };
    let other = NodeId(Uuid::from_u128(2));
    cluster.register(other, registration).unwrap();
    for path in ["/v1/location", "/chat/location"] {
        let (_, answer) = locate(&server, path, &token, &[("host", "localhost")]).await;
        assert_eq!(answer["url"], "https://chat-2.example.org", "{path}");
    }
}

#[tokio::test]
async fn what_is_out_of_shape_is_refused() {
    let server = Server::start().await;
    let (token, _) = server.user("ana").await;
    let host = ("host", "localhost");
    for path in [
        "/v1/location?region=PORTO",
        "/v1/location?region=",
        "/v1/location?current=7",
        "/v1/location?up=ana",
        "/chat/location?region=porto",
    ] {
        let (status, problem) = locate(&server, path, &token, &[host]).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")),
            "{path}"
        );
    }
    let (status, _) = locate(&server, "/v1/location", &token, &[("host", "a b")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.get("/v1/location").await.status, StatusCode::UNAUTHORIZED);
}
