//! Many channels of a few members, all of whom send: what a busy evening looks like.

use super::demands;
use crate::load::Load;
use crate::machine::Cores;
use crate::measure::outcome;
use crate::options::Options;
use crate::report::{Report, note};
use crate::seed::seed;
use crate::server::Server;

pub(crate) async fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let (channels, members) = (options.channels as usize, options.channel_members as usize);
    let users = channels * members;
    note(&format!(
        "rooms: {users} connections in {channels} channels of {members}"
    ))?;
    let server = Server::start(options, cores).await?;
    let seeded = seed(&server.rest()?, "bench", channels, members).await?;
    let load = Load::connect(|_| server.public, seeded, options).await?;
    let series = [
        users / 4,
        users / 2,
        users,
        2 * users,
        3 * users,
        4 * users,
        6 * users,
    ];
    let demands = demands(options, users, &series);
    let outcome = outcome(&load, &demands, options, server.process()).await?;
    report.outcome(
        &format!("rooms_{channels}x{members}"),
        format!("rooms: {channels} channels of {members}"),
        outcome,
    );
    Ok(())
}
