//! What only NATS has: secrets, TLS, servers that are away, and an end.

use super::nats::options;
use crate::{Bus, BusError, Inbox, Incoming, NatsBus, NatsCredentials, NatsOptions, Topic};
use bytes::Bytes;
use klatch_testkit::engines::{
    Certificate, Direction, Nats, NatsCluster, NatsOptions as ServerOptions, Proxy,
};
use klatch_types::{Millis, NodeId, SeededEntropy};
use parking_lot::Mutex;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::NamedTempFile;

const PATIENCE: Duration = Duration::from_secs(60);

fn node(seed: u64) -> NodeId {
    NodeId::new(Millis(1), &SeededEntropy::new(seed))
}

fn file(content: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    writeln!(file, "{content}").expect("it is written");
    file
}

fn user(password_file: PathBuf) -> Option<NatsCredentials> {
    let user = "klatch".to_owned();
    Some(NatsCredentials::UserPassword { user, password_file })
}

async fn next(inbox: &mut Inbox) -> Incoming {
    let next = tokio::time::timeout(PATIENCE, inbox.recv()).await;
    next.expect("something comes in").expect("the bus lives")
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Two nodes with these options hear each other.
async fn nodes_meet(server: &Nats, shape: impl Fn(&mut NatsOptions)) {
    let with = |seed| {
        let mut options = options(server.url(), node(seed));
        shape(&mut options);
        options
    };
    let (one, mut one_hears) = NatsBus::start(with(1)).await.expect("the bus starts");
    let (two, mut two_hears) = NatsBus::start(with(2)).await.expect("the bus starts");
    assert_eq!(next(&mut one_hears).await, Incoming::Up);
    assert_eq!(next(&mut two_hears).await, Incoming::Up);
    two.listen(Topic::Everyone);
    two.settled().await;
    let payload = Bytes::from_static(b"hello");
    one.say(Topic::Everyone, payload.clone());
    let topic = Topic::Everyone;
    assert_eq!(next(&mut two_hears).await, Incoming::Said { topic, payload });
}

#[tokio::test]
async fn tls_and_a_password() {
    let certificate = Certificate::new().expect("a certificate");
    let server = Nats::start_with(&ServerOptions {
        user: Some(("klatch".to_owned(), "correct-horse".to_owned())),
        tls: Some((certificate.certificate(), certificate.key())),
        ..ServerOptions::default()
    })
    .expect("NATS starts");
    let password = file("correct-horse");
    nodes_meet(&server, |options| {
        options.credentials = user(password.path().to_owned());
        options.ca_file = Some(certificate.authority());
        options.tls_required = true;
    })
    .await;

    // An authority that nobody told the node of: no connection.
    let mut stranger = options(server.url(), node(3));
    stranger.credentials = user(password.path().to_owned());
    let (bus, mut inbox) = NatsBus::start(stranger).await.expect("the bus starts");
    let up = tokio::time::timeout(Duration::from_millis(500), inbox.recv()).await;
    assert!(up.is_err() && !bus.is_up());
}

#[tokio::test]
async fn a_token() {
    let server = Nats::start_with(&ServerOptions {
        token: Some("s3cret-token".to_owned()),
        ..ServerOptions::default()
    })
    .expect("NATS starts");
    let token = file("s3cret-token");
    nodes_meet(&server, |options| {
        let file = token.path().to_owned();
        options.credentials = Some(NatsCredentials::Token { file });
    })
    .await;
}

/// Collects what is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

#[tokio::test]
async fn wrong_credentials_are_logged_without_them_and_the_node_starts() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let server = Nats::start_with(&ServerOptions {
        user: Some(("klatch".to_owned(), "correct-horse".to_owned())),
        ..ServerOptions::default()
    })
    .expect("NATS starts");
    let password = file("wrong-battery");
    let mut options = options(server.url(), node(1));
    options.credentials = user(password.path().to_owned());
    let shown = format!("{options:?}");
    let (bus, mut inbox) = NatsBus::start(options).await.expect("the bus starts");
    let refused_to = |who: &str| {
        let logged = log.text();
        let of = |line: &&str| line.contains(who) && line.contains("authorization violation");
        logged.lines().filter(of).count()
    };
    until("several refusals", || refused_to("ERROR async_nats") >= 3).await;
    until("a warning", || refused_to("WARN klatch_fanout") > 0).await;
    assert!(!bus.is_up());
    bus.say(Topic::Everyone, Bytes::from_static(b"lost"));
    assert_eq!(bus.figures().dropped, 1);
    bus.settled().await;
    assert!(inbox.try_recv().is_err());
    let logged = log.text();
    assert!(!logged.contains("wrong-battery") && !shown.contains("wrong-battery"));
    assert_eq!(
        refused_to("WARN klatch_fanout"),
        1,
        "once, however often it is tried"
    );
}

