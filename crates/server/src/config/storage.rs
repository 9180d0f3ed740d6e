//! `[storage]`: where everything is kept.

use super::secret::{self, Secret};
use super::section::section;
use super::{Problem, problem};
use std::path::PathBuf;

/// Which engine keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// One SQLite database in the data folder; durable.
    Sqlite,
    /// Memory; everything is gone when the server stops.
    Memory,
    /// A PostgreSQL database, which several servers may share; durable.
    Postgres,
}

section! {
    /// Where messages and accounts are kept.
    pub struct Storage = "storage" {
        /// "sqlite": durable, in the data folder. "memory": gone when the server stops, for trials only.
        /// "postgres": durable, in the database that `url` names; several servers may share it.
        pub kind: StorageKind = StorageKind::Sqlite,
        /// Folder of the database; made if it is not there.
        pub data_dir: PathBuf = PathBuf::from("./data"),
        /// The PostgreSQL database (15 or newer), secret because of its password. With several hosts the one that takes
        /// writes is used. Example: "postgres://klatch:PASSWORD@db1,db2/klatch?sslmode=require"
        pub url: Option<Secret> = None,
        /// File that holds the `url` instead.
        pub url_file: Option<PathBuf> = None,
        /// PEM file of the authorities that the certificate of PostgreSQL may come from; the system's if left out.
        pub ca_file: Option<PathBuf> = None,
        /// Connections to PostgreSQL that this server keeps at most, beside those of `lanes`.
        pub connections: usize = 16,
        /// Commits to PostgreSQL that may be under way at once, each on a connection of its own.
        pub lanes: usize = 4,
    }
}

/// Most connections of one server; PostgreSQL itself takes 100 by default.
const CONNECTIONS_MAX: usize = 1_000;
/// Most commits under way: more only wait for each other's locks.
const LANES_MAX: usize = 64;

impl Storage {
    /// Refuses values that cannot work.
    pub fn check(&self) -> Result<(), Problem> {
        if self.data_dir.as_os_str().is_empty() {
            return problem("storage.data_dir", "is empty; name a folder, such as ./data");
        }
        if !(2..=CONNECTIONS_MAX).contains(&self.connections) {
            return problem(
                "storage.connections",
                format!("must be from 2 to {CONNECTIONS_MAX}"),
            );
        }
        if !(1..=LANES_MAX).contains(&self.lanes) {
            return problem("storage.lanes", format!("must be from 1 to {LANES_MAX}"));
        }
        if self.kind == StorageKind::Postgres {
            return self.connection_string().map(drop);
        }
        let given = [
            ("storage.url", self.url.is_some()),
            ("storage.url_file", self.url_file.is_some()),
            ("storage.ca_file", self.ca_file.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => problem(
                key,
                "is for PostgreSQL; set storage.kind = \"postgres\", or remove it",
            ),
            None => Ok(()),
        }
    }

    /// Where PostgreSQL is, from `url` or the file that holds it.
    ///
    /// # Errors
    /// If neither or both are given, or the file cannot be read.
    pub fn connection_string(&self) -> Result<Secret, Problem> {
        match (&self.url, &self.url_file) {
            (Some(url), None) if !url.expose().trim().is_empty() => Ok(url.clone()),
            (None, Some(file)) => secret::from_file("storage.url_file", file),
            (Some(_), Some(_)) => problem(
                "storage.url_file",
                "cannot be used together with storage.url; keep one",
            ),
            _ => problem(
                "storage.url",
                "is missing, and storage.kind is \"postgres\"; say where the database is, such as \
                 postgres://klatch:PASSWORD@127.0.0.1/klatch, or name a file that says it with storage.url_file",
            ),
        }
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("klatch.db")
    }

    /// The file that tells where the running server listens.
    pub fn address_file(&self) -> PathBuf {
        self.data_dir.join("klatch.addr")
    }
}
