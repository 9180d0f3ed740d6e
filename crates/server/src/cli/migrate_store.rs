//! `klatch migrate-store`: the embedded database moves into PostgreSQL.

use super::{Global, on_runtime, say};
use crate::compose::{self, Outcome, Progress};
use crate::config::{Secret, secret_from_file};
use clap::Args;
use std::path::PathBuf;

/// Copy the embedded database into an empty PostgreSQL, compare both; again if it was stopped. The server must not run
#[derive(Debug, Args)]
#[group(id = "target", required = true, multiple = false, args = ["to", "to_file"])]
pub(super) struct MigrateStore {
    /// Connection string of the target; other users of this machine can see it, so use --to-file if it has a password
    #[arg(long, value_name = "URL", value_parser = secret, hide_env_values = true)]
    to: Option<Secret>,
    /// File that holds the connection string of the target
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
}

/// Takes a flag's text as a secret.
#[allow(clippy::unnecessary_wraps)] // the signature of a value parser
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

impl MigrateStore {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load(Vec::new())?;
        let url = match (self.to, &self.to_file) {
            (Some(url), _) => url,
            (None, Some(file)) => secret_from_file("--to-file", file)?,
            (None, None) => anyhow::bail!("name the target with --to or --to-file"),
        };
        on_runtime(async {
            let (place, outcome) = compose::migrate_store(&config, url.expose(), &mut tell).await?;
            match outcome {
                Outcome::DoneBefore => say(&format!("{place}: done before, nothing to do\n")),
                Outcome::Moved(tables) => {
                    let rows: u64 = tables.iter().map(|table| table.rows).sum();
                    say(&format!(
                        "{place}: done, {rows} rows are the same on both sides\nSet storage.kind = \"postgres\" with \
                         this storage.url, and keep {} away from servers: it would go on as another history.\n",
                        config.storage.database().display()
                    ));
                }
            }
            Ok(())
        })
    }
}

/// Prints what is going on.
fn tell(progress: Progress) {
    match progress {
        Progress::Copied {
            table,
            rows,
            complete,
        } => {
            if complete {
                say(&format!("copied    {table:<15} {rows:>12} rows\n"));
            }
        }
        Progress::Verified(report) => {
            let channels = match report.channels {
                0 => String::new(),
                channels => format!("  in {channels} channels"),
            };
            say(&format!(
                "verified  {:<15} {:>12} rows  checksum {:032x}{channels}\n",
                report.table, report.rows, report.checksum
            ));
        }
    }
}
