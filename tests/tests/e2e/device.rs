//! S4.1, S2.2: what a user is signed in on, and spaces in which that is one device at a time.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, Storage};
use klatch_tests::{Api, Ear, Socket, skipped};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";
/// How soon a replaced socket is closed (contract, delivery 9).
const WITHIN: Duration = Duration::from_secs(5);
/// Longest wait until of many sockets one is left, and how long each is looked at.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

async fn server(profile: &str) -> Result<Server> {
    let options = ServerOptions {
        profile: profile.to_owned(),
        ..ServerOptions::default()
    };
    Server::start_with(options.set("limits.connections_per_user", "20")).await
}

async fn log_in(server: &Server, name: &str, device: &str) -> Result<Value> {
    let body = json!({ "username": name, "password": PASSWORD, "device": device });
    let answer = Api::new(server.public())?
        .must("POST", "/v1/auth/login", Some(body))
        .await?;
    Ok(answer.body)
}

fn api(server: &Server, signed_in: &Value) -> Result<Api> {
    let token = signed_in["access_token"].as_str().context("a token")?;
    Ok(Api::new(server.public())?.with(token))
}

async fn socket(server: &Server, signed_in: &Value) -> Result<Socket> {
    let token = signed_in["access_token"].as_str().context("a token")?;
    Socket::open(server.public(), token).await
}

async fn guest(server: &Server, username: &str) -> Result<Value> {
    let body = json!({ "name": "Guest", "username": username, "life_s": 600, "channels": [] });
    let answer = Api::new(server.public())?
        .with(server.api_key())
        .must("POST", "/v1/guests", Some(body))
        .await?;
    Ok(answer.body)
}

/// S2.2: a new login replaces the old one, whose sockets close with a code of their own on whichever node they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_login_replaces_the_old() -> Result<()> {
    let server = server("course").await?;
    server.tenant()?.user_with_password("ana", PASSWORD).await?;
    let old = log_in(&server, "ana", "library").await?;
    let mut sockets = vec![socket(&server, &old).await?, socket(&server, &old).await?];
    let new = log_in(&server, "ana", "phone").await?;
    let mut kept = socket(&server, &new).await?;
    for socket in &mut sockets {
        let ended = socket.ended(WITHIN).await?;
        ensure!(ended == Some((4004, "replaced".to_owned())), "{ended:?}");
    }
    let answer = api(&server, &old)?.call("GET", "/v1/channels", None).await?;
    ensure!((answer.status, answer.code()) == (401, "revoked"), "{answer:?}");
    let devices = api(&server, &new)?.must("GET", "/v1/devices", None).await?.body;
    let names: Vec<&str> = devices["devices"]
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|device| device["name"].as_str())
        .collect();
    ensure!(names == ["phone"], "{devices}");
    ensure!(
        kept.ended(Duration::from_millis(300)).await.is_err(),
        "the new one stays"
    );
    Ok(())
}

/// S2.2: users whose tokens have no device are replaced by their next connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_socket_replaces_the_old_where_there_is_no_device() -> Result<()> {
    let server = server("course").await?;
    let (one, other) = (guest(&server, "eva").await?, guest(&server, "rui").await?);
    let mut bystander = socket(&server, &other).await?;
    let mut old = socket(&server, &one).await?;
    for _ in 0..3 {
        let new = socket(&server, &one).await?;
        let ended = old.ended(WITHIN).await?;
        ensure!(ended == Some((4004, "replaced".to_owned())), "{ended:?}");
        old = new;
    }
    ensure!(
        old.ended(Duration::from_millis(300)).await.is_err(),
        "the last one stays"
    );
    ensure!(bystander.ended(Duration::ZERO).await.is_err(), "others stay");
    Ok(())
}

/// S2.2: of several that connect at once, through any nodes, one stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_sockets_at_once_one_stays() -> Result<()> {
    let server = server("course").await?;
    let guest = guest(&server, "eva").await?;
    let opening: Vec<_> = (0..8).map(|_| socket(&server, &guest)).collect();
    // One may be replaced before it has been greeted.
    let opened = futures_util::future::join_all(opening).await;
    let sockets: Vec<Socket> = opened.into_iter().filter_map(Result::ok).collect();
    let (mut open, until) = (sockets, Instant::now() + PATIENCE);
    while open.len() > 1 {
        ensure!(Instant::now() < until, "{} stay", open.len());
        let mut stay = Vec::new();
        for mut socket in open {
            match socket.ended(LOOK).await {
                Ok(ended) => ensure!(ended == Some((4004, "replaced".to_owned())), "{ended:?}"),
                Err(_) => stay.push(socket),
            }
        }
        open = stay;
    }
    let mut last = open.pop().context("one stays")?;
    ensure!(
        last.ended(Duration::from_secs(1)).await.is_err(),
        "the last one stays"
    );
    Ok(())
}

