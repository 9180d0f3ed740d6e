//! One large and active channel, pushed and then pulled (S3.3): what a message costs the server either way.

use crate::connection::{Demand, WINDOW_MAX};
use crate::load::Load;
use crate::machine::Cores;
use crate::measure::{Outcome, outcome};
use crate::options::Options;
use crate::report::{Report, note};
use crate::seed::crowd;
use crate::server::Server;
use std::time::Duration;

/// Connections that send.
const SENDERS: usize = 20;
/// Load before a measurement, seconds: the first hints must have been followed.
const WARM_UP: f64 = 8.0;
/// Shortest measurement, seconds: several hints long.
const SECONDS: f64 = 12.0;
/// Messages per second of all senders while the channel is quiet, and how long.
const QUIET_RATE: f64 = 2.0;
const QUIET: Duration = Duration::from_secs(16);
/// Configuration that pushes everything.
const PUSH: &str = "[fanout]\npull_listeners = 0\n";

pub(crate) async fn run(options: &Options, cores: &Cores, report: &mut Report) -> anyhow::Result<()> {
    let crowd = &options.crowd;
    note(&format!(
        "hybrid: {} members, {} of them connected, {} messages/s",
        crowd.crowd, crowd.crowd_online, crowd.crowd_rate
    ))?;
    let options = Options {
        runs: options.runs.min(crowd.crowd_runs),
        warm_up: options.warm_up.max(WARM_UP),
        seconds: options.seconds.max(SECONDS),
        ..options.clone()
    };
    let mut costs = Vec::new();
    for (key, name, config) in [("push", "pushed", PUSH), ("pull", "pulled", "")] {
        let outcome = one(&options, cores, config).await?;
        let median = outcome.median;
        let cost = median.cpu_us * median.deliveries_per_s / median.messages_per_s.max(1.0);
        report.figure(&format!("hybrid_{key}_cpu_us_per_message"), cost);
        report.outcome(&format!("hybrid_{key}"), format!("hybrid: {name}"), outcome);
        costs.push(cost);
    }
    if let [pushed, pulled] = costs[..] {
        report.figure("hybrid_push_over_pull_cpu", pushed / pulled.max(1e-9));
    }
    Ok(())
}

/// One server: the channel is active, then quiet, then active again, and measured the first time.
async fn one(options: &Options, cores: &Cores, config: &str) -> anyhow::Result<Outcome> {
    let crowd_of = &options.crowd;
    let (members, online) = (crowd_of.crowd as usize, crowd_of.crowd_online as usize);
    let server = Server::start_with(options, cores, config).await?;
    let seeded = crowd(&server.rest()?, members, online).await?;
    let load = Load::connect_pulling(|_| server.public, seeded, options).await?;
    let paced = |rate: f64| Demand {
        senders: SENDERS,
        window: WINDOW_MAX,
        rate: Some(rate / SENDERS as f64),
    };
    let active = paced(crowd_of.crowd_rate);
    let measured = outcome(&load, &[active], options, server.process()).await?;
    for (what, demand, length) in [
        ("quiet", paced(QUIET_RATE), QUIET),
        ("active again", active, options.measured()),
    ] {
        let sample = load
            .measure(demand, Duration::ZERO, length, server.process())
            .await?;
        note(&format!(
            "  {what}: {:.0} messages/s, p50 {:.0} ms, {:.1} events per frame",
            sample.messages_per_s, sample.p50_ms, sample.per_frame
        ))?;
    }
    Ok(Outcome {
        losses: load.losses(),
        ..measured
    })
}
