//! Real engines for tests: PostgreSQL and NATS from Debian's packages, and a proxy that plays the broken network.
//!
//! Each has its own loopback port and folder, so that none touches another or one of the machine's. They are gone
//! when their owner is dropped, and also when the test process ends in any other way: see `keeper`.

mod certificate;
mod keeper;
mod nats;
mod nats_cluster;
mod postgres;
mod process;
mod proxy;

pub use certificate::Certificate;
pub(crate) use keeper::Keeper;
pub use nats::{Nats, NatsOptions};
pub use nats_cluster::{NatsCluster, Routes};
pub use postgres::{Postgres, PostgresOptions};
pub use proxy::{Direction, Proxy};

use std::path::{Path, PathBuf};

/// The folder in PATH that has a program.
fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join(program).is_file())
}

/// The end of a log.
pub(crate) fn last_lines(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(40).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