/// S4.1: the socket of a device stays when the access token ends that opened it, although everyone who has a socket is asked
/// about every few seconds while no bus tells of revocations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_of_a_device_outlives_its_token() -> Result<()> {
    const LIFE_S: u64 = 30;
    let options = ServerOptions::default().set("auth.access_token_life_s", &LIFE_S.to_string());
    let server = Server::start_with(options).await?;
    if server.storage() != Storage::Postgres {
        skipped("sockets that outlive their tokens: only without a bus is everyone asked about so often");
        return Ok(());
    }
    server.tenant()?.user_with_password("ana", PASSWORD).await?;
    let ana = log_in(&server, "ana", "laptop").await?;
    let mut socket = socket(&server, &ana).await?;
    let until = Duration::from_secs(LIFE_S) + WITHIN;
    ensure!(
        socket.ended(until).await.is_err(),
        "the socket ended with its token"
    );
    let late = api(&server, &ana)?.call("GET", "/v1/me", None).await?;
    ensure!(late.code() == "token_expired", "{late:?}");
    let answer = socket.ask(json!({ "op": "channel_list" })).await?;
    ensure!(answer["ok"].is_object(), "{answer}");
    Ok(())
}

/// S4.1: where several devices are allowed none replaces another; each is named, seen, and can be signed out from any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_devices_are_kept_apart() -> Result<()> {
    let server = server("app").await?;
    for name in ["ana", "rui"] {
        server.tenant()?.user_with_password(name, PASSWORD).await?;
    }
    let [first, second, third] = [
        log_in(&server, "ana", "laptop").await?,
        log_in(&server, "ana", "phone").await?,
        log_in(&server, "ana", "tablet").await?,
    ];
    let stranger = log_in(&server, "rui", "laptop").await?;
    let mut sockets = [socket(&server, &first).await?, socket(&server, &third).await?];
    let mut kept = Ear::open(
        server.public(),
        second["access_token"].as_str().context("a token")?,
    )
    .await?;

    let path = format!("/v1/devices/{}", second["device"].as_str().context("an id")?);
    let name = Some(json!({ "name": "Ana's phone" }));
    let refused = api(&server, &stranger)?
        .call("PATCH", &path, name.clone())
        .await?;
    ensure!(
        (refused.status, refused.code()) == (404, "not_found"),
        "{refused:?}"
    );
    let renamed = api(&server, &first)?.must("PATCH", &path, name).await?.body;
    ensure!(
        renamed["name"] == "Ana's phone" && renamed["current"] == false,
        "{renamed}"
    );

    api(&server, &second)?.must("DELETE", "/v1/devices", None).await?;
    for socket in &mut sockets {
        let ended = socket.ended(WITHIN).await?;
        ensure!(ended == Some((4003, "revoked".to_owned())), "{ended:?}");
    }
    ensure!(
        kept.ended(Duration::from_millis(300)).await.is_err(),
        "the one asking stays"
    );
    let devices = api(&server, &second)?
        .must("GET", "/v1/devices", None)
        .await?
        .body;
    let devices = devices["devices"].as_array().context("a list")?.clone();
    ensure!(
        devices.len() == 1 && devices[0]["name"] == "Ana's phone",
        "{devices:?}"
    );
    ensure!(
        devices[0]["current"] == true && devices[0]["seen_at"].is_i64(),
        "{devices:?}"
    );
    let theirs = api(&server, &stranger)?
        .must("GET", "/v1/devices", None)
        .await?
        .body;
    ensure!(theirs["devices"].as_array().map(Vec::len) == Some(1), "{theirs}");
    let path = format!("/v1/devices/{}", first["device"].as_str().context("an id")?);
    let name = Some(json!({ "name": "gone" }));
    let gone = api(&server, &second)?.call("PATCH", &path, name).await?;
    ensure!(
        gone.code() == "not_found",
        "one that was signed out has no name to change: {gone:?}"
    );
    Ok(())
}
