//! `klatch-bench`: starts a server on one core, loads it from another, and tells what it did.
//!
//! Every delivery is counted and its position checked; figures stand beside the ceiling of plain socket writes
//! measured in the same run. `bench/README.md` says what each figure means.

mod appends;
mod cluster;
mod connection;
mod latency;
mod ledger;
mod load;
mod machine;
mod measure;
mod message;
mod options;
mod pull;
mod report;
mod roster;
mod rows;
mod scan;
mod scenario;
mod seed;
mod server;
mod simulate;
mod wire;

use clap::Parser;
use options::{Options, Which};
use report::Report;

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    machine::raise_open_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    let which = options.which.unwrap_or(Which::All);
    match which {
        Which::Appends => appends::run(&options),
        Which::Simulate => simulate::run(&options),
        Which::Roster => local.block_on(&runtime, roster::run(&options)),
        Which::Cluster => local.block_on(&runtime, cluster::run(&options)),
        _ => one_server(which, &options, &runtime, &local),
    }
}

/// The scenarios on one server with a core of its own.
fn one_server(
    which: Which,
    options: &Options,
    runtime: &tokio::runtime::Runtime,
    local: &tokio::task::LocalSet,
) -> anyhow::Result<()> {
    let cores = machine::Cores::claim()?;
    let mut report = Report::default();
    if which.includes(Which::Fanout) {
        local.block_on(runtime, scenario::fanout::run(options, &cores, &mut report))?;
    }
    if which.includes(Which::Rooms) {
        local.block_on(runtime, scenario::rooms::run(options, &cores, &mut report))?;
    }
    if which.includes(Which::Commits) {
        local.block_on(runtime, scenario::commits::run(options, &cores, &mut report))?;
    }
    if which.includes(Which::Idle) {
        local.block_on(runtime, scenario::idle::run(options, &cores, &mut report))?;
    }
    // Not among all: it makes 20,000 users twice.
    if which == Which::Hybrid {
        local.block_on(runtime, scenario::hybrid::run(options, &cores, &mut report))?;
    }
    if which == Which::Presence {
        local.block_on(runtime, scenario::presence::run(options, &cores, &mut report))?;
    }
    if which.includes(Which::Raw) {
        scenario::raw::run(options, &cores, &mut report)?;
    }
    report.print()?;
    report.write(&options.output()?)
}
