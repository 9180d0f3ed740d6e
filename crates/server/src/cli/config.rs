//! `klatch config`: the reference, and whether a configuration is good.

use super::{Global, say};
use crate::config::print_default;
use clap::{Args, Subcommand};

/// The configuration: print-default, check
#[derive(Debug, Args)]
pub(super) struct ConfigCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every key with its meaning and default, as TOML
    PrintDefault,
    /// Tell whether the configuration of this folder and environment is good
    Check,
}

impl ConfigCommand {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::PrintDefault => say(&print_default()),
            Command::Check => {
                global.load(Vec::new())?;
                say("the configuration is good\n");
            }
        }
        Ok(())
    }
}
