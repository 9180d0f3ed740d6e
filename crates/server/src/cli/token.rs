//! `klatch token`: an access token for scripts.

use super::user::find;
use super::{Global, on_runtime, say};
use crate::compose::{Storage, auth};
use anyhow::Context;
use clap::Args;
use klatch_types::{Slug, Username};
use std::time::Duration;

/// Print an access token for a user, for scripts; works while the server runs
#[derive(Debug, Args)]
pub(super) struct Token {
    /// The user
    username: Username,
    /// Short name of the space; may be left out where there is one
    #[arg(long)]
    space: Option<Slug>,
    /// Life of the token, seconds; that of `auth.access_token_life_s` if left out
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=LIFE_S_MAX))]
    life: Option<u64>,
}

/// Longest life that a script may ask for: a day.
const LIFE_S_MAX: u64 = 24 * 3600;

impl Token {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load(Vec::new())?;
        on_runtime(async {
            let directory = Storage::read(&config).await?;
            if directory.signing_keys().await?.is_empty() {
                anyhow::bail!("there is no signing key yet: start `klatch serve` once");
            }
            let user = find(&*directory, self.space.as_ref(), &self.username).await?;
            let auth = auth(directory, &config).await?;
            let life = Duration::from_secs(self.life.unwrap_or(config.auth.access_token_life_s));
            let token = auth.token_for(user.id, life).await;
            let token = token.with_context(|| format!("no token for `{}`", self.username))?;
            say(&format!("{}\n", token.access_token));
            Ok(())
        })
    }
}
