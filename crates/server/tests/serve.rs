//! The server as operators meet it: started, asked, stopped.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

mod running;

use futures_util::{SinkExt, StreamExt};
use running::{Server, klatch_fails, klatch_ok};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::path::Path;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;

fn token(folder: &Path, user: &str) -> String {
    klatch_ok(folder, &["token", user]).trim().to_owned()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_demo_has_people_channels_and_a_past() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--demo"]);
    assert!(server.banner.contains("this is a demo"), "{}", server.banner);
    assert!(server.banner.contains("ana, rui, marta"), "{}", server.banner);
    let login = r#"{"username":"ana","password":"klatch-demo-2026"}"#;
    let (status, body) = server.post("/v1/auth/login", "", login);
    assert_eq!(status, 200, "{body}");
    let token = json(&body)["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("authorization: Bearer {token}\r\n");
    let (status, body) = server.get(&server.public, "/v1/channels", &bearer);
    assert_eq!(status, 200, "{body}");
    let list = json(&body);
    let channels = list["channels"].as_array().unwrap();
    let mut kinds: Vec<&str> = channels.iter().map(|c| c["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["course", "direct", "group", "meeting"]);
    let general = channels.iter().find(|c| c["name"] == "general").unwrap();
    assert_eq!(general["members"], 3);
    let id = general["id"].as_str().unwrap();
    let (_, body) = server.get(
        &server.public,
        &format!("/v1/channels/{id}/messages?limit=200"),
        &bearer,
    );
    let page = json(&body);
    let messages = page["messages"].as_array().unwrap();
    let has = |key: &str| messages.iter().any(|m| m.get(key).is_some());
    assert!(has("edited_at") && has("reactions") && has("reply_to"), "{body}");
    let at = |m: &serde_json::Value| m["at"].as_i64().unwrap();
    let span_ms = at(&messages[0]) - at(messages.last().unwrap());
    assert!(span_ms > 3_600_000, "the history covers hours, not {span_ms} ms");
    // A second start finds the demo and makes nothing twice.
    assert!(server.stop().success());
    let server = Server::start(folder.path(), &["--demo"]);
    assert!(server.banner.contains("klatch-demo-2026"), "{}", server.banner);
    assert_eq!(klatch_ok(folder.path(), &["channel", "list"]).lines().count(), 5);
}

#[test]
fn an_empty_server_makes_the_first_space_and_says_what_next() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert!(server.banner.contains("klatch user add"), "{}", server.banner);
    let spaces = klatch_ok(folder.path(), &["space", "list"]);
    assert!(spaces.lines().nth(1).unwrap().starts_with("default "), "{spaces}");
    let sign_up = r#"{"username":"zoe","password":"a long enough one"}"#;
    let (status, body) = server.post("/v1/auth/signup", "", sign_up);
    assert!(status == 200 || status == 201, "{status} {body}");
    assert!(server.stop().success());
    let server = Server::start(folder.path(), &[]);
    assert!(!server.banner.contains("klatch user add"), "{}", server.banner);
}

#[tokio::test]
async fn a_stop_sends_sockets_away_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--demo"]);
    let token = token(folder.path(), "ana");
    let mut request = format!("ws://{}/v1/ws", server.public)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "klatch.v1".parse().unwrap());
    let stream = tokio::net::TcpStream::connect(&server.public).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let hello = serde_json::json!({"op": "hello", "token": token, "client": "test"});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let first = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(first.contains("ready"), "{first}");
    let (status, _) = server.get(&server.internal, "/readyz", "");
    assert_eq!(status, 200);

    server.signal(Signal::TERM);
    let mut told_to_come_back = false;
    let code = loop {
        match socket
            .next()
            .await
            .expect("a close frame comes before the end")
            .unwrap()
        {
            Message::Close(frame) => break u16::from(frame.unwrap().code),
            Message::Text(text) => told_to_come_back |= text.contains("reconnect"),
            _ => {}
        }
    };
    assert_eq!(code, 1012);
    assert!(told_to_come_back);
    drop(socket);
    assert!(server.wait().success());
    assert!(!folder.path().join("data/klatch.addr").exists());
    klatch_ok(folder.path(), &["check"]);
}

