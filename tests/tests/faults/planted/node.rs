//! A node in a process of its own, put together from the server's library.

use super::{Bug, Hasty};
use anyhow::{Context, Result};
use klatch_log::commit_feed;
use klatch_server::compose::{Node, Operator, Storage, Surroundings};
use klatch_server::config::{Config, Limits, Secret, StorageKind};
use klatch_types::SystemClock;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Tells the executable that it is a node, and which.
const VARIABLE: &str = "TEST_FAULTS_NODE";
/// Begins the line that says where it listens.
const LISTENS: &str = "a planted node listens on ";
/// More than there are.
const CONNECTIONS_MAX: usize = 1_000;

/// What a node is made of.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Parts {
    /// What is wrong with it.
    pub(super) bug: Bug,
    /// Its database.
    pub(super) url: String,
    /// Its way to NATS.
    pub(super) nats: String,
}

/// The process. It ends when this is dropped, and when the test ends in any other way: its input ends then.
pub(super) struct Child {
    process: std::process::Child,
    base: String,
}

impl Child {
    /// Starts one, and waits until it listens.
    pub(super) fn start(parts: &Parts) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([
                "planted::node::a_node_in_a_process_of_its_own",
                "--exact",
                "--nocapture",
            ])
            .env(VARIABLE, serde_json::to_string(parts)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take().context("its output is a pipe")?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let base = lines.find_map(|line| line.strip_prefix(LISTENS).map(str::to_owned));
        let base = base.context("the node ended before it listened")?;
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { process, base })
    }

    /// Its address, such as `http://127.0.0.1:20123`.
    pub(super) fn base(&self) -> String {
        self.base.clone()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Not a test of its own: the process that the others start. Does nothing unless it is told to be one.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_in_a_process_of_its_own() {
    let Ok(parts) = std::env::var(VARIABLE) else {
        return;
    };
    std::thread::spawn(|| {
        std::io::stdin().lines().map_while(Result::ok).for_each(drop);
        std::process::exit(0);
    });
    serve(&serde_json::from_str(&parts).unwrap()).await.unwrap();
}

fn config(parts: &Parts, folder: &std::path::Path) -> Config {
    let mut config = Config::default();
    config.storage.kind = StorageKind::Postgres;
    config.storage.url = Some(Secret::new(&parts.url));
    config.storage.data_dir = folder.join("data");
    config.cluster.nats = vec![parts.nats.clone()];
    config.limits = Limits {
        sends_per_second: 0,
        sends_burst: 0,
        frames_per_10_s: 0,
        requests_per_second: 0,
        connections_per_user: 0,
        connections_per_ip: 0,
        ..config.limits
    };
    config
}

async fn serve(parts: &Parts) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = config(parts, folder.path());
    let mut storage = Storage::open(&config).await?;
    if parts.bug == Bug::TellsFirst {
        tell_first(&mut storage);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let sockets = Node::sockets(&config);
    let surroundings = Surroundings::of(&config, address, Arc::clone(&sockets))
        .await?
        .with_rules(parts.bug.rules());
    let operator = Operator::start(storage, surroundings, &config, Arc::new(SystemClock)).await?;
    let node = Node::new(operator, sockets, &config, Arc::new(String::new))?;
    let (registry, cluster) = (Arc::clone(&node.registry), Arc::clone(&node.operator.cluster));
    tokio::spawn(async move { registry.sweep().await });
    tokio::spawn(async move { cluster.run().await });
    // Past the test runner, which would keep what is printed to itself.
    writeln!(std::io::stdout().lock(), "\n{LISTENS}http://{address}")?;
    let (_stop, stopped) = watch::channel(false);
    node.public().serve(listener, CONNECTIONS_MAX, stopped).await;
    Ok(())
}

/// Puts a hasty log before the storage's own, with a feed that takes from both.
fn tell_first(storage: &mut Storage) {
    let (feed, commits) = commit_feed();
    let mut honest = std::mem::replace(&mut storage.commits, commits);
    let passed = feed.clone();
    tokio::spawn(async move {
        while let Some(batch) = honest.recv().await {
            passed.pass(batch);
        }
    });
    storage.log = Arc::new(Hasty {
        inner: Arc::clone(&storage.log),
        feed,
    });
}
