//! What each fault cost: measured from what clients wrote down, printed as a table, written to `target/faults.json`, and
//! held against the bounds of the contract.

use crate::fault::Fault;
use crate::load::{Attempt, Load, Trip};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How much longer than the contract says something may take on a small machine that also runs the engines and clients.
const NOISE: f64 = 1.5;
/// Clients of a dead node resume elsewhere, 99 of 100 within this, milliseconds.
const MOVED_P99_MS: f64 = 5_000.0;
/// Sends answer or fail definitely within this, and what was parted is whole again, milliseconds.
const ANSWER_MS: f64 = 10_000.0;

/// The moments of a fault, in the recorder's nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    /// Right before it.
    pub(crate) struck_ns: u64,
    /// When healing began.
    pub(crate) healing_ns: u64,
    /// When healing was done: processes run, links pass.
    pub(crate) healed_ns: u64,
    /// When every node had taken a message again.
    pub(crate) serving_ns: u64,
    /// When every listener had everything that was acknowledged before healing was done.
    pub(crate) complete_ns: u64,
    /// When all that had begun before was answered.
    pub(crate) quiet_ns: u64,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    fault: Fault,
    /// Sends in flight when it struck.
    pub(crate) in_flight: usize,
    /// Longest time from the fault to the ack of a message that was in flight.
    from_fault_ms: f64,
    /// Longest time from the begin of healing to the ack of a message that was still unanswered then.
    from_heal_ms: f64,
    /// Longest time that a node which ran took for any answer to a send, definite or not.
    answer_ms_max: f64,
    /// Clients that lost their node and were served again: how many, and how long it took.
    moved: usize,
    moved_p50_ms: f64,
    moved_p99_ms: f64,
    /// From the end of healing until every node took messages.
    serving_ms: f64,
    /// From the end of healing until every listener had everything.
    complete_ms: f64,
}

fn ms(from_ns: u64, to_ns: u64) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 / 1e6
}

fn longest(of: impl Iterator<Item = f64>) -> f64 {
    of.fold(0.0, f64::max)
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len().saturating_sub(1) as f64 * part).ceil();
    sorted.get(place as usize).copied().unwrap_or_default()
}

impl Row {
    /// What a fault cost, by the ledger since then.
    pub(crate) fn of(fault: Fault, at: Moments, load: &Load) -> Self {
        let ledger = load.ledger.lock().unwrap();
        let waited_for = |moment: u64| {
            let under_way = |trip: &&Trip| trip.begun_ns <= moment && trip.acked_ns > moment;
            longest(
                ledger
                    .trips
                    .iter()
                    .filter(under_way)
                    .map(|trip| ms(moment, trip.acked_ns)),
            )
        };
        let in_flight = |one: &&Attempt| one.begun_ns <= at.struck_ns && one.ended_ns >= at.struck_ns;
        let answered = ledger.attempts.iter().filter(|one| {
            fault.silences() != Some(one.node) && one.ended_ns >= at.struck_ns && one.begun_ns <= at.quiet_ns
        });
        let moves = load.town.moves.lock().unwrap();
        let mut moved: Vec<f64> = moves
            .iter()
            .filter(|one| fault.silences().is_none_or(|node| node == one.from))
            .map(|one| ms(one.lost_ns, one.ready_ns))
            .collect();
        moved.sort_by(f64::total_cmp);
        Self {
            fault,
            in_flight: ledger.attempts.iter().filter(in_flight).count(),
            from_fault_ms: waited_for(at.struck_ns),
            from_heal_ms: waited_for(at.healing_ns),
            answer_ms_max: longest(answered.map(|one| ms(one.begun_ns, one.ended_ns))),
            moved: moved.len(),
            moved_p50_ms: quantile(&moved, 0.5),
            moved_p99_ms: quantile(&moved, 0.99),
            serving_ms: ms(at.healed_ns, at.serving_ns),
            complete_ms: ms(at.healed_ns, at.complete_ns),
        }
    }

    /// The bounds that it breaks by more than noise.
    pub(crate) fn broken(&self) -> Vec<String> {
        let (what, whom) = self.fault.name();
        let mut bounds = vec![
            ("the longest answer to a send", self.answer_ms_max, ANSWER_MS),
            ("sends after the heal", self.from_heal_ms, ANSWER_MS),
            ("all nodes serve after the heal", self.serving_ms, ANSWER_MS),
            (
                "every listener has everything after the heal",
                self.complete_ms,
                ANSWER_MS,
            ),
        ];
        if matches!(self.fault, Fault::KillNode(_)) {
            bounds.push(("clients served elsewhere, p99", self.moved_p99_ms, MOVED_P99_MS));
        }
        if matches!(
            self.fault,
            Fault::KillNode(_) | Fault::KillNats(_) | Fault::KillAllNats | Fault::RestartPostgres
        ) {
            bounds.push(("sends in flight", self.from_fault_ms, ANSWER_MS));
        }
        bounds
            .into_iter()
            .filter(|(_, took, bound)| *took > bound * NOISE)
            .map(|(which, took, bound)| {
                format!("{what} {whom}: {which}: {took:.0} ms, the bound is {bound:.0}")
            })
            .collect()
    }

    fn json(&self) -> Value {
        let (what, whom) = self.fault.name();
        json!({
            "fault": what,
            "of": whom,
            "in_flight": self.in_flight,
            "answered_after_fault_ms_max": self.from_fault_ms.round(),
            "answered_after_heal_ms_max": self.from_heal_ms.round(),
            "one_answer_ms_max": self.answer_ms_max.round(),
            "clients_moved": self.moved,
            "moved_ms_p50": self.moved_p50_ms.round(),
            "moved_ms_p99": self.moved_p99_ms.round(),
            "all_nodes_serve_ms": self.serving_ms.round(),
            "listeners_complete_ms": self.complete_ms.round(),
        })
    }
}

/// The table in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| fault | of | in flight | acked after fault | acked after heal | longest answer | clients moved | p50 | p99 | \
         nodes serve | listeners complete |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let (what, whom) = row.fault.name();
        let whom = whom.replace('|', "–");
        writeln!(
            text,
            "| {what} | {whom} | {} | {:.0} | {:.0} | {:.0} | {} | {:.0} | {:.0} | {:.0} | {:.0} |",
            row.in_flight,
            row.from_fault_ms,
            row.from_heal_ms,
            row.answer_ms_max,
            row.moved,
            row.moved_p50_ms,
            row.moved_p99_ms,
            row.serving_ms,
            row.complete_ms,
        )
        .expect("a String takes everything");
    }
    text
}

/// Writes the rows to `target/faults.json`.
pub(crate) fn write(rows: &[Row]) -> std::io::Result<()> {
    let target = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let rows: Vec<_> = rows.iter().map(Row::json).collect();
    let text = serde_json::to_string_pretty(&rows).expect("rows have string keys");
    std::fs::write(target.join("faults.json"), text + "\n")
}
