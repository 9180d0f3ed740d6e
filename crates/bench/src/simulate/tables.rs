//! The tables of `docs/scaling.md` and `docs/operator.md`: Markdown, made of what was measured.

use super::costs::{Cost, Costs};
use super::measured::Measured;
use super::sizes::{Assumptions, Size};
use crate::appends::Appends;
use crate::cluster::cell::{Cell, Shape};
use std::fmt::Write as _;

/// Users of the sizes that are told.
const USERS: [f64; 6] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
/// Sizes that the operator's guide tells of.
const SMALL: usize = 4;

/// A heading and how it is told of a size.
type Line = (&'static str, fn(&Size) -> String);

/// Three digits, and a letter for thousands.
fn short(value: f64) -> String {
    let (scaled, letter) = match value {
        v if v >= 1e12 => (v / 1e12, " T"),
        v if v >= 1e9 => (v / 1e9, " G"),
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e4 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let digits = match scaled {
        v if v >= 99.5 || v == v.round() => 0,
        v if v >= 9.95 => 1,
        _ => 2,
    };
    format!("{scaled:.digits$}{letter}")
}

fn bytes(value: f64) -> String {
    let text = short(value.round());
    if text.contains(' ') {
        text + "B"
    } else {
        text + " B"
    }
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    out += &line(head);
    out += &line(&vec!["---".to_owned(); head.len()]);
    for row in rows {
        out += &line(row);
    }
    out
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

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
    let wrong: u64 = measured
        .cluster
        .iter()
        .map(|cell| cell.lost + cell.duplicated + cell.reordered + cell.refused)
        .sum();
    table(&head, &rows) + &format!("\nLost, duplicated, reordered, refused: {wrong}.\n")
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
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    table(&texts(&["what", "processor time"]), &rows)
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

const LOAD: &[Line] = &[
    ("connections", |s| short(s.connections)),
    ("messages/s, busiest second", |s| short(s.messages_per_s)),
    ("deliveries/s", |s| short(s.deliveries_per_s)),
    ("**nodes**, one of them spare", |s| short(s.nodes)),
    ("connections per node", |s| short(s.connections / s.nodes)),
    ("channels heard per node", |s| short(s.tails_per_node)),
    ("memory per node, kernel included", |s| bytes(s.node_bytes)),
    ("cores used, all nodes", |s| short(s.cost.klatch_cores)),
    ("other nodes that hear a message", |s| {
        format!("{:.2}", s.others_that_hear)
    }),
    ("payloads/s between nodes", |s| short(s.cost.bus_received_per_s)),
    ("bytes/s between nodes", |s| bytes(s.bus_bytes_per_s)),
    ("NATS cores", |s| short(s.cost.nats_cores)),
    (
        "NATS servers' worth of payloads, by the measured most of one",
        |s| short(s.bus_servers),
    ),
    ("interests in NATS, all nodes", |s| short(s.tails)),
    ("their memory, all servers", |s| bytes(s.interest_bytes)),
    ("commits/s", |s| short(s.cost.commits_per_s)),
    ("events per commit", |s| {
        format!("{:.1}", s.messages_per_s / s.cost.commits_per_s)
    }),
    ("PostgreSQL cores", |s| short(s.cost.postgres_cores)),
    ("of these, comparing heads", |s| short(s.cost.heads_cores)),
    ("**PostgreSQL servers or workers**, without standbys", |s| {
        short(s.workers)
    }),
    ("the same if heads were not compared", |s| {
        short(s.workers_without_heads)
    }),
    ("heads compared/s", |s| short(s.heads_per_s)),
    ("users whose memberships are compared/s", |s| {
        short(s.users_compared_per_s)
    }),
    ("heartbeats/s between nodes", |s| short(s.heartbeats_per_s)),
];

const STORED: &[Line] = &[
    ("events per day", |s| bytes(s.stored_bytes_per_day)),
    ("events per year", |s| bytes(s.stored_bytes_per_day * 365.0)),
    ("write-ahead log per day", |s| bytes(s.wal_bytes_per_day)),
    ("users, devices, members, channels", |s| bytes(s.directory_bytes)),
    ("of these, users: on every worker", |s| bytes(s.users_bytes)),
];

const OPERATOR: &[Line] = &[
    ("connections at the busiest hour", |s| short(s.connections)),
    ("messages/s in the busiest second", |s| short(s.messages_per_s)),
    ("nodes, one of them spare", |s| short(s.nodes)),
    ("memory per node, kernel included", |s| bytes(s.node_bytes)),
    ("cores used, all nodes", |s| format!("{:.1}", s.cost.klatch_cores)),
    ("cores used, PostgreSQL", |s| {
        format!("{:.1}", s.cost.postgres_cores)
    }),
    ("cores used, NATS", |s| format!("{:.1}", s.cost.nats_cores)),
    ("disk for events, a year", |s| {
        bytes(s.stored_bytes_per_day * 365.0)
    }),
    ("write-ahead log, a day", |s| bytes(s.wal_bytes_per_day)),
];

/// The designs that Klatch replaces: a name, users, and what differs.
const NAMED: [(&str, f64, fn(&mut Assumptions)); 3] = [
    ("S2, courses", 500.0, |of| {
        (of.online, of.participants, of.channels_per_user) = (1.0, 150.0, 6.0)
    }),
    ("S1, meetings", 1e4, |of| {
        (of.online, of.hours, of.channels_per_user) = (1.0, 24.0, 3.0)
    }),
    ("S0, campus", 3e4, |of| {
        (of.online, of.participants) = (1.0 / 3.0, 50.0)
    }),
];

/// The sizes of the designs that Klatch replaces.
pub(super) fn named(assumptions: &Assumptions, costs: &Costs, measured: &Measured) -> String {
    let size = |(name, users, change): (&str, f64, fn(&mut Assumptions))| {
        let mut assumptions = *assumptions;
        change(&mut assumptions);
        (name.to_owned(), assumptions.size(users, costs, measured))
    };
    side_by_side(OPERATOR, NAMED.map(size).to_vec())
}

fn by_users(
    lines: &[Line],
    users: &[f64],
    assumptions: &Assumptions,
    costs: &Costs,
    measured: &Measured,
) -> String {
    let size = |users: &f64| (short(*users), assumptions.size(*users, costs, measured));
    side_by_side(lines, users.iter().map(size).collect())
}

fn side_by_side(lines: &[Line], sizes: Vec<(String, Size)>) -> String {
    let (names, sizes): (Vec<String>, Vec<Size>) = sizes.into_iter().unzip();
    let head: Vec<String> = std::iter::once("users".to_owned()).chain(names).collect();
    let rows: Vec<_> = lines
        .iter()
        .map(|(name, tell)| {
            std::iter::once((*name).to_owned())
                .chain(sizes.iter().map(tell))
                .collect()
        })
        .collect();
    table(&head, &rows)
}

/// The load of all sizes.
pub(super) fn load(assumptions: &Assumptions, costs: &Costs, measured: &Measured) -> String {
    by_users(LOAD, &USERS, assumptions, costs, measured)
}

/// What all sizes store.
pub(super) fn stored(assumptions: &Assumptions, costs: &Costs, measured: &Measured) -> String {
    by_users(STORED, &USERS, assumptions, costs, measured)
}

/// What operators need: costs, and the sizes that one PostgreSQL carries.
pub(super) fn operator(assumptions: &Assumptions, costs: &Costs, measured: &Measured) -> String {
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
        "\nMemory: {} for a connection, {} of it the kernel's, and {} for each channel that somebody on the node is in.\n",
        bytes(single.connection_bytes + single.connection_kernel_bytes),
        bytes(single.connection_kernel_bytes),
        bytes(single.listened_node_bytes)
    );
    out + &by_users(OPERATOR, &USERS[..SMALL], assumptions, costs, measured)
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
