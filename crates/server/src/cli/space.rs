//! `klatch space`: spaces, their rules, keys of back ends, external issuers.

mod issuer;
mod key;
mod policy;

use super::table::table;
use super::{Global, say};
use anyhow::Context;
use clap::{Args, Subcommand};
use klatch_store::Directory;
use klatch_types::{DisplayName, Policy, Profile, Slug};

/// Spaces: add, list, policy, key, issuer
#[derive(Debug, Args)]
pub(super) struct Space {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a space; a server on SQLite must be stopped
    Add {
        /// Short name, unique on the server
        slug: Slug,
        /// Name to show; the short name if left out
        #[arg(long)]
        name: Option<DisplayName>,
        /// Defaults of its rules: campus, meeting, course or app
        #[arg(long, default_value = "app")]
        profile: Profile,
    },
    /// List the spaces
    List,
    /// Print the rules of a space, or change some; to change, a server on SQLite must be stopped
    Policy {
        /// Short name of the space
        slug: Slug,
        /// A rule to change, such as characters_max=400, history=since_join or retention='{"kind":"days","days":30}'
        #[arg(long = "set", value_name = "RULE=VALUE")]
        rules: Vec<String>,
        /// Origin of a page that may connect, such as https://www.example.org; all of them, in place of those before
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// Let no other page connect
        #[arg(long, conflicts_with = "origins")]
        no_origins: bool,
    },
    /// Keys of a product's back end
    Key {
        #[command(subcommand)]
        command: key::Key,
    },
    /// External issuers whose tokens are accepted
    Issuer {
        #[command(subcommand)]
        command: issuer::Issuer,
    },
}

impl Space {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::Add { slug, name, profile } => global.write_first(async |operator| {
                let name = name.map_or_else(|| slug.as_str().parse(), Ok)?;
                let made = operator
                    .auth
                    .create_space(slug.clone(), name, Policy::of(profile), Vec::new())
                    .await;
                let space = made.with_context(|| format!("cannot make space `{slug}`"))?;
                say(&format!("{}\n", space.id));
                Ok(())
            }),
            Command::List => global.read(async |directory| list(&*directory).await),
            Command::Policy {
                slug,
                rules,
                origins,
                no_origins,
            } => {
                if rules.is_empty() && origins.is_empty() && !no_origins {
                    return global.read(async |directory| policy::print(&*directory, &slug).await);
                }
                let origins = (no_origins || !origins.is_empty()).then_some(origins);
                global.write(async |operator| {
                    policy::change(&operator, &slug, &rules, origins).await?;
                    policy::print(&*operator.directory, &slug).await
                })
            }
            Command::Key { command } => command.run(global),
            Command::Issuer { command } => command.run(global),
        }
    }
}

async fn list(directory: &dyn Directory) -> anyhow::Result<()> {
    let rows: Vec<_> = directory
        .spaces()
        .await?
        .into_iter()
        .map(|space| {
            vec![
                space.slug,
                space.name,
                space.policy.profile.as_str().to_owned(),
                space.id.to_string(),
            ]
        })
        .collect();
    say(&table(&["SPACE", "NAME", "PROFILE", "ID"], &rows));
    Ok(())
}
