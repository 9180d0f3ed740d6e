//! One sender, one channel of many members: how fast one message becomes many.

use super::demands;
use crate::load::Load;
use crate::machine::Cores;
use crate::measure::outcome;
use crate::options::Options;
use crate::report::{Report, note};
use crate::seed::seed;
use crate::server::Server;

/// Messages in flight that are tried.
const SERIES: [usize; 6] = [8, 16, 32, 64, 128, 240];

pub(crate) async fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let members = options.members as usize;
    note(&format!("fanout: one sender, {members} members"))?;
    let server = Server::start(options, cores).await?;
    let seeded = seed(&server.rest()?, "bench", 1, members).await?;
    let load = Load::connect(|_| server.public, seeded, options).await?;
    let demands = demands(options, 1, &SERIES);
    let outcome = outcome(&load, &demands, options, server.process()).await?;
    report.event_bytes = Some(outcome.median.event_bytes);
    report.outcome(
        &format!("fanout_{members}"),
        format!("fanout: 1 sender, {members} members"),
        outcome,
    );
    Ok(())
}
