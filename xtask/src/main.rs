//! House tasks that are more than a line of shell: `cargo xtask layers | tidy | gen [--check] | requirements [--check] |
//! cluster | ci`.
//!
//! `layers` and `tidy` are house rules with helpful messages; they are tests too. `gen` writes `/protocol` from the
//! types of the wire, and `gen --check` says whether that was done. `cluster` runs three servers to try out.

// A task talks to the person who started it.
#![allow(clippy::print_stdout)]

#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "gen")]
mod r#gen;
mod layers;
mod requirements;
mod tidy;

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: cargo xtask TASK
  layers         crates import only what is below them
  tidy           file sizes, dead links, leftovers, crate documentation
  gen [--check]  write /protocol from the types of the wire, and the table of requirements; with --check, fail if
                 one is stale
  requirements [--check]
                 write docs/requirements.md from what the tests cite; with --check, fail if it is stale or one has
                 no test
  cluster        three servers with a demo over PostgreSQL and NATS, until Ctrl-C
  ci             everything `make check` does";

fn main() -> ExitCode {
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    match arguments.as_slice() {
        ["layers"] => layers::run(&root),
        ["tidy"] => tidy::run(&root),
        #[cfg(feature = "gen")]
        ["gen"] => {
            r#gen::run(&root, r#gen::Mode::Write)?;
            requirements::run(&root, requirements::Mode::Write)
        }
        #[cfg(feature = "gen")]
        ["gen", "--check"] => {
            r#gen::run(&root, r#gen::Mode::Check)?;
            requirements::run(&root, requirements::Mode::Check)
        }
        ["requirements"] => requirements::run(&root, requirements::Mode::Write),
        ["requirements", "--check"] => requirements::run(&root, requirements::Mode::Check),
        #[cfg(feature = "cluster")]
        ["cluster"] => cluster::run(&root),
        ["ci"] => ci(&root),
        _ => bail!("{USAGE}"),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
        .to_owned()
}

/// The checks live in one place, the Makefile; this is for those who know cargo better than make.
fn ci(root: &Path) -> anyhow::Result<()> {
    let status = Command::new("make")
        .arg("check")
        .current_dir(root)
        .status()
        .context("`make` could not be started")?;
    if !status.success() {
        bail!("`make check` failed");
    }
    Ok(())
}
