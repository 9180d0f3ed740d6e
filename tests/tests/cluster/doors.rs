//! What operators do is not for the public, and nothing that they say wrong breaks a node.

use crate::shared;
use anyhow::{Context, Result, ensure};
use klatch_tests::{Answer, Api};
use serde_json::{Value, json};

const ID: &str = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";

/// S0.5: internal routes are not reachable from outside.
#[tokio::test]
async fn the_public_listener_has_none_of_the_internal_routes() -> Result<()> {
    let cluster = shared::cluster().await?;
    let rui = cluster.person("doors").await?;
    let node = cluster.id(0).await?;
    let routes = [
        ("GET", "/v1/nodes".to_owned()),
        ("PUT", format!("/v1/nodes/{ID}")),
        ("DELETE", format!("/v1/nodes/{ID}")),
        ("POST", format!("/v1/nodes/{node}/drain")),
        ("POST", format!("/v1/nodes/{node}/resume")),
        ("GET", format!("/v1/users/{}/nodes", rui.id)),
        ("GET", "/v1/users/nodes?username=doors".to_owned()),
        ("GET", "/metrics".to_owned()),
        ("GET", "/readyz".to_owned()),
        ("GET", "/healthz".to_owned()),
    ];
    for caller in [cluster.nobody(0)?, cluster.api(0, &rui)?, cluster.system(0)?] {
        for (method, path) in &routes {
            let answer = caller.call(method, path, Some(json!({ "spread_s": 1 }))).await?;
            let named_user = path.starts_with("/v1/users/nodes");
            // `nodes` is read as the id of a user there, which it is not.
            let expected = if named_user {
                [404, 422, 401]
            } else {
                [404, 404, 404]
            };
            ensure!(expected.contains(&answer.status), "{method} {path}: {answer:?}");
        }
    }
    let cards = cluster.cards(0).await?;
    ensure!(cards.len() == 3 && cards.iter().all(|card| card["draining"] == false));
    Ok(())
}

#[tokio::test]
async fn a_page_in_an_operators_browser_changes_nothing() -> Result<()> {
    let cluster = shared::cluster().await?;
    let (base, node) = (cluster.node(1).internal_base(), cluster.id(1).await?);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let registration =
        json!({ "url": "https://evil.example", "region": "default", "capacity": 9_000, "ttl_s": 60 });
    for (method, path, body) in [
        ("PUT", format!("/v1/nodes/{ID}"), registration),
        ("DELETE", format!("/v1/nodes/{ID}"), json!({})),
        (
            "POST",
            format!("/v1/nodes/{node}/drain"),
            json!({ "spread_s": 0 }),
        ),
        ("POST", format!("/v1/nodes/{node}/resume"), json!({})),
    ] {
        for origin in ["https://evil.example", "null", base.as_str()] {
            let request = http
                .request(method.parse()?, format!("{base}{path}"))
                .header("Origin", origin)
                .json(&body);
            let answer = request.send().await?;
            let status = answer.status().as_u16();
            let problem: Value = answer.json().await?;
            ensure!(
                status == 403 && problem["code"] == "origin_refused",
                "{method} {path} from {origin}: {status} {problem}"
            );
        }
        // A form that a page sends without a script has no JSON.
        let request = http
            .request(method.parse()?, format!("{base}{path}"))
            .header("Content-Type", "text/plain")
            .body(body.to_string());
        let status = request.send().await?.status().as_u16();
        ensure!(matches!(status, 404 | 415), "{method} {path}: {status}");
    }
    let cards = cluster.cards(1).await?;
    ensure!(
        cards.len() == 3 && cards.iter().all(|card| card["draining"] == false),
        "{cards:?}"
    );
    Ok(())
}

/// A body that differs from a good one in this.
fn spoiled(field: &str, value: Value) -> Value {
    let mut body =
        json!({ "url": "https://chat-9.example", "region": "default", "capacity": 100, "ttl_s": 60 });
    body[field] = value;
    body
}