#[test]
fn a_second_server_and_writing_commands_are_refused_while_one_runs() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path(), &["--demo"]);
    let second = klatch_fails(
        folder.path(),
        &[
            "serve",
            "--public",
            "127.0.0.1:0",
            "--internal",
            "127.0.0.1:0",
            "--demo",
        ],
        1,
    );
    assert!(second.contains("stop it first"), "{second}");
    let add = klatch_fails(folder.path(), &["user", "add", "zoe", "--generate"], 1);
    assert!(add.contains("stop it first") && add.lines().count() == 1, "{add}");
    // What only reads works beside it.
    assert!(klatch_ok(folder.path(), &["user", "list"]).contains("marta"));
    assert!(klatch_ok(folder.path(), &["check"]).contains("sound"));
    klatch_ok(folder.path(), &["backup", "copy.db"]);
    let exists = klatch_fails(folder.path(), &["backup", "copy.db"], 1);
    assert!(exists.contains("exists already"), "{exists}");
}

#[test]
fn a_backup_restores_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--demo"]);
    klatch_ok(folder.path(), &["backup", "copy.db"]);
    drop(server);
    klatch_ok(folder.path(), &["--data", "other", "restore", "copy.db"]);
    let before = klatch_ok(folder.path(), &["channel", "list"]);
    assert_eq!(
        klatch_ok(folder.path(), &["--data", "other", "channel", "list"]),
        before
    );
    let again = klatch_fails(folder.path(), &["--data", "other", "restore", "copy.db"], 1);
    assert!(again.contains("exists already"), "{again}");
    std::fs::write(
        folder.path().join("junk.db"),
        "this is no database at all, really".repeat(100),
    )
    .unwrap();
    klatch_fails(folder.path(), &["--data", "third", "restore", "junk.db"], 1);
}

#[test]
fn the_logs_are_where_the_reference_design_wants_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let port = server.public.rsplit(':').next().unwrap().to_owned();
    let (status, _) = server.get(&server.public, "/v1/me?secret=x", "user-agent: probe/1\r\n");
    assert!((400..500).contains(&status), "{status}");
    assert!(server.stop().success());
    let read = |name: &str| std::fs::read_to_string(folder.path().join("logs").join(name)).unwrap();
    let started =
        format!("info: app started listening on port {port} {{\"service\":\"app\",\"timestamp\":\"");
    assert!(
        read("combined.log").contains(&started),
        "{}",
        read("combined.log")
    );
    let requests = read("requests.log");
    assert!(requests.starts_with("127.0.0.1 - - ["), "{requests}");
    assert!(
        requests.contains(&format!("\"GET /v1/me HTTP/1.1\" {status} ")),
        "{requests}"
    );
    assert!(requests.trim_end().ends_with("\"-\" \"probe/1\""), "{requests}");
    assert_eq!(read("error.log"), "");
}

