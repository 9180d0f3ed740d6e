//! By which way a command reaches the rosters: the database, or a running server.

use super::told;
use crate::cli::{Global, on_runtime, pick_space};
use crate::compose::Operator;
use anyhow::{Context, bail};
use clap::Args;
use klatch_client::Rest;
use klatch_protocol::view::{RosterImports, RosterReport, RosterSettings, RosterStatus};
use klatch_roster::Roster;
use klatch_session::{Principal, RosterOrder, SessionError, Sessions, roster_body};
use klatch_types::{RosterImportState, Slug};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// How long a command waits for its own import: it has nothing else to do.
const WAIT: Duration = Duration::from_secs(3_600);
/// How often a server is asked whether an import is done.
const LOOK: Duration = Duration::from_millis(500);

/// Which rosters are meant.
#[derive(Debug, Args)]
pub(super) struct Door {
    /// Short name of the space; may be left out where there is one
    #[arg(long, conflicts_with = "server")]
    space: Option<Slug>,
    /// Ask a running server, such as https://chat.example.org, in place of the database
    #[arg(long, value_name = "URL", requires = "key_file")]
    server: Option<String>,
    /// File with an API key of the space, for --server
    #[arg(long, value_name = "FILE", requires = "server")]
    key_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Nothing {}

impl Door {
    pub(super) fn import(
        &self,
        global: &Global,
        roster: Roster,
        order: RosterOrder,
    ) -> anyhow::Result<RosterReport> {
        if self.server.is_none() {
            return self.here(global, async |sessions, who| {
                sessions.roster_put(who, roster, order, WAIT).await
            });
        }
        on_runtime(async {
            let rest = self.rest()?;
            let path = format!(
                "/v1/roster?dry_run={}&allow_removals={}",
                order.dry_run, order.allow_removals
            );
            let report: RosterReport = rest.put(&path, &roster_body(roster)).await?;
            finished(&rest, report).await
        })
    }

    pub(super) fn undo(&self, global: &Global, dry_run: bool) -> anyhow::Result<RosterReport> {
        if self.server.is_none() {
            let order = RosterOrder {
                dry_run,
                allow_removals: true,
            };
            return self.here(global, async |sessions, who| {
                sessions.roster_undo(who, order, WAIT).await
            });
        }
        on_runtime(async {
            let rest = self.rest()?;
            let path = format!("/v1/roster/undo?dry_run={dry_run}");
            let report: RosterReport = rest.post(&path, &Nothing {}).await?;
            finished(&rest, report).await
        })
    }

    pub(super) fn status(&self, global: &Global) -> anyhow::Result<RosterStatus> {
        if self.server.is_none() {
            return self.here(global, async |sessions, who| sessions.roster_status(who).await);
        }
        on_runtime(async { Ok(self.rest()?.get("/v1/roster").await?) })
    }

    pub(super) fn imports(&self, global: &Global) -> anyhow::Result<RosterImports> {
        if self.server.is_none() {
            return self.here(global, async |sessions, who| {
                sessions.roster_imports(who, None).await
            });
        }
        on_runtime(async { Ok(self.rest()?.get("/v1/roster/imports").await?) })
    }

    pub(super) fn settings(&self, global: &Global) -> anyhow::Result<RosterSettings> {
        if self.server.is_none() {
            return self.here(global, async |sessions, who| sessions.roster_settings(who).await);
        }
        on_runtime(async { Ok(self.rest()?.get("/v1/roster/settings").await?) })
    }

    pub(super) fn settings_put(
        &self,
        global: &Global,
        settings: RosterSettings,
    ) -> anyhow::Result<RosterSettings> {
        if self.server.is_none() {
            return self.here(global, async |sessions, who| {
                sessions.roster_settings_put(who, settings).await
            });
        }
        on_runtime(async { Ok(self.rest()?.put("/v1/roster/settings", &settings).await?) })
    }

    /// Does it on the database, as the space's own back end.
    fn here<T>(
        &self,
        global: &Global,
        work: impl AsyncFnOnce(&Sessions, &Principal) -> Result<T, SessionError>,
    ) -> anyhow::Result<T> {
        global.write(async |operator: Operator| {
            let space = pick_space(&*operator.directory, self.space.as_ref()).await?;
            let who = operator.auth.system_principal(space.id).await?;
            let done = work(&operator.sessions, &who).await;
            done.map_err(|error| anyhow::anyhow!("{}", told(&error)))
        })
    }

    fn rest(&self) -> anyhow::Result<Rest> {
        let (Some(server), Some(file)) = (&self.server, &self.key_file) else {
            bail!("--server and --key-file go together");
        };
        let key = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Rest::new(server.as_str())?.with_token(key.trim()))
    }
}

/// The report of an import that is done.
async fn finished(rest: &Rest, mut report: RosterReport) -> anyhow::Result<RosterReport> {
    while report.state == RosterImportState::Running {
        tokio::time::sleep(LOOK).await;
        let status: RosterStatus = rest.get("/v1/roster").await?;
        let last = status.last.context("the server has forgotten the import")?;
        if report.import != Some(last.import) {
            bail!("another import has begun since");
        }
        report.state = last.state;
    }
    if report.state == RosterImportState::Unfinished {
        bail!("the import ended before it was done: import the same roster again to finish it");
    }
    Ok(report)
}
