//! The OpenAPI document names every route and holds together.

use crate::stack::Server;
use http::{Method, Request, StatusCode};
use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(klatch_transport::openapi()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    });
    all.collect()
}

#[test]
fn the_routes_are_these() {
    let document = document();
    let mut lines: Vec<String> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| format!("{path} {method}"))
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_operation_is_described_and_has_its_own_id() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = std::collections::HashSet::new();
    for (method, path, operation) in operations(&document) {
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{method} {path}"
        );
        assert!(
            operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
            "{method} {path}"
        );
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{method} {path}"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            let described = response["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty());
            assert!(described, "{method} {path} {status}");
            let problem = response["content"].get("application/problem+json").is_some();
            // That nothing has changed is told without a body (RFC 9110 section 15.4.5).
            let is_refused = !status.starts_with('2') && status != "304";
            assert_eq!(problem, is_refused, "{method} {path} {status}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match (name.as_str(), field) {
                        ("$ref", Value::String(to)) => found.push(to.clone()),
                        (_, field) => walk(field, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_documented_route_is_there_and_only_the_open_ones_need_no_token() {
    let server = Server::start().await;
    let document = document();
    for (method, path, operation) in operations(&document) {
        let id = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";
        let uri = path
            .replace("{seq}", "1")
            .replace("{emoji}", "x")
            .replace("{code}", "c");
        let uri = uri
            .replace("{id}", id)
            .replace("{user}", id)
            .replace("{invite}", id)
            .replace("{group}", id)
            .replace("{user_id}", id);
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(&uri);
        let answer = server
            .send(request.body(axum::body::Body::empty()).unwrap())
            .await;
        let open = operation["security"] == serde_json::json!([{}]);
        let expected: &[StatusCode] = match open {
            true => &[
                StatusCode::OK,
                StatusCode::NO_CONTENT,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ],
            false => &[StatusCode::UNAUTHORIZED],
        };
        assert!(
            expected.contains(&answer.status),
            "{method} {uri}: {}",
            answer.status
        );
    }
}

#[tokio::test]
async fn the_served_document_is_the_generated_one() {
    let served = Server::start().await.get("/openapi.json").await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.json(), document());
}
