//! Channels of one member: durable messages per second with as little fan-out as there can be.

use super::demands;
use crate::load::Load;
use crate::machine::Cores;
use crate::measure::outcome;
use crate::options::Options;
use crate::report::{Report, note};
use crate::seed::seed;
use crate::server::Server;

pub(crate) async fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let channels = options.commit_channels as usize;
    note(&format!("commits: {channels} channels of one member"))?;
    let server = Server::start(options, cores).await?;
    let seeded = seed(&server.rest()?, "bench", channels, 1).await?;
    let load = Load::connect(|_| server.public, seeded, options).await?;
    let demands = demands(
        options,
        channels,
        &[channels, 2 * channels, 4 * channels, 8 * channels],
    );
    let outcome = outcome(&load, &demands, options, server.process()).await?;
    report.outcome("commits", format!("commits: {channels} channels of 1"), outcome);
    Ok(())
}
