//! Three servers with a demo over PostgreSQL and NATS, on this machine, to try out what happens when one of them ends.
//!
//! Everything has a temporary folder and is gone afterwards, however this process ends.

use anyhow::{Context, bail, ensure};
use klatch_testkit::Node;
use klatch_testkit::engines::{NatsCluster, Postgres, PostgresOptions};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Public port of each server; the internal one is the next.
const PORTS: [u16; 3] = [8080, 8180, 8280];
/// Servers of NATS.
const NATS_SERVERS: usize = 3;
/// How long a server that was killed stays away, so that one sees the others go on.
const AWAY: Duration = Duration::from_secs(5);
/// Pause between two looks at the servers.
const LOOK: Duration = Duration::from_millis(200);

/// Builds, starts, and waits for Ctrl-C.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    ports_are_free()?;
    let binary = binary(root)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut stop = Stop::listen()?;
        let starting = Cluster::start(binary);
        let mut cluster = tokio::select! {
            cluster = starting => cluster?,
            () = stop.asked() => return Ok(()),
        };
        println!("{}", cluster.told()?);
        let kept = tokio::select! {
            kept = cluster.keep() => kept,
            () = stop.asked() => Ok(()),
        };
        println!("cluster: stopping");
        cluster.stop().await;
        kept
    })
}

fn ports_are_free() -> anyhow::Result<()> {
    for port in PORTS.into_iter().flat_map(|port| [port, port + 1]) {
        if TcpListener::bind(local(port)).is_err() {
            bail!("port {port} is in use: end what listens there (`ss -ltnp` tells), then run this again");
        }
    }
    Ok(())
}

/// The server to run: the one that `KLATCH_BIN` names, or a release that is built now.
fn binary(root: &Path) -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("KLATCH_BIN") {
        return Ok(PathBuf::from(named).canonicalize()?);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args("build --release -p klatch-server --bin klatch".split(' '))
        .current_dir(root)
        .status()
        .context("cargo could not be started")?;
    ensure!(status.success(), "the server could not be built");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release/klatch"))
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Servers and what they stand on, in the order in which they end.
struct Cluster {
    nodes: Vec<Node>,
    nats: NatsCluster,
    postgres: Postgres,
    database: String,
}

impl Cluster {
    /// The first server makes the demo; the others find it there.
    async fn start(binary: PathBuf) -> anyhow::Result<Self> {
        let postgres = Postgres::start(PostgresOptions {
            durable: true,
            ..PostgresOptions::default()
        })?;
        let (database, nats) = (postgres.database()?, NatsCluster::start(NATS_SERVERS)?);
        let mut nodes = Vec::new();
        for port in PORTS {
            let settings = [
                ("storage.kind", "postgres".to_owned()),
                ("storage.url", database.clone()),
                ("cluster.nats", format!("{:?}", nats.urls())),
                ("cluster.advertise", format!("http://{}", local(port))),
                ("cluster.region", "here".to_owned()),
            ];
            let settings = settings.map(|(key, value)| (key.to_owned(), value)).to_vec();
            let mut node = Node::new(binary.clone(), settings)?
                .at(local(port), local(port + 1))
                .with("--demo");
            node.restart().await?;
            nodes.push(node);
        }
        Ok(Self {
            nodes,
            nats,
            postgres,
            database,
        })
    }

    /// What the person who started it reads.
    fn told(&self) -> anyhow::Result<String> {
        let mut out = format!(
            "cluster: {} servers over PostgreSQL and NATS; Ctrl-C ends and removes all of it\n",
            self.nodes.len()
        );
        for (number, node) in self.nodes.iter().enumerate() {
            writeln!(
                out,
                "  server {}  {}/  internal {}  process {}",
                number + 1,
                node.base(),
                node.internal_base(),
                process(node)
            )?;
        }
        writeln!(out, "  database  {}", self.database)?;
        writeln!(out, "  bus       {}", self.nats.urls().join("  "))?;
        let banner = std::fs::read_to_string(self.nodes[0].log_file())?;
        if let Some(line) = banner
            .lines()
            .find(|line| line.trim_start().starts_with("log in"))
        {
            let (_, who) = line.split_once("log in").unwrap_or_default();
            writeln!(out, "  log in    {}", who.trim())?;
        }
        writeln!(
            out,
            "  try       log in as one user at {} and as another at {}, and write;\n\
             {:12}then `kill -9 {}`: nothing acknowledged is lost, and server 2 is back after {} seconds",
            self.nodes[0].base(),
            self.nodes[1].base(),
            "",
            process(&self.nodes[1]),
            AWAY.as_secs()
        )?;
        write!(
            out,
            "  logs      {}",
            self.nodes[0].folder().join("logs").display()
        )?;
        Ok(out)
    }

    /// Brings back a server that ends, as the supervisor of a real one would.
    async fn keep(&mut self) -> anyhow::Result<()> {
        loop {
            tokio::time::sleep(LOOK).await;
            for (number, node) in self.nodes.iter_mut().enumerate() {
                let Some(status) = node.ended()? else { continue };
                let number = number + 1;
                println!(
                    "cluster: server {number} ended with {status}; it starts again in {} seconds",
                    AWAY.as_secs()
                );
                tokio::time::sleep(AWAY).await;
                node.restart().await?;
                println!("cluster: server {number} is back as process {}", process(node));
            }
        }
    }

    /// Servers first, and in order, so that none misses its engines.
    async fn stop(&mut self) {
        for node in &mut self.nodes {
            if node.runs()
                && let Err(error) = node.stop().await
            {
                println!("cluster: {error:#}");
            }
        }
        if let Err(error) = self.postgres.stop() {
            println!("cluster: {error:#}");
        }
    }
}

fn process(node: &Node) -> String {
    node.process_id()
        .map_or_else(|| "none".to_owned(), |process| process.to_string())
}

/// Ctrl-C, and what a supervisor sends.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
