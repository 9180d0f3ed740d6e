//! What is broken on purpose: three nodes, three NATS servers, a PostgreSQL primary with a synchronous standby, and a
//! proxy in every link that a fault cuts.

use anyhow::{Context, Result};
use klatch_client::{Method, Rest};
use klatch_testkit::engines::{Direction, NatsCluster, NatsOptions, Postgres, PostgresOptions, Proxy};
use klatch_testkit::{Node, ServerOptions, binary};
use std::net::SocketAddr;

/// Klatch nodes, and NATS servers.
pub(crate) const NODES: usize = 3;
/// The space that everyone is in.
const SPACE: &str = "test";

/// A link between two processes, or all that lead to one kind of engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// A node and both PostgreSQL servers.
    Databases(usize),
    /// A node and the PostgreSQL that takes writes.
    Primary(usize),
    /// A node and the standby.
    Standby(usize),
    /// A node and one NATS server.
    Nats(usize, usize),
    /// A node and all NATS servers.
    AllNats(usize),
    /// Two NATS servers; the first dials.
    Route(usize, usize),
    /// The standby and its primary.
    Replication,
}

impl Link {
    /// For the table.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Databases(node) => format!("node {node} | both databases"),
            Self::Primary(node) => format!("node {node} | primary"),
            Self::Standby(node) => format!("node {node} | standby"),
            Self::Nats(node, server) => format!("node {node} | nats {server}"),
            Self::AllNats(node) => format!("node {node} | all nats"),
            Self::Route(one, other) => format!("nats {one} | nats {other}"),
            Self::Replication => "standby | primary".to_owned(),
        }
    }
}

/// The PostgreSQL servers and the ways to them. A *seat* is one of the two addresses that nodes know; a server that is
/// gone for good leaves its seat to another.
struct Databases {
    seats: [Option<Postgres>; 2],
    /// The seat of the one that takes writes.
    primary: usize,
    /// From each node to each seat.
    ways: Vec<[Proxy; 2]>,
    replication: Proxy,
}

/// All of it. Dropped in this order, so that nodes go first.
pub(crate) struct Stack {
    nodes: Vec<Node>,
    databases: Databases,
    nats: NatsCluster,
    /// From each node to each NATS server.
    to_nats: Vec<Vec<Proxy>>,
    /// The route between two NATS servers, by who dials whom.
    routes: Vec<((usize, usize), Proxy)>,
    api_key: String,
}

impl Databases {
    fn start() -> Result<Self> {
        // As in deploy/postgresql, but for the last one, which brings a standby back sooner.
        let settings = [
            ("wal_sender_timeout", "10s"),
            ("wal_receiver_timeout", "10s"),
            ("wal_receiver_status_interval", "1s"),
            ("wal_retrieve_retry_interval", "500ms"),
        ];
        let options = PostgresOptions {
            durable: true,
            settings: settings
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        };
        let primary = Postgres::start(options)?;
        let replication = Proxy::start(primary.address())?;
        let standby = primary.standby_through(replication.address())?;
        let way = |_| Ok([Proxy::start(primary.address())?, Proxy::start(standby.address())?]);
        let ways = (0..NODES).map(way).collect::<Result<_>>()?;
        Ok(Self {
            seats: [Some(primary), Some(standby)],
            primary: 0,
            ways,
            replication,
        })
    }

    fn primary(&self) -> &Postgres {
        self.seats[self.primary].as_ref().expect("there is a primary")
    }

    fn standby(&self) -> &Postgres {
        self.seats[1 - self.primary].as_ref().expect("there is a standby")
    }

    /// The URL of a database through a node's own proxies.
    fn url(&self, node: usize, database: &str) -> String {
        let [one, other] = &self.ways[node];
        format!(
            "postgres://postgres@{},{}/{database}",
            one.address(),
            other.address()
        )
    }

    /// The primary is gone for good, and the standby takes its place.
    fn promote(&mut self) -> Result<()> {
        self.primary().kill()?;
        self.standby().promote()?;
        self.primary = 1 - self.primary;
        Ok(())
    }

    /// A new standby in the free seat.
    fn replace_standby(&mut self) -> Result<()> {
        let free = 1 - self.primary;
        self.seats[free] = None;
        self.replication.lead_to(self.primary().address())?;
        let standby = self.primary().standby_through(self.replication.address())?;
        for ways in &self.ways {
            ways[free].lead_to(standby.address())?;
        }
        self.seats[free] = Some(standby);
        Ok(())
    }
}

