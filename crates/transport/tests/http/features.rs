//! Each feature once, through REST: the commands are made right and the replies come back in the documented shape.

use crate::stack::{PASSWORD, Server};
use klatch_session::auth::AuthConfig;
use klatch_session::rate::RateConfig;
use klatch_transport::Options;
use serde_json::{Value, json};

const NONE: Value = Value::Null;

fn key(n: u32) -> String {
    format!("0190f3a1-7c1e-7000-8000-{n:012}")
}

/// Calls, expects a status, and gives the body.
async fn ok(server: &Server, call: (&str, &str), token: &str, body: Value, status: u16) -> Value {
    let (method, path) = call;
    let answer = server.call(method, path, token, body).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status.as_u16(), status, "{method} {path}: {text}");
    let body = answer.json();
    check_documented(method, path, status, &body);
    body
}

/// Whether an answer has the fields that the document gives it: all that are required, and no others.
fn check_documented(method: &str, path: &str, status: u16, body: &Value) {
    let document = serde_json::to_value(klatch_transport::openapi()).unwrap();
    let path = path.split('?').next().unwrap();
    let fits = |template: &str| {
        let (wanted, given): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
        wanted.len() == given.len() && wanted.iter().zip(&given).all(same)
    };
    let paths = document["paths"].as_object().unwrap();
    let (_, item) = paths.iter().find(|(template, _)| fits(template)).unwrap();
    let content =
        &item[method.to_lowercase()]["responses"][status.to_string()]["content"]["application/json"];
    let reference = content["schema"]["$ref"]
        .as_str()
        .unwrap_or_else(|| panic!("{method} {path} {status}"));
    let schema = document.pointer(reference.strip_prefix('#').unwrap()).unwrap();
    let body = body.as_object().unwrap();
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(
            body.contains_key(required.as_str().unwrap()),
            "{method} {path} {reference} lacks {required}"
        );
    }
    for field in body.keys() {
        assert!(
            schema["properties"].get(field).is_some(),
            "{method} {path} {reference} has no {field}"
        );
    }
}

/// S0.2, S4.2: messages over REST.
#[tokio::test]
async fn a_message_is_sent_once_read_edited_reacted_to_and_deleted() {
    let server = Server::start().await;
    let (ana, _) = server.user("ana").await;
    let channel = format!("/v1/channels/{}", server.group(&ana).await);
    let messages = format!("{channel}/messages");
    let body = json!({"key": key(1), "text": "hello"});
    let ack = ok(&server, ("POST", &messages), &ana, body.clone(), 201).await;
    let again = ok(&server, ("POST", &messages), &ana, body, 201).await;
    assert_eq!((&again["seq"], &again["duplicate"]), (&ack["seq"], &json!(true)));
    let other = server
        .call("POST", &messages, &ana, json!({"key": key(1), "text": "other"}))
        .await;
    assert_eq!(
        (other.status.as_u16(), other.code().as_str()),
        (409, "idempotency_conflict")
    );

    let message = format!("{messages}/{}", ack["seq"]);
    ok(
        &server,
        ("PATCH", &message),
        &ana,
        json!({"text": "hello all"}),
        200,
    )
    .await;
    ok(
        &server,
        ("PUT", &format!("{message}/reactions/%F0%9F%91%8D")),
        &ana,
        NONE,
        200,
    )
    .await;
    let read = ok(&server, ("GET", &message), &ana, NONE, 200).await;
    assert_eq!(
        (&read["text"], &read["reactions"][0]["emoji"]),
        (&json!("hello all"), &json!("👍"))
    );
    ok(
        &server,
        ("DELETE", &format!("{message}/reactions/%F0%9F%91%8D")),
        &ana,
        NONE,
        200,
    )
    .await;
    ok(&server, ("DELETE", &message), &ana, NONE, 200).await;

    let page = ok(&server, ("GET", &format!("{messages}?limit=10")), &ana, NONE, 200).await;
    assert_eq!(page["messages"][0]["deleted"], json!(true));
    let events = ok(
        &server,
        ("GET", &format!("{channel}/events?after=0&limit=1")),
        &ana,
        NONE,
        200,
    )
    .await;
    assert_eq!(
        (&events["events"][0]["seq"], &events["more"]),
        (&json!(1), &json!(true))
    );
    let stale = server
        .call("GET", &format!("{channel}/events?epoch=other"), &ana, NONE)
        .await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (410, "resync"));
    let cursor = ok(
        &server,
        ("PUT", &format!("{channel}/cursor")),
        &ana,
        json!({"read": 1, "received": 2}),
        200,
    )
    .await;
    assert_eq!(cursor["channel"], page["messages"][0]["channel"]);
    ok(&server, ("POST", &format!("{channel}/typing")), &ana, NONE, 200).await;
    let neither = server
        .call("PUT", &format!("{channel}/cursor"), &ana, json!({}))
        .await;
    assert_eq!(neither.code(), "invalid");
}

