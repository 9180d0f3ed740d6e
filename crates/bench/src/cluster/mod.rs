//! The same load on one, two and three nodes: what a message costs with each.
//!
//! The load is fixed, so that costs can be compared; it is far from the most that the nodes can do. Everything shares
//! the machine: the generator, the nodes, PostgreSQL and NATS.

pub(crate) mod cell;
pub(crate) mod stack;
mod table;

use crate::connection::{Demand, WINDOW_MAX, hello};
use crate::load::Load;
use crate::options::Options;
use crate::report::note;
use crate::seed::{self, Seeded, seed};
use crate::wire::Wire;
use anyhow::ensure;
use cell::{Cell, Shape};
use stack::{Reading, Stack};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// Senders of the one channel of many.
const WIDE_SENDERS: usize = 10;
/// Connections of `listening`, and channels of each set of so many as there are nodes.
const LISTENING_SETS: usize = 10;
const LISTENING_CHANNELS: usize = 1_000;
/// Time for tails to begin and for the comparison that follows it.
const LISTENING_SETTLES: Duration = Duration::from_secs(3);

/// Measures all shapes on one node, then on two, and so on; prints the table and writes the file.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let binary = options.server_binary()?;
    let mut cells = Vec::new();
    for nodes in 1..=options.cluster.nodes {
        note(&format!("cluster: {nodes} node(s), PostgreSQL and NATS"))?;
        let stack = Stack::start(&binary, nodes).await?;
        cells.extend(on(&stack, options).await?);
        if nodes == options.cluster.nodes {
            cells.push(listening(&stack, options).await?);
        }
    }
    table::print(&cells)?;
    let path = options.output_named("bench-cluster.json")?;
    std::fs::write(&path, serde_json::to_string_pretty(&cells)? + "\n")?;
    note(&format!("figures written to {}", path.display()))?;
    ensure!(
        cells.iter().all(Cell::is_right),
        "something was lost, reordered or refused"
    );
    Ok(())
}

/// Everything on these nodes. `local` comes before `rooms`: a node goes on hearing a channel for a while after its
/// last listener has left.
async fn on(stack: &Stack, options: &Options) -> anyhow::Result<Vec<Cell>> {
    let (channels, members) = (options.channels as usize, options.channel_members as usize);
    let (rest, nodes) = (stack.rest()?, stack.nodes());
    let rooms = seed(&rest, "bench", channels, members).await?;
    let wide = seed(&rest, "wide", 1, options.members as usize).await?;
    let mut cells = Vec::new();
    let place = |seat: usize| stack.public(seat % channels % nodes);
    let (began, before) = (Instant::now(), stack.read().await?);
    let load = Load::connect(place, rooms.clone(), options).await?;
    let seconds = began.elapsed().as_secs_f64();
    let mut came = cell_of(Shape::Connecting, stack, &before, &stack.read().await?, seconds);
    (came.channels, came.members) = (channels, members);
    came.rate = load.len() as f64 / seconds;
    note(&format!("  {}", table::line(&came)))?;
    cells.push(came);
    cells.push(measure(stack, &load, Shape::Idle, &rooms, 0, 0.0, options).await?);
    for rate in options.cluster.rates() {
        let senders = rooms.tokens.len();
        cells.push(measure(stack, &load, Shape::Local, &rooms, senders, rate, options).await?);
    }
    drop(load);
    let load = Load::connect(
        |seat| stack.public(seat / channels % nodes),
        rooms.clone(),
        options,
    )
    .await?;
    for rate in options.cluster.rates() {
        let senders = rooms.tokens.len();
        cells.push(measure(stack, &load, Shape::Rooms, &rooms, senders, rate, options).await?);
    }
    drop(load);
    let load = Load::connect(|seat| stack.public(seat % nodes), wide.clone(), options).await?;
    for rate in options.cluster.rates() {
        let rate = rate * options.cluster.wide_times;
        cells.push(measure(stack, &load, Shape::Wide, &wide, WIDE_SENDERS, rate, options).await?);
    }
    Ok(cells)
}