impl Stack {
    /// All of it, ready.
    pub(crate) async fn start() -> Result<Self> {
        let databases = Databases::start()?;
        let url = databases.primary().database()?;
        let database = url.rsplit('/').next().context("a URL ends with the database")?;
        let mut routes = Vec::new();
        let mut route = |dialler: usize, to: usize, address: SocketAddr| {
            let proxy = Proxy::start(address)?;
            let way = proxy.address();
            routes.push(((dialler, to), proxy));
            Ok(way)
        };
        let quiet = NatsOptions {
            // Clients stay on the way they were given.
            arguments: vec!["--no_advertise".to_owned()],
            ..NatsOptions::default()
        };
        let nats = NatsCluster::start_with(NODES, &quiet, &mut route)?;
        let to_server = |server| Proxy::start(nats.server(server).address());
        let to_nats: Vec<Vec<Proxy>> = (0..NODES)
            .map(|_| (0..NODES).map(to_server).collect())
            .collect::<Result<_>>()?;
        let mut nodes = Vec::new();
        for (number, ways) in to_nats.iter().enumerate() {
            let settings = settings(&databases.url(number, database), number, ways);
            nodes.push(Node::new(binary()?, settings)?.advertising());
        }
        nodes[0].cli(&["space", "add", SPACE, "--profile", "app"])?;
        let api_key = nodes[0].cli(&["space", "key", "add", SPACE, "test"])?;
        for node in &mut nodes {
            node.start().await?;
        }
        Ok(Self {
            nodes,
            databases,
            nats,
            to_nats,
            routes,
            api_key,
        })
    }

    /// Addresses of the public listeners.
    pub(crate) fn bases(&self) -> Vec<String> {
        self.nodes.iter().map(Node::base).collect()
    }

    /// An API key of the space.
    pub(crate) fn api_key(&self) -> &str {
        &self.api_key
    }

    /// A node, to do something to it.
    pub(crate) fn node(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number]
    }

    /// The NATS servers.
    pub(crate) fn nats(&self) -> &NatsCluster {
        &self.nats
    }

    /// The PostgreSQL that takes writes.
    pub(crate) fn primary(&self) -> &Postgres {
        self.databases.primary()
    }

    /// The one that follows it.
    pub(crate) fn standby(&self) -> &Postgres {
        self.databases.standby()
    }

    /// The primary is killed for good, and the standby promoted.
    pub(crate) fn promote(&mut self) -> Result<()> {
        self.databases.promote()
    }

    /// After [`Self::promote`]: a new synchronous standby.
    pub(crate) fn replace_standby(&mut self) -> Result<()> {
        self.databases.replace_standby()
    }

    /// A link passes nothing, or nothing in one direction, and says nothing either.
    pub(crate) fn part(&self, link: Link, direction: Direction) -> Result<()> {
        self.proxies(link)
            .iter()
            .try_for_each(|proxy| proxy.stall(direction))
    }

    /// A link passes everything again.
    pub(crate) fn join(&self, link: Link) -> Result<()> {
        self.proxies(link).iter().try_for_each(|proxy| proxy.pass())
    }

    fn proxies(&self, link: Link) -> Vec<&Proxy> {
        let databases = &self.databases;
        match link {
            Link::Databases(node) => databases.ways[node].iter().collect(),
            Link::Primary(node) => vec![&databases.ways[node][databases.primary]],
            Link::Standby(node) => vec![&databases.ways[node][1 - databases.primary]],
            Link::Nats(node, server) => vec![&self.to_nats[node][server]],
            Link::AllNats(node) => self.to_nats[node].iter().collect(),
            Link::Route(one, other) => self
                .routes
                .iter()
                .filter(|(pair, _)| *pair == (one, other))
                .map(|(_, proxy)| proxy)
                .collect(),
            Link::Replication => vec![&databases.replication],
        }
    }

    /// What nodes say of their tails and of the bus, and the ends of their logs, for a failure.
    pub(crate) async fn state(&self) -> String {
        let mut all = String::new();
        for (number, node) in self.nodes.iter().enumerate() {
            let page = match Rest::new(node.internal_base()) {
                Ok(rest) => rest.request(Method::GET, "/metrics").send().await,
                Err(error) => return error.to_string(),
            };
            let text = match page {
                Ok(page) => page.text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            let telling = |line: &&str| {
                ["klatch_tail", "klatch_bus"]
                    .iter()
                    .any(|name| line.starts_with(name))
            };
            let lines: Vec<_> = text.lines().filter(telling).collect();
            all.push_str(&format!(
                "--- node {number}\n{}\n{}\n",
                lines.join("\n"),
                node.log()
            ));
        }
        all
    }
}

fn settings(url: &str, number: usize, nats: &[Proxy]) -> Vec<(String, String)> {
    // Each node likes another server best; which one it takes is chance all the same.
    let servers: Vec<_> = (0..nats.len())
        .map(|place| format!("\"nats://{}\"", nats[(number + place) % nats.len()].address()))
        .collect();
    let mut settings = ServerOptions::default().settings;
    for (key, value) in [
        ("storage.kind", "postgres".to_owned()),
        ("storage.url", url.to_owned()),
        ("cluster.nats", format!("[{}]", servers.join(", "))),
    ] {
        settings.push((key.to_owned(), value));
    }
    settings
}