/// S0.2, S4.1: one's channels are listed, last activity first, and only one's own.
#[tokio::test]
async fn channels_are_listed_changed_and_closed_and_unseen_by_strangers() {
    let server = Server::start().await;
    let (ana, _) = server.user("ana").await;
    let (rui, rui_id) = server.user("rui").await;
    let channel = format!("/v1/channels/{}", server.group(&ana).await);
    assert_eq!(server.call("GET", &channel, &rui, NONE).await.code(), "not_found");
    ok(
        &server,
        ("PATCH", &channel),
        &ana,
        json!({"topic": "All of us"}),
        200,
    )
    .await;
    let changed = ok(&server, ("GET", &channel), &ana, NONE, 200).await;
    assert_eq!(
        (&changed["topic"], &changed["name"]),
        (&json!("All of us"), &json!("General"))
    );
    let listed = ok(
        &server,
        ("GET", "/v1/channels?scope=mine&limit=5"),
        &ana,
        NONE,
        200,
    )
    .await;
    assert_eq!(listed["channels"].as_array().unwrap().len(), 1);

    let direct = json!({"kind": "direct", "members": [rui_id]});
    let made = ok(&server, ("POST", "/v1/channels"), &ana, direct.clone(), 201).await;
    let found = ok(&server, ("POST", "/v1/channels"), &ana, direct, 200).await;
    assert_eq!(made["id"], found["id"]);

    ok(&server, ("DELETE", &channel), &ana, NONE, 200).await;
    let closed = server
        .call(
            "POST",
            &format!("{channel}/messages"),
            &ana,
            json!({"key": key(1), "text": "x"}),
        )
        .await;
    assert_eq!(closed.code(), "archived");
}

