//! The tables of `docs/scaling.md` and `docs/operator.md`: Markdown, made of what was measured.

use super::costs::{Cost, Costs};
use super::markdown::{bytes, table, texts};
use super::measured::Measured;
use crate::appends::Appends;
use crate::cluster::cell::{Cell, Shape};
use std::fmt::Write as _;

/// What `make bench-cluster` measured.
pub(super) fn cluster(measured: &Measured) -> String {
    let head = texts(&[
        "shape",
        "nodes",
        "messages/s",
        "deliveries/s",
        "nodes: CPU µs per message",
        "per delivery",
        "PostgreSQL: CPU µs per message",
        "NATS: CPU µs per message",
        "bus, out per message",
        "in per message",
        "bytes in per message",
        "commits/s",
        "p50 ms",
        "p99 ms",
    ]);
    let busy = measured.cluster.iter().filter(|cell| cell.messages_per_s > 0.0);
    let rows: Vec<_> = busy
        .map(|cell| {
            let each = |cores: f64| format!("{:.0}", cell.per_message(cores) * 1e6);
            vec![
                cell.shape.name().to_owned(),
                cell.nodes.to_string(),
                format!("{:.0}", cell.messages_per_s),
                format!("{:.0}", cell.deliveries_per_s),
                each(cell.klatch_cores),
                format!("{:.1}", cell.klatch_us_per_delivery()),
                each(cell.postgres_cores),
                each(cell.nats_cores),
                format!("{:.2}", cell.per_message(cell.bus_sent_per_s)),
                format!("{:.2}", cell.per_message(cell.bus_received_per_s)),
                format!("{:.0}", cell.per_message(cell.bus_received_bytes_per_s)),
                format!("{:.0}", cell.commits_per_s),
                format!("{:.1}", cell.p50_ms),
                format!("{:.1}", cell.p99_ms),
            ]
        })
        .collect();
    let sum = |of: fn(&Cell) -> u64| -> u64 { measured.cluster.iter().map(of).sum() };
    let (lost, reordered) = (sum(|cell| cell.lost), sum(|cell| cell.reordered));
    let (refused, again) = (sum(|cell| cell.refused), sum(|cell| cell.duplicated));
    table(&head, &rows)
        + &format!("\nLost {lost}, reordered {reordered}, refused {refused}, came twice {again}.\n")
}

/// What `make bench-commits` measured.
pub(super) fn appends(measured: &Measured) -> String {
    let head = texts(&[
        "log",
        "appends waiting",
        "events/s",
        "goal",
        "events per commit",
        "bytes per event",
        "of that the table",
        "write-ahead log, bytes per event",
    ]);
    let or_dash = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}"));
    let row = |row: &Appends| {
        vec![
            row.engine.clone(),
            row.waiting.to_string(),
            format!("{:.0}", row.events_per_s),
            or_dash(row.goal.map(|goal| goal.round())).replace("0000", "0,000"),
            format!("{:.0}", row.events_per_commit),
            or_dash(row.bytes_per_event),
            or_dash(row.table_bytes_per_event),
            or_dash(row.wal_bytes_per_event),
        ]
    };
    table(
        &head,
        &measured.stored.appends.iter().map(row).collect::<Vec<_>>(),
    )
}

