//! The command line: one file per command.

mod backup;
mod channel;
mod check;
mod completions;
mod config;
mod db;
mod fitness;
mod inside;
mod migrate_store;
mod node;
mod openapi;
mod password;
mod restore;
mod roster;
mod serve;
mod space;
mod table;
mod token;
mod user;
mod who;

use crate::compose::{Operator, Storage, StorageError, Surroundings, Voice};
use crate::config::{Config, EXIT_CONFIG, Problem, Sources, load};
use clap::{Args, CommandFactory, Parser, Subcommand};
use klatch_store::Directory;
use klatch_store::row::SpaceRow;
use klatch_types::{Slug, SystemClock};
use rustix::fs::Mode;
use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What the help says about exit codes.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong use, 78 wrong configuration.";
/// The short name of the space that a command means when none is named and there are several.
const DEFAULT_SPACE: &str = "default";
/// Spaces named in a message at most.
const SPACES_NAMED_MAX: usize = 10;

/// Group chat: one binary, nothing else needed.
#[derive(Debug, Parser)]
#[command(name = "klatch", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Configuration file; ./klatch.toml is read if it is there
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder, in place of `storage.data_dir`
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    User(user::User),
    Space(space::Space),
    Channel(channel::Channel),
    Roster(roster::Roster),
    Token(token::Token),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Check(check::Check),
    Db(db::Db),
    MigrateStore(migrate_store::MigrateStore),
    Node(node::Node),
    Who(who::Who),
    Fitness(fitness::Fitness),
    Config(config::ConfigCommand),
    Completions(completions::Completions),
    Openapi(openapi::OpenApi),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    // What is made here holds messages, password hashes and keys: it is for this account alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    match run(&global, command) {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            if error.chain().any(|cause| cause.is::<Problem>()) {
                ExitCode::from(EXIT_CONFIG)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(global: &Global, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Fitness(fitness) => return Ok(fitness.run()),
        Command::Serve(serve) => serve.run(global),
        Command::User(user) => user.run(global),
        Command::Space(space) => space.run(global),
        Command::Channel(channel) => channel.run(global),
        Command::Roster(roster) => roster.run(global),
        Command::Token(token) => token.run(global),
        Command::Backup(backup) => backup.run(global),
        Command::Restore(restore) => restore.run(global),
        Command::Check(check) => check.run(global),
        Command::Db(db) => db.run(global),
        Command::MigrateStore(migrate) => migrate.run(global),
        Command::Node(node) => node.run(global),
        Command::Who(who) => who.run(global),
        Command::Config(config) => config.run(global),
        Command::Completions(completions) => completions.run(),
        Command::Openapi(openapi) => openapi.run(),
    }
    .map(|()| ExitCode::SUCCESS)
}

/// The command line as clap describes it, for completions and tests.
pub fn command_line() -> clap::Command {
    Cli::command()
}

impl Global {
    /// The configuration, with what the flags of every command and these others say.
    fn load(&self, flags: Vec<(&'static str, &'static str, String)>) -> Result<Config, Problem> {
        let mut sources = Sources {
            file: self.config.clone(),
            flags,
            ..Sources::of_process()
        };
        if let Some(data) = &self.data {
            sources
                .flags
                .push(("storage", "data_dir", data.display().to_string()));
        }
        load(&sources)
    }

    /// Does something as the operator who may write; an embedded database must not be served meanwhile.
    fn write<T, F>(&self, work: impl FnOnce(Operator) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<T>>,
    {
        self.with_storage(Storage::open_existing, work)
    }

    /// The same where there may be no database yet: it is made.
    fn write_first<T, F>(&self, work: impl FnOnce(Operator) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<T>>,
    {
        self.with_storage(Storage::open_on_disk, work)
    }

    fn with_storage<T, F>(
        &self,
        open: impl AsyncFnOnce(&Config) -> Result<Storage, StorageError>,
        work: impl FnOnce(Operator) -> F,
    ) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<T>>,
    {
        let config = self.load(Vec::new())?;
        on_runtime(async {
            let storage = open(&config).await?;
            let engine = storage.engine();
            let done = async {
                let surroundings = Surroundings::of_command(&config).await?;
                let operator = Operator::start(storage, surroundings, &config, Arc::new(SystemClock)).await?;
                let voice = Voice::of(&operator).await;
                let done = work(operator).await;
                voice.finish().await;
                done
            };
            let done = done.await;
            engine.close().await;
            done
        })
    }

    /// Reads, whether or not the server runs.
    fn read<T, F>(&self, work: impl FnOnce(Arc<dyn Directory>) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<T>>,
    {
        let config = self.load(Vec::new())?;
        on_runtime(async { work(Storage::read(&config).await?).await })
    }
}

/// Runs a command's future; commands are short and need no other threads.
fn on_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// The space that is meant: the one named, the only one, or the one called `default`.
async fn pick_space(directory: &dyn Directory, slug: Option<&Slug>) -> anyhow::Result<SpaceRow> {
    if let Some(slug) = slug {
        let found = directory.space_by_slug(slug.as_str()).await?;
        return found.ok_or_else(|| anyhow::anyhow!("there is no space `{slug}`: see `klatch space list`"));
    }
    let mut spaces = directory.spaces().await?;
    if spaces.is_empty() {
        anyhow::bail!("there is no space yet: `klatch space add NAME` makes one");
    }
    let position = match spaces.len() {
        1 => Some(0),
        _ => spaces.iter().position(|space| space.slug == DEFAULT_SPACE),
    };
    let names = || {
        spaces
            .iter()
            .take(SPACES_NAMED_MAX)
            .map(|s| s.slug.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match position {
        Some(position) => Ok(spaces.swap_remove(position)),
        None => anyhow::bail!("there are several spaces: say which with --space ({})", names()),
    }
}

/// Writes to stdout. If its reader is gone (`klatch … | head`), there is nobody to tell.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}

/// Writes an error with its causes to stderr, on one line.
fn complain(error: &anyhow::Error) {
    writeln!(std::io::stderr().lock(), "klatch: {error:#}").ok();
}