fn bad_registrations() -> Vec<Value> {
    let urls = [
        "",
        "chat.example",
        "ftp://chat.example",
        "javascript:alert(1)",
        "https://",
        "https://chat.example/",
        "https://chat.example/path",
        "https://chat.example?x",
        "https://chat.example#x",
        "https://user@chat.example",
        "https://user:secret@chat.example",
        "https://chat example",
        "https://chat.example:0",
        "https://chat.example:70000",
        "https://[::1",
        "https://chat.example\n",
        "https://chät.example",
        " https://chat.example",
        "HTTPS://chat.example",
    ];
    let regions = ["", "Default", "über", "a b", "a_b", "<script>"];
    let mut bodies: Vec<Value> = urls.iter().map(|url| spoiled("url", json!(url))).collect();
    bodies.extend(regions.iter().map(|region| spoiled("region", json!(region))));
    bodies.push(spoiled("url", json!(format!("https://{}", "a".repeat(300)))));
    bodies.push(spoiled("region", json!("a".repeat(33))));
    for capacity in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!(10_000_001),
        json!("9"),
        json!(u64::MAX),
    ] {
        bodies.push(spoiled("capacity", capacity));
    }
    for ttl in [
        json!(0),
        json!(-1),
        json!(3_601),
        json!(u64::MAX),
        json!("60"),
        json!(null),
    ] {
        bodies.push(spoiled("ttl_s", ttl));
    }
    for connections in [json!(-1), json!(10_000_001), json!([]), json!(4_294_967_296_u64)] {
        bodies.push(spoiled("connections", connections));
    }
    bodies.push(spoiled("draining", json!("yes")));
    bodies.push(spoiled("load", json!(0.1)));
    bodies.push(spoiled("id", json!(ID)));
    bodies.extend([json!({}), json!([]), json!(null), json!("x"), json!(7)]);
    bodies
}

#[tokio::test]
async fn a_wrong_registration_is_a_problem_and_no_node() -> Result<()> {
    let cluster = shared::cluster().await?;
    let inside = cluster.inside(2)?;
    let path = format!("/v1/nodes/{ID}");
    let bodies = bad_registrations();
    ensure!(bodies.len() > 40);
    for body in bodies {
        let answer = inside.call("PUT", &path, Some(body.clone())).await?;
        ensure!(is_refusal(&answer), "{body}: {answer:?}");
    }
    for (text, status) in [("{", 400), ("", 400), ("{\"url\":1e999}", 400), ("\u{0}", 400)] {
        let request = reqwest::Client::builder().no_proxy().build()?;
        let request = request
            .put(format!("{}{path}", cluster.node(2).internal_base()))
            .header("Content-Type", "application/json")
            .body(text);
        let answer = request.send().await?;
        ensure!(
            matches!(answer.status().as_u16(), 400 | 422),
            "{text:?}: {} and not {status}",
            answer.status()
        );
    }
    let huge = spoiled("region", json!("a".repeat(3_000_000)));
    let answer = inside.call("PUT", &path, Some(huge)).await?;
    ensure!((answer.status, answer.code()) == (413, "too_large"), "{answer:?}");
    // Nobody takes the place of a node.
    let node = cluster.id(0).await?;
    let good = spoiled("capacity", json!(7));
    let answer = inside
        .call("PUT", &format!("/v1/nodes/{node}"), Some(good.clone()))
        .await?;
    ensure!((answer.status, answer.code()) == (409, "exists"), "{answer:?}");
    let answer = inside.call("DELETE", &format!("/v1/nodes/{node}"), None).await?;
    ensure!(is_refusal(&answer), "{answer:?}");
    ensure!(cluster.cards(0).await?.len() == 3);
    Ok(())
}