/// The costs that the model uses.
pub(super) fn costs(costs: &Costs) -> String {
    let us = |value: f64| format!("{value:.1} µs");
    let rows = [
        ("a node that does nothing, each second", us(costs.node)),
        (
            "node: a message (taking, checking, answering, telling the bus)",
            us(costs.message),
        ),
        ("node: a commit, whatever it holds", us(costs.commit)),
        ("node: a delivery", us(costs.delivery)),
        (
            "node: a payload from another node, beside its deliveries",
            us(costs.received),
        ),
        ("node: a compared head", us(costs.head)),
        ("node: a client that connects", us(costs.connect)),
        ("PostgreSQL: a client that connects", us(costs.postgres_connect)),
        (
            "PostgreSQL: a commit, whatever it holds",
            us(costs.postgres_commit),
        ),
        ("PostgreSQL: an event in a commit", us(costs.postgres_event)),
        ("PostgreSQL: a compared head", us(costs.postgres_head)),
        (
            "NATS: what a node publishes after a commit",
            us(costs.nats_commit),
        ),
        ("NATS: a payload passed on to a node", us(costs.nats_received)),
        (
            "a payload of one event, bytes",
            format!("{:.0}", costs.payload_bytes),
        ),
        (
            "write-ahead log for a message sent alone, bytes",
            format!("{:.0}", costs.wal_bytes),
        ),
        (
            "time of a commit where little happened",
            format!("{:.1} ms", costs.commit_s * 1e3),
        ),
        (
            "longer for each other node that commits to the same channels just then",
            format!("{:.0} %", costs.contention * 100.0),
        ),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    table(&texts(&["what", "cost"]), &rows)
}

/// Measured beside simulated.
pub(super) fn check(cells: &[Cell], costs: &Costs) -> String {
    let head = texts(&[
        "shape",
        "nodes",
        "messages/s",
        "nodes: cores",
        "PostgreSQL: cores",
        "NATS: cores",
        "commits/s",
        "bus in/s",
    ]);
    let pair = |measured: f64, simulated: f64| format!("{measured:.3} / {simulated:.3}");
    let whole = |measured: f64, simulated: f64| format!("{measured:.0} / {simulated:.0}");
    let rows: Vec<_> = cells
        .iter()
        .filter(|cell| cell.messages_per_s > 0.0)
        .map(|cell| {
            let cost = costs.cost(&costs.load(cell));
            vec![
                cell.shape.name().to_owned(),
                cell.nodes.to_string(),
                format!("{:.0}", cell.messages_per_s),
                pair(cell.klatch_cores, cost.klatch_cores),
                pair(cell.postgres_cores, cost.postgres_cores),
                pair(cell.nats_cores, cost.nats_cores),
                whole(cell.commits_per_s, cost.commits_per_s),
                whole(cell.bus_received_per_s, cost.bus_received_per_s),
            ]
        })
        .collect();
    table(&head, &rows)
}

/// What operators need of the costs.
pub(super) fn operator(measured: &Measured) -> String {
    let cell = |nodes: usize| {
        let rooms = |cell: &&Cell| cell.shape == Shape::Rooms && cell.nodes == nodes;
        measured.cluster.iter().find(rooms)
    };
    let us = |nodes: usize, of: fn(&Cell) -> f64| {
        cell(nodes).map_or_else(
            || "–".to_owned(),
            |cell| format!("{:.0}", cell.per_message(of(cell)) * 1e6),
        )
    };
    let single = &measured.single;
    let mut out = String::new();
    let head = texts(&["", "1 node", "2 nodes", "3 nodes"]);
    let row = |name: &str, of: fn(&Cell) -> f64| vec![name.to_owned(), us(1, of), us(2, of), us(3, of)];
    let mut rows = vec![
        row("nodes: CPU µs per message to ten people", |c| c.klatch_cores),
        row("PostgreSQL: CPU µs per message", |c| c.postgres_cores),
        row("NATS: CPU µs per message", |c| c.nats_cores),
    ];
    let between = |nodes: usize| {
        cell(nodes).map_or_else(
            || "–".to_owned(),
            |c| format!("{:.0}", c.per_message(c.bus_received_bytes_per_s)),
        )
    };
    rows.push(vec![
        "bytes between nodes per message".to_owned(),
        between(1),
        between(2),
        between(3),
    ]);
    out += &table(&head, &rows);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "\nMemory: {} for a connection, {} of it the kernel's, and {} for each channel that somebody on the node is in. [How far it scales](scaling.md) \
         tells where all this comes from, and of larger sizes.\n",
        bytes(single.connection_bytes + single.connection_kernel_bytes),
        bytes(single.connection_kernel_bytes),
        bytes(single.listened_node_bytes)
    );
    out
}

/// Payloads a second that may be heartbeats, which the model does not count.
const HEARTBEATS: f64 = 5.0;

/// How far simulated costs are from measured ones.
pub(super) fn misses(cell: &Cell, cost: &Cost, tolerance: f64, cores: f64) -> Vec<String> {
    let pairs = [
        ("nodes' cores", cell.klatch_cores, cost.klatch_cores, cores),
        (
            "PostgreSQL's cores",
            cell.postgres_cores,
            cost.postgres_cores,
            cores,
        ),
        ("NATS' cores", cell.nats_cores, cost.nats_cores, cores),
        (
            "payloads between nodes",
            cell.bus_received_per_s,
            cost.bus_received_per_s,
            HEARTBEATS,
        ),
    ];
    let off = pairs.into_iter().filter(|(_, measured, simulated, least)| {
        (measured - simulated).abs() > f64::max(measured * tolerance, *least)
    });
    off.map(|(what, measured, simulated, _)| {
        format!(
            "{} on {}: {what} {measured:.3}, simulated {simulated:.3}",
            cell.shape.name(),
            cell.nodes
        )
    })
    .collect()
}