#[test]
fn no_secret_reaches_a_log_whatever_is_sent() {
    const CANARY: &str = "canary-7d1c-correct-horse";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("klatch.toml"), "[log]\nlevel = \"trace\"\n").unwrap();
    let server = Server::start(folder.path(), &[]);
    let account = format!(r#"{{"username":"zoe","password":"{CANARY}"}}"#);
    let (status, body) = server.post("/v1/auth/signup", "", &account);
    assert!(status < 300, "{body}");
    let signed_in = json(&body);
    let access = signed_in["access_token"].as_str().unwrap().to_owned();
    let refresh = signed_in["refresh_token"].as_str().unwrap().to_owned();
    server.post("/v1/auth/login", "", &account);
    server.post(
        "/v1/auth/login",
        "",
        &format!(r#"{{"username":"zoe","password":"{CANARY}x"}}"#),
    );
    server.post(
        "/v1/auth/login",
        "",
        &format!(r#"{{"username":"{CANARY} ","password":7}}"#),
    );
    server.post("/v1/auth/login", "", &format!("{{\"password\":\"{CANARY}\"")); // cut off
    let rotate = format!(r#"{{"refresh_token":"{refresh}"}}"#);
    server.post("/v1/auth/refresh", "", &rotate);
    server.post("/v1/auth/refresh", "", &rotate); // used twice
    for headers in [
        format!("authorization: Bearer {access}\r\n"),
        format!("authorization: Bearer {access}x\r\n"),
        format!("authorization: Basic {CANARY}\r\n"),
        format!("cookie: session={CANARY}\r\nreferer: https://a.example/?token={CANARY}\r\n"),
    ] {
        server.get(&server.public, "/v1/me", &headers);
        server.get(&server.public, &format!("/v1/me?access_token={CANARY}"), &headers);
        server.get(&server.public, &format!("/v1/ws?token={access}"), &headers);
    }
    assert!(server.stop().success());
    let mut seen = 0;
    let logs = std::fs::read_dir(folder.path().join("logs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for path in logs.chain([folder.path().join("stderr.txt")]) {
        let text = std::fs::read_to_string(&path).unwrap();
        seen += text.lines().count();
        for secret in [
            CANARY,
            access.as_str(),
            access.rsplit('.').next().unwrap(),
            refresh.as_str(),
        ] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{}: {line:?}", path.display());
        }
    }
    assert!(seen > 30, "the logs are not empty: {seen} lines");
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--demo"]);
    let body = r#"{"username":"ana","password":"klatch-demo-2026"}"#;
    let mut stream = std::net::TcpStream::connect(&server.public).unwrap();
    write!(
        stream,
        "POST /v1/auth/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         expect: 100-continue\r\n\r\n",
        server.public,
        body.len()
    )
    .unwrap();
    let mut go_on = [0u8; 25];
    stream.read_exact(&mut go_on).unwrap(); // the handler waits for the body now
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal(Signal::TERM);
    while server.get(&server.internal, "/readyz", "").0 != 503 {}
    while std::net::TcpStream::connect(&server.public).is_ok() {}
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(server.wait().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--demo"]);
    // A request that never ends holds the first stop up.
    let mut stream = std::net::TcpStream::connect(&server.public).unwrap();
    let head =
        "POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n";
    write!(stream, "{head}expect: 100-continue\r\n\r\n").unwrap();
    stream.read_exact(&mut [0u8; 25]).unwrap();
    server.signal(Signal::TERM);
    while server.get(&server.internal, "/readyz", "").0 != 503 {}
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(1));
}

#[test]
fn an_address_in_use_is_named_and_leaves_a_clean_database() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let complaint = klatch_fails(
        folder.path(),
        &["serve", "--public", &address, "--internal", "127.0.0.1:0"],
        1,
    );
    let last = complaint.lines().last().unwrap();
    assert!(
        last.contains(&format!("cannot listen on {address} (server.public)")),
        "{complaint}"
    );
    Server::start(folder.path(), &[]);
    let errors = std::fs::read_to_string(folder.path().join("stderr.txt")).unwrap();
    assert!(!errors.contains("not clean"), "{errors}");
}

#[test]
fn a_damaged_database_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/klatch.db"), "no database ".repeat(1000)).unwrap();
    let complaint = klatch_fails(
        folder.path(),
        &["serve", "--public", "127.0.0.1:0", "--internal", "127.0.0.1:0"],
        1,
    );
    let told: Vec<&str> = complaint
        .lines()
        .filter(|line| line.starts_with("klatch: "))
        .collect();
    assert_eq!(told.len(), 1, "{complaint}");
    assert!(told[0].contains("klatch.db"), "{complaint}");
}

#[test]
fn storage_in_memory_serves_and_leaves_no_database() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("klatch.toml"),
        "[storage]\nkind = \"memory\"\n",
    )
    .unwrap();
    let server = Server::start(folder.path(), &["--demo"]);
    let login = r#"{"username":"rui","password":"klatch-demo-2026"}"#;
    assert_eq!(server.post("/v1/auth/login", "", login).0, 200);
    let refused = klatch_fails(folder.path(), &["user", "list"], 1);
    assert!(refused.contains("storage.kind is \"memory\""), "{refused}");
    assert!(server.stop().success());
    assert!(!folder.path().join("data/klatch.db").exists());
}