#[tokio::test]
async fn files_that_cannot_be_read_are_an_error_that_names_them() {
    let mut without = options("nats://127.0.0.1:1".to_owned(), node(1));
    without.credentials = user(PathBuf::from("/nowhere/password"));
    let error = NatsBus::start(without).await.expect_err("no such file");
    assert!(matches!(&error, BusError::File { .. }));
    assert!(error.to_string().contains("/nowhere/password"), "{error}");

    let empty = file("");
    for what in ["ca", "creds"] {
        let mut options = options("nats://127.0.0.1:1".to_owned(), node(1));
        let path = empty.path().to_owned();
        match what {
            "ca" => options.ca_file = Some(path),
            _ => options.credentials = Some(NatsCredentials::Creds { file: path }),
        }
        let error = NatsBus::start(options).await.expect_err("nothing in it");
        assert!(matches!(error, BusError::File { .. }), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_node_starts_without_nats_and_comes_up_with_it() {
    let server = Nats::start().expect("NATS starts");
    server.kill().expect("it runs");
    let (bus, mut inbox) = NatsBus::start(options(server.url(), node(1)))
        .await
        .expect("the bus starts");
    // More than the client takes while it is away.
    for n in 0..5_000_u64 {
        bus.listen(Topic::Node(node(1_000 + n)));
    }
    bus.settled().await;
    assert!(!bus.is_up() && inbox.try_recv().is_err());
    server.restart().expect("NATS starts again");
    assert_eq!(next(&mut inbox).await, Incoming::Up);
    let (other, mut other_hears) = NatsBus::start(options(server.url(), node(2)))
        .await
        .expect("the bus starts");
    assert_eq!(next(&mut other_hears).await, Incoming::Up);
    let (topic, payload) = (Topic::Node(node(5_999)), Bytes::from_static(b"last of all"));
    other.say(topic, payload.clone());
    assert_eq!(next(&mut inbox).await, Incoming::Said { topic, payload });
}

#[tokio::test]
async fn a_server_that_hangs_is_noticed() {
    let server = Nats::start().expect("NATS starts");
    let (bus, mut inbox) = NatsBus::start(options(server.url(), node(1)))
        .await
        .expect("the bus starts");
    assert_eq!(next(&mut inbox).await, Incoming::Up);
    server.pause().expect("it runs");
    assert_eq!(next(&mut inbox).await, Incoming::Down);
    assert!(!bus.is_up());
    server.resume().expect("it runs");
    assert_eq!(next(&mut inbox).await, Incoming::Up);
}

#[tokio::test]
async fn another_server_of_the_list_takes_over() {
    let servers = [
        Nats::start().expect("NATS starts"),
        Nats::start().expect("NATS starts"),
    ];
    servers[1].kill().expect("it runs");
    let mut both = options(servers[0].url(), node(1));
    both.servers.push(servers[1].url());
    let (_bus, mut inbox) = NatsBus::start(both).await.expect("the bus starts");
    assert_eq!(next(&mut inbox).await, Incoming::Up);
    servers[1].restart().expect("it starts again");
    servers[0].kill().expect("it runs");
    assert_eq!(next(&mut inbox).await, Incoming::Down);
    assert_eq!(next(&mut inbox).await, Incoming::Up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_noticed_and_their_end_too() {
    let server = Nats::start().expect("NATS starts");
    tokio::join!(
        partition(&server, 1, Direction::Both),
        partition(&server, 2, Direction::ToServer),
        partition(&server, 3, Direction::ToClient),
    );
}

/// Connections stay open, but nothing comes through.
async fn partition(server: &Nats, seed: u64, direction: Direction) {
    let proxy = Proxy::start(server.address()).expect("a proxy starts");
    let address = format!("nats://{}", proxy.address());
    let (bus, mut inbox) = NatsBus::start(options(address, node(seed)))
        .await
        .expect("the bus starts");
    assert_eq!(next(&mut inbox).await, Incoming::Up);
    proxy.stall(direction).expect("the proxy stalls");
    bus.listen(Topic::Everyone);
    // Waits for no longer than it takes to notice.
    let settled = tokio::time::timeout(PATIENCE, bus.settled()).await;
    assert!(settled.is_ok());
    assert_eq!(next(&mut inbox).await, Incoming::Down, "{direction:?}");
    proxy.pass().expect("the proxy passes");
    assert_eq!(next(&mut inbox).await, Incoming::Up, "{direction:?}");
}

#[tokio::test]
async fn nodes_at_different_servers_of_a_cluster_hear_each_other() {
    let cluster = NatsCluster::start(3).expect("a cluster starts");
    let urls = cluster.urls();
    let join = async |seed, servers: &[&String]| {
        let mut options = options(String::new(), node(seed));
        options.servers = servers.iter().map(|&url| url.clone()).collect();
        let (bus, mut inbox) = NatsBus::start(options).await.expect("the bus starts");
        assert_eq!(next(&mut inbox).await, Incoming::Up);
        (bus, inbox)
    };
    let (listener, mut hears) = join(1, &[&urls[2]]).await;
    listener.listen(Topic::Everyone);
    listener.settled().await;
    let (speaker, mut speaker_hears) = join(2, &[&urls[0]]).await;
    let (mover, _mover_hears) = join(3, &[&urls[0], &urls[1]]).await;
    // The servers tell each other of a subscription in their own time.
    for (bus, word) in [(&speaker, "before"), (&mover, "before too")] {
        heard_in_time(bus, &mut hears, word).await;
    }
    cluster.kill(0).expect("it runs");
    assert_eq!(next(&mut speaker_hears).await, Incoming::Down);
    heard_in_time(&mover, &mut hears, "after").await;
    cluster.restart(0).expect("it starts again");
    assert_eq!(next(&mut speaker_hears).await, Incoming::Up);
    heard_in_time(&speaker, &mut hears, "at last").await;
}

/// Says it again until it is heard.
async fn heard_in_time(bus: &NatsBus, hears: &mut Inbox, word: &'static str) {
    let heard = async {
        loop {
            bus.say(Topic::Everyone, Bytes::from_static(word.as_bytes()));
            let soon = tokio::time::timeout(Duration::from_millis(50), hears.recv()).await;
            if let Ok(Some(Incoming::Said { payload, .. })) = soon
                && payload == word.as_bytes()
            {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("it is heard");
}

#[tokio::test]
async fn dropping_the_bus_ends_its_tasks() {
    let server = Nats::start().expect("NATS starts");
    let handle = tokio::runtime::Handle::current();
    let before = handle.metrics().num_alive_tasks();
    let (bus, mut inbox) = NatsBus::start(options(server.url(), node(1)))
        .await
        .expect("the bus starts");
    assert_eq!(next(&mut inbox).await, Incoming::Up);
    bus.listen(Topic::Everyone);
    bus.settled().await;
    assert!(handle.metrics().num_alive_tasks() > before);
    drop(bus);
    until("all tasks have ended", || {
        handle.metrics().num_alive_tasks() == before
    })
    .await;
    assert_eq!(
        tokio::time::timeout(PATIENCE, inbox.recv()).await.ok(),
        Some(None)
    );
}
