//! How the database is reached and used.

use std::path::PathBuf;
use std::time::Duration;

/// How the tables of channels are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// One PostgreSQL holds all buckets: a commit may hold any channels.
    #[default]
    Whole,
    /// A distributed PostgreSQL (Citus or a compatible engine) holds each bucket on one of its workers: a commit holds
    /// channels of one bucket.
    ByBucket,
}

/// How a database is opened.
#[derive(Clone)]
pub struct PostgresOptions {
    /// A connection string of libpq: `postgres://user:password@host1,host2/klatch`, or `host=… dbname=…`. With several
    /// hosts the one that takes writes is used, so that a promoted standby is found.
    pub url: String,
    /// PEM file of the authorities that the server's certificate may come from; the system's if none.
    pub ca_file: Option<PathBuf>,
    /// Connections of the pool.
    pub connections: usize,
    /// Longest wait for a new connection.
    pub connect_timeout: Duration,
    /// Longest wait for a free connection of the pool.
    pub wait_timeout: Duration,
    /// Longest wait for the answer to a statement.
    pub statement_timeout: Duration,
    /// Longest wait for a lock, and longest time that the server lets a transaction idle: what a stopped node can hold
    /// others up.
    pub lock_timeout: Duration,
    /// What an empty database becomes; one that is in use stays what it is.
    pub spread: Spread,
}

impl PostgresOptions {
    /// The defaults, for this connection string.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ca_file: None,
            connections: 16,
            connect_timeout: Duration::from_secs(3),
            wait_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(6),
            lock_timeout: Duration::from_secs(3),
            spread: Spread::Whole,
        }
    }

    /// Whether the connection string is one.
    pub fn is_readable(&self) -> bool {
        let config = self.url.parse::<tokio_postgres::Config>();
        config.is_ok_and(|config| !config.get_hosts().is_empty())
    }

    /// Hosts, ports and database of the connection string, for messages: without user and password.
    pub fn place(&self) -> String {
        use tokio_postgres::config::Host;
        let Ok(config) = self.url.parse::<tokio_postgres::Config>() else {
            return "the database".to_owned();
        };
        let ports = config.get_ports();
        let port = |at: usize| ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
        let host = |(at, host): (usize, &Host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            Host::Unix(path) => path.display().to_string(),
        };
        let hosts: Vec<_> = config.get_hosts().iter().enumerate().map(host).collect();
        match config.get_dbname() {
            Some(database) => format!("{}/{database}", hosts.join(",")),
            None => hosts.join(","),
        }
    }
}

impl std::fmt::Debug for PostgresOptions {
    /// Without the connection string, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("spread", &self.spread)
            .finish_non_exhaustive()
    }
}
