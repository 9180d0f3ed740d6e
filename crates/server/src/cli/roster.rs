//! `klatch roster`: channels and members that follow an enrolment source.

mod door;
mod show;

use super::{Global, say};
use anyhow::Context;
use clap::{Args, Subcommand};
use door::Door;
use klatch_protocol::command::roster::RosterPut;
use klatch_protocol::view::RosterSettings;
use klatch_roster::{Roster as Enrolled, read};
use klatch_session::{RosterOrder, roster_of};
use klatch_types::{Clock, SystemClock};
use std::path::{Path, PathBuf};

/// Rosters: check, import, undo, show, imports, settings
#[derive(Debug, Args)]
pub(super) struct Roster {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a roster and tell what is in it, or what is wrong with it
    Check {
        /// Folder or zip archive of OneRoster 1.2 in CSV, a plain CSV file, or JSON
        roster: PathBuf,
    },
    /// Let channels and members follow a roster; with SQLite ask a running server by --server
    Import {
        /// Folder or zip archive of OneRoster 1.2 in CSV, a plain CSV file, or JSON
        roster: PathBuf,
        /// Only tell what would change
        #[arg(long)]
        dry_run: bool,
        /// Drop more members than one import may without this
        #[arg(long)]
        allow_removals: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        door: Door,
    },
    /// Take the last import back
    Undo {
        /// Only tell what would change
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        door: Door,
    },
    /// Tell how the roster stands
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        door: Door,
    },
    /// List the imports, newest first
    Imports {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        door: Door,
    },
    /// Print how rosters are followed, and change it
    Settings {
        /// Changes, such as grace_s=86400 removals_percent=10 'class={course.code} {class.title}' degree=
        #[arg(value_name = "SETTING=VALUE")]
        changes: Vec<String>,
        #[command(flatten)]
        door: Door,
    },
}

impl Roster {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::Check { roster } => {
                let roster = enrolled(&roster)?;
                let (users, groups) = (roster.users().len(), roster.groups().len());
                let enrolments = roster.enrolments().len();
                say(&format!(
                    "{users} people, {groups} groups, {enrolments} enrolments\n"
                ));
                Ok(())
            }
            Command::Import {
                roster,
                dry_run,
                allow_removals,
                json,
                door,
            } => {
                let roster = enrolled(&roster)?;
                let order = RosterOrder {
                    dry_run,
                    allow_removals,
                };
                show::report(&door.import(global, roster, order)?, json)
            }
            Command::Undo { dry_run, json, door } => show::report(&door.undo(global, dry_run)?, json),
            Command::Show { json, door } => show::status(&door.status(global)?, json),
            Command::Imports { json, door } => show::imports(&door.imports(global)?, json),
            Command::Settings { changes, door } => {
                let mut settings = door.settings(global)?;
                if !changes.is_empty() {
                    settings = door.settings_put(global, changed(settings, &changes)?)?;
                }
                super::inside::print_json(&settings)
            }
        }
    }
}

/// The roster in a folder or a file.
fn enrolled(path: &Path) -> anyhow::Result<Enrolled> {
    let is_json = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("json"));
    if !is_json {
        return Ok(read::path(path, &SystemClock.now().day())?);
    }
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let body: RosterPut =
        serde_json::from_slice(&text).with_context(|| format!("{} is no roster", path.display()))?;
    let roster = roster_of(body);
    roster.map_err(|error| anyhow::anyhow!("{}: {}", path.display(), told(&error)))
}

/// What a refusal says.
fn told(error: &klatch_session::SessionError) -> String {
    let problem = error.problem();
    problem.detail.unwrap_or(problem.title)
}

/// The settings with changes, each `SETTING=VALUE`.
fn changed(settings: RosterSettings, changes: &[String]) -> anyhow::Result<RosterSettings> {
    let mut object = serde_json::to_value(settings)?;
    for change in changes {
        let (name, value) = change
            .split_once('=')
            .with_context(|| format!("`{change}` is not SETTING=VALUE"))?;
        let slot = object
            .get_mut(name)
            .with_context(|| format!("`{name}` is not a setting: see `klatch roster settings`"))?;
        *slot = match slot.is_number() {
            true => serde_json::from_str(value).with_context(|| format!("`{name}` is a number"))?,
            false => value.into(),
        };
    }
    serde_json::from_value(object).context("that is not a setting")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_change_one_by_one() {
        let settings = || RosterSettings {
            grace_s: 1,
            removals_percent: 20,
            degree: "{degree.title}".into(),
            course: String::new(),
            class: "{class.title}".into(),
        };
        let change = |text: &str| changed(settings(), &[text.to_owned()]);
        assert_eq!(change("grace_s=60").unwrap().grace_s, 60);
        assert_eq!(change("degree=").unwrap().degree, "");
        assert_eq!(change("class=a=b").unwrap().class, "a=b");
        for wrong in ["grace_s", "grace_s=soon", "grace=1", "grace_s=-1"] {
            assert!(change(wrong).is_err(), "{wrong}");
        }
    }
}
