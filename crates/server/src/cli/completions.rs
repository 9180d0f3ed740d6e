//! `klatch completions`: for the shell.

use super::{command_line, say};
use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut command_line(), "klatch", &mut out);
        say(&String::from_utf8(out)?);
        Ok(())
    }
}