async fn measure(
    stack: &Stack,
    load: &Load,
    shape: Shape,
    seeded: &Seeded,
    senders: usize,
    rate: f64,
    options: &Options,
) -> anyhow::Result<Cell> {
    let demand = Demand {
        senders,
        window: WINDOW_MAX,
        rate: (senders > 0).then_some(rate),
    };
    let (acked, written) = (load.acked(), stack.written()?);
    let began = Instant::now();
    let (sample, before, after, seconds) = load
        .observe(demand, options.warm(), options.measured(), async || {
            stack.read().await
        })
        .await?;
    let (acked, whole) = ((load.acked() - acked) as f64, began.elapsed().as_secs_f64());
    let wrote = stack.written()?;
    let mut cell = cell_of(shape, stack, &before, &after, seconds);
    cell.channels = seeded.channels.len();
    cell.members = seeded.tokens.len() / cell.channels;
    (cell.senders, cell.rate) = (senders, rate);
    (cell.messages_per_s, cell.deliveries_per_s) = (sample.messages_per_s, sample.deliveries_per_s);
    (cell.p50_ms, cell.p99_ms) = (sample.p50_ms, sample.p99_ms);
    cell.deliveries_per_frame = sample.per_frame;
    // What PostgreSQL wrote is asked before and after the load, when nothing is under way: asking costs time.
    let commits = wrote.commits - written.commits;
    cell.commits_per_s = if acked > 0.0 {
        commits / acked * cell.messages_per_s
    } else {
        commits / whole
    };
    cell.wal_bytes_per_message = (wrote.wal_bytes - written.wal_bytes) / acked.max(1.0);
    cell.blame(&load.losses());
    note(&format!("  {}", table::line(&cell)))?;
    Ok(cell)
}

/// A few connections in many channels where nothing happens.
async fn listening(stack: &Stack, options: &Options) -> anyhow::Result<Cell> {
    let nodes = stack.nodes();
    let tokens = seed::sets(&stack.rest()?, LISTENING_SETS, LISTENING_CHANNELS, nodes).await?;
    let mut wires = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        let mut wire = Wire::connect(stack.public(number % nodes), Ipv4Addr::new(127, 0, 2, 1)).await?;
        hello(&mut wire, token, false).await?;
        wires.push(wire);
    }
    tokio::time::sleep(LISTENING_SETTLES).await;
    let (began, before) = (Instant::now(), stack.read().await?);
    tokio::time::sleep(options.measured()).await;
    let after = stack.read().await?;
    let mut cell = cell_of(
        Shape::Listening,
        stack,
        &before,
        &after,
        began.elapsed().as_secs_f64(),
    );
    (cell.channels, cell.members) = (LISTENING_SETS * LISTENING_CHANNELS, nodes);
    note(&format!("  {}", table::line(&cell)))?;
    Ok(cell)
}

/// What the processes used and counted between two readings.
fn cell_of(shape: Shape, stack: &Stack, before: &Reading, after: &Reading, seconds: f64) -> Cell {
    let rate = |of: fn(&Reading) -> f64| (of(after) - of(before)) / seconds;
    Cell {
        shape,
        nodes: stack.nodes(),
        channels: 0,
        members: 0,
        senders: 0,
        rate: 0.0,
        messages_per_s: 0.0,
        deliveries_per_s: 0.0,
        deliveries_per_frame: 0.0,
        p50_ms: 0.0,
        p99_ms: 0.0,
        klatch_cores: rate(|r| r.klatch_cpu_s),
        postgres_cores: rate(|r| r.postgres_cpu_s),
        nats_cores: rate(|r| r.nats_cpu_s),
        bus_sent_per_s: rate(|r| r.bus_sent),
        bus_sent_bytes_per_s: rate(|r| r.bus_sent_bytes),
        bus_received_per_s: rate(|r| r.bus_received),
        bus_received_bytes_per_s: rate(|r| r.bus_received_bytes),
        commits_per_s: 0.0,
        wal_bytes_per_message: 0.0,
        heads_per_s: rate(|r| r.heads),
        tails: after.tails,
        lost: 0,
        duplicated: 0,
        reordered: 0,
        refused: 0,
    }
}
