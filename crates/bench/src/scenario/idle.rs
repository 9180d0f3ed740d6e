//! Connections that do nothing: what each costs in memory.

use crate::load::Load;
use crate::machine::Cores;
use crate::options::Options;
use crate::report::{Report, note};
use crate::seed::seed;
use crate::server::Server;
use std::time::Duration;

/// Members of each channel that the connections are in.
const CHANNEL_MEMBERS: usize = 10;
/// Time for the server to give buffers back.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let channels = (options.idle as usize).div_ceil(CHANNEL_MEMBERS);
    note(&format!("idle: {} connections", channels * CHANNEL_MEMBERS))?;
    let server = Server::start(options, cores).await?;
    let seeded = seed(&server.rest()?, "bench", channels, CHANNEL_MEMBERS).await?;
    tokio::time::sleep(SETTLE).await;
    let before = server.process().resident_bytes()?;
    let load = Load::connect(|_| server.public, seeded, options).await?;
    tokio::time::sleep(SETTLE).await;
    load.check()?;
    let after = server.process().resident_bytes()?;
    let each = after.saturating_sub(before) as f64 / load.len() as f64;
    note(&format!(
        "  resident: {before} bytes before, {after} after, {each:.0} for each of {}",
        load.len()
    ))?;
    report.figure("idle_bytes_per_connection", each);
    report.figure("idle_connections", load.len() as f64);
    Ok(())
}
