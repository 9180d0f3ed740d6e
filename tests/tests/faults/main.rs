//! Three nodes, three NATS servers, PostgreSQL with a synchronous standby: each is killed, stopped and cut off under load,
//! and the checker judges what is left.
//!
//! `TEST_FAULTS=long` breaks everything at everyone, `TEST_FAULT_ROUNDS` times (1). docs/faults.md has the figures.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test may, and prints its table

mod fault;
mod judge;
mod load;
mod measure;
mod planted;
mod session;
mod stack;
mod town;

use anyhow::{Context, Result, ensure};
use fault::Fault;
use judge::until;
use klatch_testkit::history::{Floor, Recorder};
use load::{Load, Size};
use measure::{Moments, Row};
use stack::{NODES, Stack};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use town::Town;

/// One stack at a time: the machine is small, and times are measured.
static TURN: Mutex<()> = Mutex::const_new(());
/// Sends that must be in flight when a fault strikes.
const IN_FLIGHT: usize = 100;
/// Messages that are kept under way until a fault strikes.
const PRESSURE: usize = 300;
/// Longest wait for recovery; the bounds are much shorter, but a figure tells more than a time-out.
const RECOVERY_MAX: Duration = Duration::from_secs(30);
/// The load of the short and the long version.
const SIZE: Size = Size {
    talkers: 4,
    crowd: 24,
    channels: 4,
    rate: 60,
};

/// Breaks one thing under load and puts it right; what that cost.
async fn strike(fault: Fault, stack: &mut Stack, load: &Arc<Load>) -> Result<Row> {
    let recorder = &load.town.recorder;
    load.begin_account();
    load.press(PRESSURE);
    let enough = until(Duration::from_secs(10), || load.in_flight() >= IN_FLIGHT * 5 / 4).await;
    ensure!(enough, "only {} sends are in flight", load.in_flight());
    let (what, whom) = fault.name();
    recorder.fault(&what, &whom);
    let struck_ns = recorder.now_ns();
    fault.apply(stack).await?;
    load.relent();
    tokio::time::sleep(fault.lasts()).await; // the fault's own length
    let healing_ns = recorder.now_ns();
    fault.heal(stack).await?;
    let healed_ns = recorder.now_ns();
    let heads = load.acked.lock().unwrap().clone();
    let probes = async {
        for node in 0..NODES {
            load.probe(node).await;
        }
        recorder.now_ns()
    };
    let everything = async {
        let complete = until(RECOVERY_MAX, || judge::behind(load, &heads).is_empty()).await;
        complete.then(|| recorder.now_ns())
    };
    let quiet = async {
        until(RECOVERY_MAX, || load.all_since(healed_ns)).await;
        recorder.now_ns()
    };
    let all = async { tokio::join!(probes, everything, quiet) };
    let (serving_ns, complete_ns, quiet_ns) = tokio::time::timeout(RECOVERY_MAX * 2, all)
        .await
        .context("a node never serves again")?;
    let late = judge::behind(load, &heads);
    let complete_ns = complete_ns.with_context(|| format!("not everyone is given everything: {late:#?}"))?;
    let at = Moments {
        struck_ns,
        healing_ns,
        healed_ns,
        serving_ns,
        complete_ns,
        quiet_ns,
    };
    Ok(Row::of(fault, at, load))
}

/// All of these faults, one after the other, and the judgement.
async fn run(faults: &[Fault]) -> Result<()> {
    let _turn = TURN.lock().await;
    let began = Instant::now();
    let mut stack = Stack::start().await?;
    let town = Town::new(&stack.bases(), stack.api_key(), Recorder::default())?;
    let load = Load::start(Arc::clone(&town), SIZE).await?;
    for node in 0..NODES {
        load.probe(node).await;
    }
    println!("everything runs after {:?}", began.elapsed());
    let mut rows = Vec::new();
    for fault in faults {
        let row = match strike(*fault, &mut stack, &load).await {
            Ok(row) => row,
            Err(error) => return Err(error.context(format!("{fault:?}\n{}", stack.state().await))),
        };
        println!(
            "{:>6.1} s {:?} {row:?}",
            began.elapsed().as_secs_f64(),
            fault.name()
        );
        rows.push(row);
    }
    let floor = Floor {
        operations: faults.len() * PRESSURE,
        faults: faults.len(),
        in_flight: faults.len() * IN_FLIGHT,
    };
    let judgement = judge::judge(&load, floor, Duration::from_secs(30)).await?;
    measure::write(&rows)?;
    println!(
        "{} events, {} lines of history, {:?}\n{}",
        judgement.events,
        town.recorder.history().entries.len(),
        began.elapsed(),
        measure::table(&rows)
    );
    if !judgement.incomplete.is_empty() {
        println!("{}", stack.state().await);
    }
    judge::assert_kept(&judgement, &town);
    for row in &rows {
        assert!(
            row.in_flight >= IN_FLIGHT,
            "{} sends in flight: {row:?}",
            row.in_flight
        );
    }
    let broken: Vec<_> = rows.iter().flat_map(Row::broken).collect();
    assert!(broken.is_empty(), "bounds of the contract: {broken:#?}");
    Ok(())
}

/// S1.5, S4.7: what was acknowledged is there, whatever breaks.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_reordered_whatever_is_broken() {
    let faults = match std::env::var("TEST_FAULTS").as_deref() {
        Ok("long") => {
            let rounds = std::env::var("TEST_FAULT_ROUNDS").map_or(1, |text| text.parse().unwrap());
            fault::long().repeat(rounds)
        }
        _ => fault::short(),
    };
    run(&faults).await.unwrap();
}
