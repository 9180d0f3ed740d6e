//! `klatch user`: accounts.

use super::password::PasswordSource;
use super::table::table;
use super::{Global, pick_space, say};
use anyhow::Context;
use clap::{Args, Subcommand};
use klatch_store::Directory;
use klatch_store::row::UserRow;
use klatch_types::{AdminScope, DisplayName, Slug, SystemEntropy, UserId, Username, limits};
use std::collections::HashMap;

/// Accounts: add, list, passwd, disable, enable, admin
#[derive(Debug, Args)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account; a server on SQLite must be stopped
    Add {
        /// Unique name in the space
        username: Username,
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
        /// Name to show; the username if left out
        #[arg(long)]
        name: Option<DisplayName>,
        #[command(flatten)]
        password: PasswordSource,
        /// Make an account that cannot log in by password
        #[arg(long, conflicts_with_all = ["password_stdin", "generate"])]
        no_password: bool,
    },
    /// List the accounts of a space
    List {
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
    },
    /// Change a password and sign the user out everywhere; a server on SQLite must be stopped
    Passwd {
        /// The user
        username: Username,
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Sign a user out and keep them out; a server on SQLite must be stopped
    Disable {
        /// The user
        username: Username,
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
    },
    /// Make a user an administrator of the space, of the whole server, or no longer one; a server on SQLite must be stopped
    Admin {
        /// The user
        username: Username,
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
        /// Of the whole server: its nodes, spaces and figures, and the space as well
        #[arg(long)]
        server: bool,
        /// Of nothing any more
        #[arg(long, conflicts_with = "server")]
        none: bool,
    },
    /// Let a disabled user in again; a server on SQLite must be stopped
    Enable {
        /// The user
        username: Username,
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
    },
}

impl User {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::Add {
                username,
                space,
                name,
                password,
                no_password,
            } => {
                let password = if no_password {
                    None
                } else {
                    Some(password.get(&SystemEntropy)?)
                };
                global.write(async |operator| {
                    let space = pick_space(&*operator.directory, space.as_ref()).await?;
                    let text = password.as_ref().map(|p| p.text.as_str());
                    let added = operator
                        .auth
                        .create_user(space.id, username.clone(), name, text)
                        .await;
                    let user = added
                        .with_context(|| format!("cannot add `{username}` to space `{}`", space.slug))?;
                    say(&format!("{}\n", user.id));
                    if let Some(made_up) = password.filter(|p| p.made_up) {
                        say(&format!("password: {}\n", made_up.text));
                    }
                    Ok(())
                })
            }
            Command::List { space } => global.read(async |directory| list(&*directory, space.as_ref()).await),
            Command::Passwd {
                username,
                space,
                password,
            } => {
                let password = password.get(&SystemEntropy)?;
                global.write(async |operator| {
                    let user = find(&*operator.directory, space.as_ref(), &username).await?;
                    operator.auth.set_password(user.id, &password.text).await?;
                    if password.made_up {
                        say(&format!("password: {}\n", password.text));
                    }
                    Ok(())
                })
            }
            Command::Disable { username, space } => global.write(async |operator| {
                let user = find(&*operator.directory, space.as_ref(), &username).await?;
                Ok(operator.auth.disable_user(user.id).await?)
            }),
            Command::Admin {
                username,
                space,
                server,
                none,
            } => {
                let scope = if server {
                    AdminScope::Server
                } else {
                    AdminScope::Space
                };
                global.write(async |operator| {
                    let user = find(&*operator.directory, space.as_ref(), &username).await?;
                    let scope = (!none).then_some(scope);
                    Ok(operator.auth.set_admin(user.id, scope).await?)
                })
            }
            Command::Enable { username, space } => global.write(async |operator| {
                let user = find(&*operator.directory, space.as_ref(), &username).await?;
                Ok(operator.auth.enable_user(user.id).await?)
            }),
        }
    }
}

/// The user of this name in the space that is meant.
pub(super) async fn find(
    directory: &dyn Directory,
    space: Option<&Slug>,
    username: &Username,
) -> anyhow::Result<UserRow> {
    let space = pick_space(directory, space).await?;
    let found = directory.user_by_username(space.id, username.as_str()).await?;
    found.with_context(|| {
        format!(
            "there is no user `{username}` in space `{}`: see `klatch user list`",
            space.slug
        )
    })
}

async fn list(directory: &dyn Directory, space: Option<&Slug>) -> anyhow::Result<()> {
    let space = pick_space(directory, space).await?;
    let admins = directory.admins(Some(space.id)).await?;
    let admins: HashMap<UserId, AdminScope> = admins.into_iter().map(|row| (row.user, row.scope)).collect();
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let page = directory.users_of(space.id, &after, limits::PAGE_MAX).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.username);
        rows.extend(page.iter().map(|user| {
            let state = if user.disabled_at.is_some() {
                "disabled"
            } else {
                "active"
            };
            vec![
                user.username.clone(),
                user.name.clone(),
                user.kind.to_string(),
                state.to_owned(),
                admins
                    .get(&user.id)
                    .map_or("-", |scope| scope.as_str())
                    .to_owned(),
                user.id.to_string(),
            ]
        }));
    }
    say(&table(
        &["USERNAME", "NAME", "KIND", "STATE", "ADMIN", "ID"],
        &rows,
    ));
    Ok(())
}
