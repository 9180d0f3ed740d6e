//! `klatch restore`: a backup becomes the database.

use super::{Global, say};
use crate::compose;
use crate::config::shown;
use clap::Args;
use std::path::PathBuf;

/// Make a backup the database; the data folder must hold none, and clients start afresh
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file made by `klatch backup`
    file: PathBuf,
}

impl Restore {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load(Vec::new())?;
        compose::restore(&config, &self.file)?;
        say(&format!("restored to {}\n", shown(&config.storage.database())));
        Ok(())
    }
}
