//! Servers over a real PostgreSQL, and the way there from an embedded database.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

mod running;

use klatch_testkit::engines::{Postgres, Proxy};
use running::{Server, command, klatch_fails, klatch_ok};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The password in every connection string here: nothing may print it.
const CANARY: &str = "hunter2canary";
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fresh database, with a password in the connection string that the test server does not ask for.
fn fresh() -> String {
    with_password(&Postgres::shared().unwrap().database().unwrap())
}

fn with_password(url: &str) -> String {
    let (user, rest) = url.split_once('@').unwrap();
    assert!(!user.trim_start_matches("postgres://").contains(':'), "{url}");
    format!("{user}:{CANARY}@{rest}")
}

/// A folder whose configuration names the database.
fn folder(url: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), url, "");
    folder
}

fn configure(folder: &Path, url: &str, more: &str) {
    let text = format!("[storage]\nkind = \"postgres\"\nurl = \"{url}\"\n{more}");
    std::fs::write(folder.join("klatch.toml"), text).unwrap();
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {}\r\n", token.trim())
}

fn get(server: &Server, token: &str, path: &str) -> Value {
    let (status, body) = server.get(&server.public, path, &bearer(token));
    assert_eq!(status, 200, "{path}: {body}");
    json_of(&body)
}

fn ask(server: &Server, token: &str, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = server.ask(method, path, &bearer(token), &body.to_string());
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    if answer.is_empty() {
        Value::Null
    } else {
        json_of(&answer)
    }
}