#[tokio::test]
async fn wrong_questions_to_the_internal_listener_are_problems() -> Result<()> {
    let cluster = shared::cluster().await?;
    let inside = cluster.inside(0)?;
    let node = cluster.id(0).await?;
    let drain = format!("/v1/nodes/{node}/drain");
    let cases = [
        ("POST", drain.as_str(), Some(json!({ "spread_s": -1 }))),
        ("POST", &drain, Some(json!({ "spread_s": 3_601 }))),
        ("POST", &drain, Some(json!({ "spread_s": u64::MAX }))),
        ("POST", &drain, Some(json!({ "spread_s": "60" }))),
        ("POST", &drain, Some(json!({}))),
        ("POST", &drain, None),
        ("POST", &drain, Some(json!({ "spread_s": 1, "force": true }))),
        ("POST", "/v1/nodes/x/drain", Some(json!({ "spread_s": 1 }))),
        (
            "POST",
            "/v1/nodes/0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f/drain",
            Some(json!({ "spread_s": 1 })),
        ),
        (
            "POST",
            "/v1/nodes/0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f/resume",
            Some(json!({})),
        ),
        ("DELETE", "/v1/nodes/0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f", None),
        ("DELETE", "/v1/nodes", None),
        ("GET", "/v1/users/x/nodes", None),
        ("GET", "/v1/users/nodes", None),
        ("GET", "/v1/users/nodes?username=", None),
        ("GET", "/v1/users/nodes?username=no%00body&space=test", None),
        ("GET", "/v1/users/nodes?username=nobody-here&space=test", None),
        ("GET", "/v1/users/nodes?username=nobody&space=elsewhere", None),
        ("GET", "/v1/users/nodes?username=nobody&space=%2e%2e", None),
        ("GET", "/v1/users/nodes?username=nobody&x=1", None),
        ("GET", "/v1/nodes/../channels", None),
        ("GET", "/v1/channels", None),
        ("GET", "/", None),
    ];
    for (method, path, body) in cases {
        let answer = inside.call(method, path, body.clone()).await?;
        ensure!(is_refusal(&answer), "{method} {path} {body:?}: {answer:?}");
    }
    // Somebody who never was is connected nowhere.
    let answer = inside.must("GET", &format!("/v1/users/{ID}/nodes"), None).await?;
    ensure!(answer.body["nodes"] == json!([]), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn wrong_questions_after_a_location_are_problems() -> Result<()> {
    let cluster = shared::cluster().await?;
    let rui = cluster.person("where").await?;
    let (nobody, api): (Api, Api) = (cluster.nobody(1)?, cluster.api(1, &rui)?);
    for path in ["/v1/location", "/chat/location"] {
        let answer = nobody.call("GET", path, None).await?;
        ensure!(
            (answer.status, answer.code()) == (401, "unauthenticated"),
            "{path}: {answer:?}"
        );
        let answer = nobody.with("no.good.token").call("GET", path, None).await?;
        ensure!(answer.status == 401, "{path}: {answer:?}");
        let answer = api.must("GET", path, None).await?;
        let url = answer.text("url")?;
        let nodes = [0, 1, 2].map(|node| cluster.node(node).base());
        ensure!(nodes.contains(&url), "{path}: {url}");
        let answer = api.call("POST", path, None).await?;
        ensure!(answer.status == 405, "{path}: {answer:?}");
    }
    for query in [
        "region=",
        "region=Porto",
        "region=a%20b",
        "region=%C3%BC",
        "region=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "current=x",
        "current=",
        "token=x",
        "x=1",
    ] {
        let answer = api.call("GET", &format!("/v1/location?{query}"), None).await?;
        ensure!(is_refusal(&answer), "{query}: {answer:?}");
    }
    let path = format!("/v1/location?region=nowhere&current={ID}");
    let answer = api.must("GET", &path, None).await?;
    answer.body["node"].as_str().context("a node all the same")?;
    Ok(())
}

/// Refused by a problem with a code, and not by a fault of the server.
fn is_refusal(answer: &Answer) -> bool {
    (400..500).contains(&answer.status) && answer.body["code"].is_string()
}
