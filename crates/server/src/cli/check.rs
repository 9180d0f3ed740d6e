//! `klatch check`: whether the database is sound.

use super::{Global, on_runtime, say};
use crate::compose::{self, Storage};
use crate::config::{StorageKind, shown};
use clap::Args;

/// Check the database fully and count what is in it, also while the server runs
#[derive(Debug, Args)]
pub(super) struct Check {}

impl Check {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let Self {} = self;
        let config = global.load(Vec::new())?;
        if config.storage.kind == StorageKind::Postgres {
            return super::db::check(global);
        }
        let report = compose::check(&config)?;
        let (spaces, users, channels, messages) =
            on_runtime(async { Ok(Storage::read(&config).await?.counts().await?) })?;
        say(&format!(
            "{}: sound\nschema    {}\nepoch     {}\nbytes     {}\nspaces    {spaces}\nusers     {users}\n\
             channels  {channels}\nevents    {}\nmessages  {}\n",
            shown(&config.storage.database()),
            report.schema_version,
            report.epoch,
            report.bytes,
            report.events,
            messages.0,
        ));
        Ok(())
    }
}