/// What a folder's server wrote, and no secret in it.
fn logs(folder: &Path) -> String {
    let mut text = std::fs::read_to_string(folder.join("stderr.txt")).unwrap_or_default();
    for file in std::fs::read_dir(folder.join("logs")).unwrap() {
        text += &std::fs::read_to_string(file.unwrap().path()).unwrap();
    }
    assert!(!text.contains(CANARY), "{text}");
    text
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// S0.14: a seeded demo.
#[test]
fn a_demo_is_served_from_postgresql_and_commands_work_beside_it() {
    let folder = folder(&fresh());
    let folder = folder.path();
    let server = Server::start(folder, &["--demo"]);
    assert!(server.banner.contains("PostgreSQL"), "{}", server.banner);
    assert!(!server.banner.contains(CANARY));
    let token = klatch_ok(folder, &["token", "ana"]);
    let list = get(&server, &token, "/v1/channels");
    assert_eq!(list["channels"].as_array().unwrap().len(), 4);
    // Beside the running server, also what writes.
    klatch_ok(
        folder,
        &["user", "add", "zoe", "--no-password", "--space", "demo"],
    );
    klatch_ok(
        folder,
        &["channel", "add", "Late", "--owner", "zoe", "--member", "ana"],
    );
    let with_late = || {
        let list = get(&server, &token, "/v1/channels");
        list["channels"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["name"] == "Late")
    };
    until("the new channel shows", with_late);
    assert!(klatch_ok(folder, &["db", "check"]).contains("sound"));
    assert!(klatch_ok(folder, &["check"]).contains("sound"));
    let refused = klatch_fails(folder, &["backup", "copy.db"], 1);
    assert!(refused.contains("pg_dump"), "{refused}");
    let refused = klatch_fails(folder, &["restore", "copy.db"], 1);
    assert!(refused.contains("new-epoch"), "{refused}");
    assert!(server.stop().success());
    let log = logs(folder);
    assert!(
        log.contains("cluster.nats is empty") && !log.contains("ERROR"),
        "{log}"
    );
    let server = Server::start(folder, &["--demo"]);
    assert_eq!(
        get(&server, &token, "/v1/channels")["channels"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_without_its_database_is_not_ready_and_says_why() {
    let url = fresh();
    let database = Postgres::shared().unwrap().address();
    let proxy = Proxy::start(database).unwrap();
    let folder = folder(&url.replace(&database.to_string(), &proxy.address().to_string()));
    let server = Server::start(folder.path(), &[]);
    let readiness = || server.get(&server.internal, "/readyz", "");
    assert_eq!(readiness().0, 200);
    proxy.cut().unwrap();
    until("it is not ready", || {
        let (status, body) = readiness();
        status == 503 && body.contains("the database does not answer")
    });
    proxy.pass().unwrap();
    until("it is ready again", || readiness().0 == 200);
    assert!(server.stop().success());
    logs(folder.path());
}

#[test]
fn two_servers_that_start_at_once_both_come_up() {
    for demo in [false, true] {
        let url = fresh();
        let folders = [folder(&url), folder(&url)];
        let flags: &[&str] = if demo { &["--demo"] } else { &[] };
        let servers: Vec<Server> = std::thread::scope(|scope| {
            let starts: Vec<_> = folders
                .iter()
                .map(|folder| scope.spawn(|| Server::start(folder.path(), flags)))
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let spaces = klatch_ok(folders[0].path(), &["space", "list"]);
        assert_eq!(spaces.lines().count(), 2, "{spaces}");
        if demo {
            let token = klatch_ok(folders[0].path(), &["token", "ana"]);
            let channels = |server: &Server| {
                get(server, &token, "/v1/channels")["channels"]
                    .as_array()
                    .unwrap()
                    .len()
            };
            until("the demo is whole", || {
                servers.iter().all(|server| channels(server) == 4)
            });
        }
        for server in servers {
            assert!(server.stop().success());
        }
        klatch_ok(folders[0].path(), &["db", "check"]);
    }
}

#[test]
fn an_empty_database_begins_with_the_space_and_key_that_were_given() {
    let url = fresh();
    let folders = [folder(&url), folder(&url)];
    for folder in &folders {
        let file = folder.path().join("key");
        std::fs::write(&file, "kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeUi\n").unwrap();
        let more = format!(
            "[first]\nspace = \"uni\"\nname = \"Uni\"\nprofile = \"course\"\napi_key_file = \"{}\"\n",
            file.display()
        );
        configure(folder.path(), &url, &more);
    }
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = folders
            .iter()
            .map(|folder| scope.spawn(|| Server::start(folder.path(), &[])))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let spaces = klatch_ok(folders[0].path(), &["space", "list"]);
    assert!(spaces.contains("uni") && spaces.contains("course"), "{spaces}");
    assert_eq!(spaces.lines().count(), 2, "{spaces}");
    for server in &servers {
        get(server, "kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeUi", "/v1/me");
    }
    let keys = klatch_ok(folders[0].path(), &["space", "key", "list", "uni"]);
    assert_eq!(keys.lines().count(), 2, "{keys}");
}

#[test]
fn a_weak_first_key_is_refused_and_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("kk_{CANARY}")).unwrap();
    let text = format!("[first]\napi_key_file = \"{}\"\n", file.display());
    std::fs::write(folder.path().join("klatch.toml"), text).unwrap();
    let flags = ["serve", "--public", "127.0.0.1:0", "--internal", "127.0.0.1:0"];
    let refused = klatch_fails(folder.path(), &flags, 78);
    assert!(
        refused.contains("first.api_key_file") && !refused.contains(CANARY),
        "{refused}"
    );
    // The key that is strong enough is taken by the next start: no space was made before.
    std::fs::write(&file, "kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeUi").unwrap();
    let server = Server::start(folder.path(), &[]);
    get(&server, "kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeUi", "/v1/me");
}

#[test]
fn a_database_that_cannot_be_used_says_what_to_do() {
    let server = Postgres::shared().unwrap();
    let cases = [
        (
            format!("postgres://klatch:{CANARY}@127.0.0.1:1/klatch"),
            1,
            "cannot reach PostgreSQL at 127.0.0.1:1/klatch",
        ),
        (
            format!(
                "postgres://postgres:{CANARY}@127.0.0.1:{}/nobody_made_it",
                server.port()
            ),
            1,
            "createdb",
        ),
        (
            format!("postgres://nobody:{CANARY}@127.0.0.1:{}/postgres", server.port()),
            1,
            "does not let klatch in",
        ),
        (
            format!("host and {CANARY}"),
            78,
            "storage.url is no connection string",
        ),
    ];
    for (url, code, told) in cases {
        let folder = folder(&url);
        let refused = klatch_fails(folder.path(), &["space", "list"], code);
        assert!(refused.contains(told), "{told}: {refused}");
        assert!(
            !refused.contains(CANARY) && refused.lines().count() == 1,
            "{refused}"
        );
    }
    let url = fresh();
    let folder = folder(&url);
    klatch_ok(folder.path(), &["db", "init"]);
    let (_, name) = url.rsplit_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    let there = format!("postgres://postgres@127.0.0.1:{}/{name}", server.port());
    psql(&there, "UPDATE meta SET value = '999' WHERE key = 'schema'");
    let refused = klatch_fails(folder.path(), &["space", "list"], 1);
    assert!(refused.contains("use a newer klatch"), "{refused}");
}

/// Runs a statement in a database.
fn psql(url: &str, sql: &str) {
    let ran = std::process::Command::new("psql")
        .args([url, "-v", "ON_ERROR_STOP=1", "-qc", sql])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn databases_are_made_checked_and_given_a_new_history() {
    let url = fresh();
    let folder = folder(&url);
    let refused = klatch_fails(folder.path(), &["db", "init", "--distributed"], 1);
    assert!(refused.contains("postgresql-NN-citus"), "{refused}");
    klatch_ok(folder.path(), &["db", "init", "--distributed", "--without-citus"]);
    let before = klatch_ok(folder.path(), &["db", "check"]);
    assert!(before.contains("sound"), "{before}");
    let epoch = |report: &str| {
        report
            .lines()
            .find(|l| l.starts_with("epoch"))
            .unwrap()
            .to_owned()
    };
    klatch_ok(folder.path(), &["db", "new-epoch"]);
    let after = klatch_ok(folder.path(), &["db", "check"]);
    assert_ne!(epoch(&before), epoch(&after));
    let server = Server::start(folder.path(), &["--demo"]);
    assert!(server.stop().success());
    klatch_ok(folder.path(), &["db", "check"]);
    psql(&url, "UPDATE channels SET head = head + 1");
    let output = running::klatch(folder.path(), &["db", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("NOT sound") && text.contains("its head is"),
        "{text}"
    );
    let embedded = tempfile::tempdir().unwrap();
    let refused = klatch_fails(embedded.path(), &["db", "check"], 1);
    assert!(refused.contains("storage.kind"), "{refused}");
}

#[tokio::test]
async fn a_database_that_falls_silent_is_noticed_and_so_is_its_return() {
    use klatch_server::compose::Storage;
    use klatch_server::config::{Config, Secret, StorageKind};
    let url = tokio::task::spawn_blocking(fresh).await.unwrap();
    let database = Postgres::shared().unwrap().address();
    let proxy = Proxy::start(database).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.storage.kind = StorageKind::Postgres;
    config.storage.data_dir = folder.path().join("data");
    config.storage.url = Some(Secret::new(
        url.replace(&database.to_string(), &proxy.address().to_string()),
    ));
    let storage = Storage::open(&config).await.unwrap();
    let engine = storage.engine();
    assert_eq!(engine.not_ready(), None);
    proxy.cut().unwrap();
    let told = wait_for(|| engine.not_ready()).await;
    assert_eq!(told, "the database does not answer");
    proxy.pass().unwrap();
    wait_for(|| engine.not_ready().is_none().then_some(())).await;
    engine.close().await;
}

async fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What a server answers to a user, everywhere that the storage shows.
fn answers(server: &Server, token: &str) -> Vec<(String, Value)> {
    let list = get(server, token, "/v1/channels");
    let mut paths = vec![
        "/v1/me".to_owned(),
        "/v1/users?query=a".to_owned(),
        "/v1/devices".to_owned(),
    ];
    for channel in list["channels"].as_array().unwrap() {
        let id = channel["id"].as_str().unwrap();
        for of in [
            "",
            "/events?after=0&limit=200",
            "/messages?limit=200",
            "/members",
            "/bans",
            "/invites",
        ] {
            paths.push(format!("/v1/channels/{id}{of}"));
        }
    }
    let answer = |path: String| {
        let (status, body) = server.get(&server.public, &path, &bearer(token));
        let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
        (path, json!({ "status": status, "body": without_request(body) }))
    };
    let mut all = vec![("/v1/channels".to_owned(), list)];
    all.extend(paths.into_iter().map(answer));
    all
}

/// Every answer of a refusal has an id of its own.
fn without_request(mut body: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.remove("requestId");
    }
    body
}

/// A little town in an embedded database: what the demo has, and deletions, mentions, a ban, an invitation, devices.
fn live(server: &Server, folder: &Path) -> String {
    let login = r#"{"username":"ana","password":"klatch-demo-2026"}"#;
    let (status, body) = server.post("/v1/auth/login", "", login);
    assert_eq!(status, 200, "{body}");
    let ana = json_of(&body)["access_token"].as_str().unwrap().to_owned();
    let made = ask(
        server,
        &ana,
        "POST",
        "/v1/channels",
        &json!({"kind": "group", "name": "Move", "key": key()}),
    );
    let id = made["id"].as_str().unwrap().to_owned();
    let at = |rest: &str| format!("/v1/channels/{id}{rest}");
    let users = get(server, &ana, "/v1/users?query=rui");
    let rui = users["users"][0]["id"].as_str().unwrap().to_owned();
    let users = get(server, &ana, "/v1/users?query=marta");
    let marta = users["users"][0]["id"].as_str().unwrap().to_owned();
    for user in [&rui, &marta] {
        ask(
            server,
            &ana,
            "POST",
            &at("/members"),
            &json!({"user": user, "key": key()}),
        );
    }
    let say = |text: &str| {
        let sent = ask(
            server,
            &ana,
            "POST",
            &at("/messages"),
            &json!({"key": key(), "text": text}),
        );
        sent["seq"].as_u64().unwrap()
    };
    let first = say("hello @rui");
    let second = say("to be changed 🎈");
    let third = say("to be taken back");
    say("@all look");
    ask(
        server,
        &ana,
        "PATCH",
        &at(&format!("/messages/{second}")),
        &json!({"text": "changed @rui", "key": key()}),
    );
    ask(
        server,
        &ana,
        "DELETE",
        &at(&format!("/messages/{third}")),
        &json!({}),
    );
    ask(
        server,
        &ana,
        "PUT",
        &at(&format!("/messages/{first}/reactions/%F0%9F%91%8D")),
        &json!({}),
    );
    ask(
        server,
        &ana,
        "PUT",
        &at(&format!("/bans/{marta}")),
        &json!({"reason": "noise"}),
    );
    ask(server, &ana, "POST", &at("/invites"), &json!({"uses_max": 3}));
    let rui_token = klatch_ok(folder, &["token", "rui"]);
    ask(server, &rui_token, "PUT", &at("/cursor"), &json!({"read": first}));
    ana
}

#[test]
fn an_embedded_database_moves_and_nobody_notices() {
    let embedded = tempfile::tempdir().unwrap();
    let embedded = embedded.path();
    let server = Server::start(embedded, &["--demo"]);
    let ana = live(&server, embedded);
    let rui = klatch_ok(embedded, &["token", "rui"]);
    let url = fresh();
    std::fs::write(embedded.join("url"), &url).unwrap();
    let migrate = ["migrate-store", "--to-file", "url"];
    let refused = klatch_fails(embedded, &migrate, 1);
    assert!(refused.contains("stop it first"), "{refused}");
    let before = [answers(&server, &ana), answers(&server, &rui)];
    let good = before
        .iter()
        .flatten()
        .filter(|(_, answer)| answer["status"] == 200)
        .count();
    assert!(good >= 40, "{good} answers tell something: {before:#?}");
    assert!(server.stop().success());

    // Killed after each of its first lines, and run again.
    for lines in [1, 3, 9, 12] {
        let mut copy = command(embedded)
            .args(migrate)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(copy.stdout.take().unwrap());
        let mut line = String::new();
        for _ in 0..lines {
            line.clear();
            out.read_line(&mut line).unwrap();
        }
        copy.kill().unwrap();
        copy.wait().unwrap();
    }
    let moved = folder(&url);
    let half = klatch_fails(moved.path(), &["space", "list"], 1);
    assert!(half.contains("klatch migrate-store"), "{half}");
    let told = klatch_ok(embedded, &migrate);
    assert!(
        told.contains("verified  events") && told.contains("same on both sides"),
        "{told}"
    );
    assert!(!told.contains(CANARY), "{told}");
    let again = klatch_ok(embedded, &migrate);
    assert!(again.contains("done before"), "{again}");
    klatch_ok(moved.path(), &["db", "check"]);

    let server = Server::start(moved.path(), &[]);
    let after = [answers(&server, &ana), answers(&server, &rui)];
    for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
        assert_eq!(before, after);
    }
    // Life goes on where it was.
    let general = &before[0][0].1["channels"][0];
    let (id, head) = (general["id"].as_str().unwrap(), general["head"].as_u64().unwrap());
    let sent = json!({"key": key(), "text": "here we are"});
    let ack = ask(
        &server,
        &ana,
        "POST",
        &format!("/v1/channels/{id}/messages"),
        &sent,
    );
    assert_eq!(ack["seq"].as_u64().unwrap(), head + 1);

    let other = tempfile::tempdir().unwrap();
    let served = Server::start(other.path(), &["--demo"]);
    assert!(served.stop().success());
    std::fs::write(other.path().join("url"), &url).unwrap();
    let refused = klatch_fails(other.path(), &migrate, 1);
    assert!(refused.contains("not empty"), "{refused}");
}
