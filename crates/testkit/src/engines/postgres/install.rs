//! Where PostgreSQL is on this machine, and as whom it runs.

use anyhow::{Context, ensure};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's packages put the binaries: one folder per version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Oldest version that Klatch supports.
const VERSION_MIN: u32 = 15;
/// The user of Debian's packages: the server refuses to run as root.
const USER: &str = "postgres";

/// An installed PostgreSQL.
#[derive(Clone, Debug)]
pub(super) struct Install {
    bin: PathBuf,
    /// User and group of the server, if this process is root.
    owner: Option<(u32, u32)>,
}

impl Install {
    /// The newest of Debian's, or the one in PATH.
    ///
    /// # Errors
    /// There is none; the error says how to get one.
    pub(super) fn find() -> anyhow::Result<Self> {
        let bin = debian()
            .or_else(|| super::super::in_path("initdb"))
            .context("there is no PostgreSQL 15 or newer here: `scripts/setup` installs it")?;
        let owner = match number(&["-u"])? {
            0 => Some((number(&["-u", USER])?, number(&["-g", USER])?)),
            _ => None,
        };
        Ok(Self { bin, owner })
    }

    /// One of its programs, with nothing of the caller's configuration.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.current_dir("/");
        command
    }

    /// The same, as the user that may run a server.
    pub(super) fn server_command(&self, program: &str) -> Command {
        let mut command = self.command(program);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a path to the user that runs the server.
    ///
    /// # Errors
    /// The file system refuses.
    pub(super) fn give(&self, path: &Path) -> anyhow::Result<()> {
        if let Some((user, group)) = self.owner {
            std::os::unix::fs::chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }
}

fn debian() -> Option<PathBuf> {
    let folders = std::fs::read_dir(DEBIAN).ok()?;
    let versions = folders.filter_map(|folder| folder.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut versions: Vec<u32> = versions.filter(|version| *version >= VERSION_MIN).collect();
    versions.sort_unstable();
    let bins = versions
        .iter()
        .rev()
        .map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin"));
    bins.into_iter().find(|bin| bin.join("initdb").is_file())
}

/// What `id` says.
fn number(arguments: &[&str]) -> anyhow::Result<u32> {
    let output = Command::new("id")
        .args(arguments)
        .output()
        .context("cannot run `id`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}: `scripts/setup` installs PostgreSQL with its user",
        said.trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
