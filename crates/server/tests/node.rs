//! The commands about the servers of a cluster, asked of a server that is alone.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

mod running;

use futures_util::{SinkExt, StreamExt};
use running::{Server, klatch_fails, klatch_ok};
use std::path::Path;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;

/// The columns of the line of a table that has this text.
fn line<'a>(table: &'a str, text: &str) -> Vec<&'a str> {
    let line = table.lines().find(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("{text} is not in\n{table}"))
        .split_whitespace()
        .collect()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Runs a command against the internal listener of a server.
fn ask(folder: &Path, server: &Server, args: &[&str]) -> String {
    let internal = format!("http://{}", server.internal);
    klatch_ok(folder, &[args, &["--internal", &internal]].concat())
}

#[test]
fn servers_are_listed_added_drained_resumed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder, &[]);
    let listed = ask(folder, &server, &["node", "list"]);
    assert_eq!(
        line(&listed, "NODE"),
        [
            "NODE",
            "URL",
            "REGION",
            "CONNECTIONS",
            "CAPACITY",
            "LOAD",
            "STATE",
            "VERSION"
        ]
    );
    assert_eq!(listed.lines().count(), 2, "{listed}");

    let url = "https://old.example.org";
    let add = [
        "node",
        "add",
        url,
        "--region",
        "porto",
        "--capacity",
        "500",
        "--connections",
        "20",
    ];
    let id = ask(folder, &server, &add).trim().to_owned();
    let listed = ask(folder, &server, &["node", "list"]);
    let columns = line(&listed, url);
    assert_eq!(
        columns,
        [id.as_str(), url, "porto", "20", "500", "0.00", "open", "external"]
    );

    let drained = ask(
        folder,
        &server,
        &["node", "drain", "--spread", "1", "--wait", "--json"],
    );
    let drained = json(&drained);
    assert_eq!(
        (&drained["draining"], &drained["asked"]),
        (&true.into(), &true.into())
    );
    let own = drained["id"].as_str().unwrap();
    assert_eq!(line(&ask(folder, &server, &["node", "list"]), own)[6], "draining");
    assert_eq!(
        line(&ask(folder, &server, &["node", "resume", own]), own)[6],
        "open"
    );

    ask(folder, &server, &["node", "remove", url]);
    let nodes = json(&ask(folder, &server, &["node", "list", "--json"]));
    assert_eq!(nodes["nodes"].as_array().unwrap().len(), 1);

    let internal = format!("http://{}", server.internal);
    let complaint = klatch_fails(folder, &["node", "remove", own, "--internal", &internal], 1);
    assert!(complaint.contains("it leaves when it is stopped"), "{complaint}");
    let complaint = klatch_fails(folder, &["node", "drain", "nobody", "--internal", &internal], 1);
    assert!(complaint.contains("there is no node `nobody`"), "{complaint}");
    assert!(server.stop().success());
}

#[test]
fn a_user_is_found_by_name_or_id_and_an_unknown_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    klatch_ok(folder, &["space", "add", "uni"]);
    let id = klatch_ok(folder, &["user", "add", "+123@x", "--no-password"]);
    let server = Server::start(folder, &[]);
    for who in [
        vec!["who", "+123@x"],
        vec!["who", "+123@x", "--space", "uni"],
        vec!["who", id.trim()],
    ] {
        let table = ask(folder, &server, &who);
        assert_eq!(
            table.split_whitespace().collect::<Vec<_>>(),
            ["NODE", "URL", "DEVICE", "SINCE", "ACTIVE"]
        );
        let found = json(&ask(folder, &server, &[who.as_slice(), &["--json"]].concat()));
        assert_eq!(found, serde_json::json!({"user": id.trim(), "nodes": []}));
    }
    let internal = format!("http://{}", server.internal);
    let complaint = klatch_fails(folder, &["who", "nobody", "--internal", &internal], 1);
    assert!(complaint.contains("There is no such user"), "{complaint}");
}

#[test]
fn a_server_that_does_not_run_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let complaint = klatch_fails(
        folder.path(),
        &["node", "list", "--internal", "http://127.0.0.1:1"],
        1,
    );
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert!(complaint.contains("http://127.0.0.1:1"), "{complaint}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connected_user_is_found_and_a_drain_waits_until_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder, &["--demo"]);
    let token = klatch_ok(folder, &["token", "ana"]).trim().to_owned();
    let url = format!("ws://{}/v1/ws", server.public);
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "klatch.v1".parse().unwrap());
    let stream = tokio::net::TcpStream::connect(&server.public).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let hello = serde_json::json!({"op": "hello", "token": token, "client": "test"});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let first = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(first.contains("ready"), "{first}");

    let found = ask(folder, &server, &["who", "ana"]);
    assert_eq!(found.lines().count(), 2, "{found}");
    let closed = tokio::spawn(async move {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(Some(frame)) = message {
                return u16::from(frame.code);
            }
        }
        0
    });
    let drained = json(&ask(
        folder,
        &server,
        &["node", "drain", "--spread", "0", "--wait", "--json"],
    ));
    assert_eq!(
        (&drained["draining"], &drained["connections"]),
        (&true.into(), &0.into())
    );
    assert_eq!(closed.await.unwrap(), 1012);
    assert_eq!(ask(folder, &server, &["who", "ana"]).lines().count(), 1);
}