/// S0.2, S4.5: join, leave, and who is a member of a channel.
#[tokio::test]
async fn members_come_change_and_go() {
    let server = Server::start().await;
    let (ana, _) = server.user("ana").await;
    let (rui, rui_id) = server.user("rui").await;
    let channel = format!("/v1/channels/{}", server.group(&ana).await);
    let (member, mute) = (
        format!("{channel}/members/{rui_id}"),
        format!("{channel}/mutes/{rui_id}"),
    );
    ok(
        &server,
        ("POST", &format!("{channel}/members")),
        &ana,
        json!({"user": rui_id}),
        200,
    )
    .await;
    ok(
        &server,
        ("PATCH", &member),
        &ana,
        json!({"role": "moderator"}),
        200,
    )
    .await;
    let listed = ok(
        &server,
        ("GET", &format!("{channel}/members?limit=10")),
        &ana,
        NONE,
        200,
    )
    .await;
    let roles: Vec<&Value> = listed["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["role"])
        .collect();
    assert!(
        roles.contains(&&json!("owner")) && roles.contains(&&json!("moderator")),
        "{roles:?}"
    );

    ok(&server, ("PUT", &mute), &ana, NONE, 200).await;
    let muted = server
        .call(
            "POST",
            &format!("{channel}/messages"),
            &rui,
            json!({"key": key(1), "text": "x"}),
        )
        .await;
    assert_eq!(muted.code(), "muted");
    ok(&server, ("DELETE", &mute), &ana, NONE, 200).await;

    ok(
        &server,
        ("DELETE", &format!("{member}?reason=enough")),
        &ana,
        NONE,
        200,
    )
    .await;
    let ban = format!("{channel}/bans/{rui_id}");
    ok(&server, ("PUT", &ban), &ana, json!({"reason": "spam"}), 200).await;
    let bans = ok(&server, ("GET", &format!("{channel}/bans")), &ana, NONE, 200).await;
    assert_eq!(bans["bans"][0]["reason"], json!("spam"));
    ok(&server, ("DELETE", &ban), &ana, NONE, 200).await;

    let open = json!({"kind": "group", "name": "Open", "visibility": "open"});
    let open = ok(&server, ("POST", "/v1/channels"), &ana, open, 201).await;
    let open = format!("/v1/channels/{}", open["id"].as_str().unwrap());
    ok(&server, ("POST", &format!("{open}/join")), &rui, NONE, 200).await;
    ok(&server, ("POST", &format!("{open}/leave")), &rui, NONE, 200).await;
}

#[tokio::test]
async fn an_invitation_is_made_looked_at_accepted_and_taken_back() {
    let server = Server::start().await;
    let (ana, _) = server.user("ana").await;
    let (rui, _) = server.user("rui").await;
    let invites = format!("/v1/channels/{}/invites", server.group(&ana).await);
    let invite = ok(&server, ("POST", &invites), &ana, json!({"uses_max": 2}), 201).await;
    let link = format!("/v1/invites/{}", invite["code"].as_str().unwrap());
    let preview = ok(&server, ("GET", &link), &rui, NONE, 200).await;
    assert_eq!(preview["name"], json!("General"));
    ok(&server, ("POST", &format!("{link}/accept")), &rui, NONE, 200).await;
    let listed = ok(&server, ("GET", &invites), &ana, NONE, 200).await;
    assert_eq!(listed["invites"][0]["uses"], json!(1));
    let one = format!("{invites}/{}", invite["id"].as_str().unwrap());
    ok(&server, ("DELETE", &one), &ana, NONE, 200).await;
    assert!(
        server
            .call("GET", &link, &rui, NONE)
            .await
            .status
            .is_client_error()
    );
}

/// S4.2: sign-up, login and logout over REST.
#[tokio::test]
async fn a_device_signs_in_refreshes_and_signs_out() {
    let server = Server::start().await;
    let (first, id) = server.user("ana").await;
    let login = json!({"username": "ana", "password": PASSWORD, "device": "Laptop"});
    let signed_in = ok(&server, ("POST", "/v1/auth/login"), "", login, 200).await;
    let refresh = json!({"refresh_token": signed_in["refresh_token"]});
    let second = ok(&server, ("POST", "/v1/auth/refresh"), "", refresh.clone(), 200).await;
    let second = second["access_token"].as_str().unwrap();
    let devices = ok(&server, ("GET", "/v1/devices"), second, NONE, 200).await;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 2);
    let other = devices["devices"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["current"] == json!(false))
        .unwrap();
    ok(
        &server,
        (
            "DELETE",
            &format!("/v1/devices/{}", other["id"].as_str().unwrap()),
        ),
        second,
        NONE,
        200,
    )
    .await;
    assert_eq!(
        server.call("GET", "/v1/devices", &first, NONE).await.code(),
        "revoked"
    );
    let found = ok(&server, ("GET", &format!("/v1/users/{id}")), second, NONE, 200).await;
    assert_eq!(found["username"], json!("ana"));
    let searched = ok(&server, ("GET", "/v1/users?query=AN&limit=5"), second, NONE, 200).await;
    assert_eq!(searched["users"][0]["id"], json!(id));
    ok(&server, ("POST", "/v1/auth/logout"), second, NONE, 200).await;
    assert_eq!(
        server.call("GET", "/v1/devices", second, NONE).await.code(),
        "revoked"
    );
    let wrong = json!({"username": "ana", "password": "not her password"});
    assert_eq!(
        server.call("POST", "/v1/auth/login", "", wrong).await.code(),
        "bad_credentials"
    );
}

