//! `klatch db`: the PostgreSQL database of a cluster.

use super::{Global, on_runtime, say};
use crate::compose::{self, Distribution};
use clap::{Args, Subcommand};

/// The PostgreSQL database: init, check, new-epoch
#[derive(Debug, Args)]
pub(super) struct Db {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the tables; servers do the same when they start, but only this can spread them
    Init {
        /// Spread the tables over many machines with Citus, which must be installed
        #[arg(long)]
        distributed: bool,
        /// Leave the spreading to an engine that distributes by itself, and only keep each commit in one bucket
        #[arg(long, requires = "distributed")]
        without_citus: bool,
    },
    /// Check that positions, counters and cursors of every channel add up, also while servers run
    Check,
    /// Name a new history, so that clients forget what they have; after a restore, with all servers stopped
    NewEpoch,
}

impl Db {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::Init {
                distributed,
                without_citus,
            } => {
                let distribution = match (distributed, without_citus) {
                    (false, _) => None,
                    (true, false) => Some(Distribution::Citus),
                    (true, true) => Some(Distribution::ByItself),
                };
                init(global, distribution)
            }
            Command::Check => check(global),
            Command::NewEpoch => new_epoch(global),
        }
    }
}

fn init(global: &Global, distribution: Option<Distribution>) -> anyhow::Result<()> {
    let config = global.load(Vec::new())?;
    on_runtime(async {
        let place = compose::init(&config, distribution).await?;
        say(&format!("the tables are there: {place}\n"));
        Ok(())
    })
}

/// Checks a PostgreSQL database and prints what is in it.
pub(super) fn check(global: &Global) -> anyhow::Result<()> {
    let config = global.load(Vec::new())?;
    on_runtime(async {
        let (place, report) = compose::check_postgres(&config).await?;
        let sound = report.findings.is_empty();
        let verdict = if sound { "sound" } else { "NOT sound" };
        say(&format!(
            "{place}: {verdict}\nschema    {}\nepoch     {}\nbytes     {}\nchannels  {}\nmembers   {}\nevents    {}\n",
            report.schema_version, report.epoch, report.bytes, report.channels, report.members, report.events,
        ));
        for finding in &report.findings {
            say(&format!("  {finding}\n"));
        }
        anyhow::ensure!(
            sound,
            "the database does not add up: stop all servers, keep a copy of it, and restore a backup"
        );
        Ok(())
    })
}

fn new_epoch(global: &Global) -> anyhow::Result<()> {
    let config = global.load(Vec::new())?;
    on_runtime(async {
        let epoch = compose::new_epoch(&config).await?;
        say(&format!(
            "epoch {epoch}: servers tell it to clients from their next start on\n"
        ));
        Ok(())
    })
}
