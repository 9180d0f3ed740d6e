//! `klatch space key`: keys of a product's back end.

use crate::cli::table::table;
use crate::cli::{Global, pick_space, say};
use anyhow::Context;
use clap::Subcommand;
use klatch_types::{ApiKeyId, DisplayName, Slug};

#[derive(Debug, Subcommand)]
/// What to do with keys.
pub(super) enum Key {
    /// Make a key and print it, this once; a server on SQLite must be stopped
    Add {
        /// Short name of the space
        slug: Slug,
        /// What the key is for
        name: DisplayName,
    },
    /// List the keys of a space
    List {
        /// Short name of the space
        slug: Slug,
    },
    /// Revoke a key; a server on SQLite must be stopped
    Revoke {
        /// Short name of the space
        slug: Slug,
        /// Id of the key, as `klatch space key list` prints it
        id: ApiKeyId,
    },
}

impl Key {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self {
            Self::Add { slug, name } => global.write(async |operator| {
                let space = pick_space(&*operator.directory, Some(&slug)).await?;
                let (_, key) = operator.auth.create_api_key(space.id, name).await?;
                say(&format!("{key}\n"));
                Ok(())
            }),
            Self::List { slug } => global.read(async |directory| {
                let space = pick_space(&*directory, Some(&slug)).await?;
                let keys = directory.api_keys_of(space.id).await?;
                let state = |revoked: bool| if revoked { "revoked" } else { "active" }.to_owned();
                let rows: Vec<_> = keys
                    .into_iter()
                    .map(|k| vec![k.id.to_string(), state(k.revoked_at.is_some()), k.name])
                    .collect();
                say(&table(&["ID", "STATE", "NAME"], &rows));
                Ok(())
            }),
            Self::Revoke { slug, id } => global.write(async |operator| {
                let space = pick_space(&*operator.directory, Some(&slug)).await?;
                operator
                    .auth
                    .revoke_api_key(space.id, id)
                    .await
                    .context("see `klatch space key list`")
            }),
        }
    }
}
