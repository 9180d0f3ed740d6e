//! `klatch backup`: a copy of the database, also while the server runs.

use super::{Global, say};
use crate::compose;
use clap::Args;
use std::path::PathBuf;

/// Copy the database to a file, also while the server runs
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to make; it must not exist
    file: PathBuf,
}

impl Backup {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load(Vec::new())?;
        compose::backup(&config, &self.file)?;
        say(&format!("backed up to {}\n", self.file.display()));
        Ok(())
    }
}
