//! The configuration: a TOML file, over it the environment, over that the flags of the command line.
//!
//! A section is one struct in one file; its keys, defaults, help and the reference that
//! `klatch config print-default` prints all come from there.

mod auth;
mod cidr;
mod cluster;
mod compat;
mod fanout;
mod first;
mod limits;
mod load;
mod log;
mod origin;
mod reference;
mod secret;
pub(crate) mod section;
mod security;
mod server;
mod storage;

pub use auth::Auth;
pub use cidr::Cidr;
pub use cluster::{Cluster, Placement};
pub use compat::Compat;
pub use fanout::Fanout;
pub use first::First;
pub use limits::Limits;
pub use load::{Sources, load};
pub use log::{Format, Level, Log, Rotation};
pub use origin::is_origin;
pub use reference::print_default;
pub use secret::{Secret, from_file as secret_from_file};
pub use section::{Field, SectionInfo};
pub use security::Security;
pub use server::{Server, shown};
pub use storage::{Storage, StorageKind};

/// Exit code of a process that refuses its configuration (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[server]`.
    pub server: Server,
    /// `[storage]`.
    pub storage: Storage,
    /// `[cluster]`.
    pub cluster: Cluster,
    /// `[first]`.
    pub first: First,
    /// `[log]`.
    pub log: Log,
    /// `[limits]`.
    pub limits: Limits,
    /// `[fanout]`.
    pub fanout: Fanout,
    /// `[auth]`.
    pub auth: Auth,
    /// `[security]`.
    pub security: Security,
    /// `[compat]`.
    pub compat: Compat,
}

/// Why a configuration was refused: which key, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {key} {why}")]
pub struct Problem {
    /// The key, such as `server.public`, or the file.
    pub key: String,
    /// What is wrong with it and what to do.
    pub why: String,
}

/// A refusal.
pub(crate) fn problem<T>(key: impl Into<String>, why: impl Into<String>) -> Result<T, Problem> {
    Err(Problem {
        key: key.into(),
        why: why.into(),
    })
}

impl Config {
    /// Every section, in the order of the reference.
    pub fn sections() -> Vec<SectionInfo> {
        vec![
            Server::info(),
            Storage::info(),
            Cluster::info(),
            First::info(),
            Log::info(),
            Limits::info(),
            Fanout::info(),
            Auth::info(),
            Security::info(),
            Compat::info(),
        ]
    }

    /// Refuses values out of range and unsafe combinations.
    pub fn check(&self) -> Result<(), Problem> {
        self.server.check()?;
        self.storage.check()?;
        self.cluster.check()?;
        self.first.check()?;
        self.log.check()?;
        self.limits.check()?;
        self.fanout.check()?;
        self.auth.check()?;
        self.security.check()?;
        self.compat.check()?;
        if self.cluster.has_bus() && self.storage.kind != StorageKind::Postgres {
            return problem(
                "cluster.nats",
                "connects servers that share one database, and only storage.kind = \"postgres\" can be shared; use that, \
                 or leave cluster.nats empty",
            );
        }
        if self.security.allow_plain_http_issuers && !self.server.public.ip().is_loopback() {
            return problem(
                "security.allow_plain_http_issuers",
                "is for tests and cannot be used while server.public is not a loopback address; remove it",
            );
        }
        Ok(())
    }

    /// Refuses what a demo must not be: its passwords are printed for everyone to read.
    pub fn check_demo(&self) -> Result<(), Problem> {
        if self.server.public.ip().is_loopback() {
            return Ok(());
        }
        problem(
            "server.public",
            "is not a loopback address, and a demo has passwords that everyone knows; use 127.0.0.1 or leave out --demo",
        )
    }
}