/// S0.2: one's name is changed.
#[tokio::test]
async fn one_is_told_who_one_is_and_changes_ones_name() {
    let server = Server::start().await;
    let (ana, id) = server.user("ana").await;
    let me = ok(&server, ("GET", "/v1/me"), &ana, NONE, 200).await;
    assert_eq!(
        (&me["user"]["id"], &me["space"]["slug"]),
        (&json!(id), &json!("default"))
    );
    let renamed = ok(
        &server,
        ("PATCH", "/v1/me"),
        &ana,
        json!({"name": "Ana Maria"}),
        200,
    )
    .await;
    assert_eq!(
        (&renamed["name"], &renamed["username"]),
        (&json!("Ana Maria"), &json!("ana"))
    );
    let me = ok(&server, ("GET", "/v1/me"), &ana, NONE, 200).await;
    assert_eq!(me["user"]["name"], json!("Ana Maria"));
}

#[tokio::test]
async fn a_back_end_makes_accounts_guests_and_tokens_and_people_do_not() {
    let server = Server::start().await;
    let (ana, ana_id) = server.user("ana").await;
    let channel = server.group(&ana).await;
    let (_, api_key) = server
        .auth
        .create_api_key(server.space, "Shop".parse().unwrap())
        .await
        .unwrap();
    let account = json!({"username": "rui", "name": "Rui"});
    let guest = json!({"name": "Visitor", "life_s": 600, "channels": [{"channel": channel}]});
    let token = json!({"user": ana_id});
    for (path, body) in [
        ("/v1/users", &account),
        ("/v1/guests", &guest),
        ("/v1/tokens", &token),
    ] {
        assert_eq!(
            server.call("POST", path, &ana, body.clone()).await.code(),
            "forbidden",
            "{path}"
        );
    }
    let made = ok(&server, ("POST", "/v1/users"), &api_key, account, 201).await;
    assert_eq!(made["name"], json!("Rui"));
    let let_in = ok(&server, ("POST", "/v1/guests"), &api_key, guest, 201).await;
    let guest_token = let_in["access_token"].as_str().unwrap();
    let seen = ok(
        &server,
        ("GET", &format!("/v1/channels/{channel}")),
        guest_token,
        NONE,
        200,
    )
    .await;
    assert_eq!(seen["role"], json!("guest"));
    let minted = ok(&server, ("POST", "/v1/tokens"), &api_key, token, 201).await;
    let listed = ok(
        &server,
        ("GET", "/v1/channels"),
        minted["access_token"].as_str().unwrap(),
        NONE,
        200,
    )
    .await;
    assert_eq!(listed["channels"][0]["id"], json!(channel));
    let nobody = json!({"user": key(1)});
    assert_eq!(
        server.call("POST", "/v1/tokens", &api_key, nobody).await.code(),
        "not_found"
    );
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let rates = RateConfig {
        requests_per_second: 1,
        ..RateConfig::default()
    };
    let identity = AuthConfig {
        rates,
        ..AuthConfig::default()
    };
    let server = Server::build(Options::default(), axum::Router::new(), identity).await;
    let (ana, _) = server.user("ana").await;
    let mut answer = server.call("GET", "/v1/devices", &ana, NONE).await;
    assert_eq!(answer.status.as_u16(), 200);
    for _ in 0..20 {
        answer = server.call("GET", "/v1/devices", &ana, NONE).await;
        if answer.status.as_u16() != 200 {
            break;
        }
    }
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (429, "rate_limited")
    );
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
}
