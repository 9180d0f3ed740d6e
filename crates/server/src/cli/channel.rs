//! `klatch channel`: channels, seen and made by the operator.

use super::table::table;
use super::{Global, pick_space, say};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use klatch_protocol::command::channel::ChannelCreate;
use klatch_protocol::view::Reply;
use klatch_protocol::{Command as Operation, command};
use klatch_store::Directory;
use klatch_types::{ChannelId, ChannelKind, DisplayName, Role, Slug, Username, Visibility, limits};

/// Channels: add, list, members
#[derive(Debug, Args)]
pub(super) struct Channel {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a channel; a server on SQLite must be stopped
    Add(Add),
    /// List the channels of a space
    List {
        /// Short name of the space; may be left out where there is one
        #[arg(long)]
        space: Option<Slug>,
    },
    /// List the members of a channel
    Members {
        /// Id of the channel, as `klatch channel list` prints it
        channel: ChannelId,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// Its name
    name: DisplayName,
    /// Username of its owner
    #[arg(long)]
    owner: Username,
    /// Usernames of further members
    #[arg(long = "member", value_name = "USERNAME")]
    members: Vec<Username>,
    /// What it is for: group, meeting or course
    #[arg(long, default_value = "group")]
    kind: ChannelKind,
    /// Let everyone in the space find and join it
    #[arg(long)]
    open: bool,
    /// What it is about
    #[arg(long)]
    topic: Option<String>,
    /// Short name of the space; may be left out where there is one
    #[arg(long)]
    space: Option<Slug>,
}

impl Channel {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::Add(add) => global.write(async |operator| add.run(&operator).await),
            Command::List { space } => global.read(async |directory| list(&*directory, space.as_ref()).await),
            Command::Members { channel } => {
                global.read(async |directory| members(&*directory, channel).await)
            }
        }
    }
}

impl Add {
    async fn run(self, operator: &crate::compose::Operator) -> anyhow::Result<()> {
        if self.kind == ChannelKind::Direct {
            bail!("direct channels are made by their two users");
        }
        let directory = &*operator.directory;
        let space = pick_space(directory, self.space.as_ref()).await?;
        let who = |username: Username| async move {
            let found = directory.user_by_username(space.id, username.as_str()).await?;
            found.with_context(|| {
                format!("there is no user `{username}` in the space: see `klatch user list`")
            })
        };
        let owner = who(self.owner).await?;
        let mut members = vec![owner.id];
        for username in self.members {
            members.push(who(username).await?.id);
        }
        let system = operator.auth.system_principal(space.id).await?;
        let create = ChannelCreate {
            kind: self.kind,
            name: Some(self.name),
            topic: self.topic,
            visibility: Some(if self.open {
                Visibility::Open
            } else {
                Visibility::Private
            }),
            members,
            rules: None,
            key: None,
        };
        let reply = operator
            .sessions
            .run(&system, Operation::ChannelCreate(create))
            .await?;
        let Reply::ChannelCreated(made) = reply else {
            bail!("the channel was not made")
        };
        let channel = made.channel.id;
        let rank = command::member::MemberRole {
            channel,
            user: owner.id,
            role: Role::Owner,
            key: None,
        };
        operator
            .sessions
            .run(&system, Operation::MemberRole(rank))
            .await?;
        say(&format!("{channel}\n"));
        Ok(())
    }
}

async fn list(directory: &dyn Directory, space: Option<&Slug>) -> anyhow::Result<()> {
    let space = pick_space(directory, space).await?;
    let channels = directory.channels_of(space.id, limits::CHANNEL_LIST_MAX).await?;
    let rows: Vec<_> = channels
        .into_iter()
        .map(|c| {
            vec![
                c.id.to_string(),
                c.kind.to_string(),
                c.visibility.to_string(),
                c.members.to_string(),
                c.ordinal.0.to_string(),
                if c.archived_at.is_some() {
                    "archived"
                } else {
                    "live"
                }
                .to_owned(),
                c.name.unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    say(&table(
        &["ID", "KIND", "VISIBILITY", "MEMBERS", "MESSAGES", "STATE", "NAME"],
        &rows,
    ));
    Ok(())
}

async fn members(directory: &dyn Directory, channel: ChannelId) -> anyhow::Result<()> {
    let found = directory.channel(channel).await?;
    found.with_context(|| format!("there is no channel {channel}: see `klatch channel list`"))?;
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = directory.members(channel, after, limits::PAGE_MAX).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.user);
        rows.extend(page.into_iter().map(|(member, user)| {
            vec![
                user.username,
                user.name,
                member.role.to_string(),
                member.read.0.to_string(),
            ]
        }));
    }
    say(&table(&["USERNAME", "NAME", "ROLE", "READ"], &rows));
    Ok(())
}
