//! Tables with a column for each size.

use super::costs::Costs;
use super::markdown::{bytes, cores, short, table};
use super::measured::Measured;
use super::sizes::{Assumptions, Size};

/// Users of the sizes that are told.
const USERS: [f64; 6] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
/// Sizes that the operator's guide tells of.
const SMALL: usize = 4;

/// A heading and how it is told of a size.
type Line = (&'static str, fn(&Size) -> String);

const LOAD: &[Line] = &[
    ("connections", |s| short(s.connections)),
    ("messages/s, busiest second", |s| short(s.messages_per_s)),
    ("deliveries/s", |s| short(s.deliveries_per_s)),
    ("**nodes**, one of them spare", |s| short(s.nodes)),
    ("connections per node", |s| short(s.connections / s.nodes)),
    ("channels heard per node", |s| short(s.tails_per_node)),
    ("memory per node, kernel included", |s| bytes(s.node_bytes)),
    ("cores used, all nodes", |s| cores(s.cost.klatch_cores)),
    ("other nodes that hear a message", |s| {
        format!("{:.2}", s.others_that_hear)
    }),
    ("payloads/s between nodes", |s| short(s.cost.bus_received_per_s)),
    ("bytes/s between nodes", |s| bytes(s.bus_bytes_per_s)),
    ("NATS cores", |s| cores(s.cost.nats_cores)),
    ("**NATS servers**", |s| short(s.bus_servers)),
    ("interests in NATS, all nodes", |s| short(s.tails)),
    ("their memory, all servers", |s| bytes(s.interest_bytes)),
    ("commits/s", |s| short(s.cost.commits_per_s)),
    ("events per commit", |s| {
        format!("{:.1}", s.messages_per_s / s.cost.commits_per_s)
    }),
    ("PostgreSQL cores", |s| cores(s.cost.postgres_cores)),
    ("of these, comparing heads", |s| cores(s.cost.heads_cores)),
    ("**PostgreSQL servers or workers**, without standbys", |s| {
        short(s.workers)
    }),
    ("the same if heads were not compared", |s| {
        short(s.workers_without_heads)
    }),
    ("cores of nodes, while all connect within a minute", |s| {
        cores(s.reconnect_cores)
    }),
    ("cores of PostgreSQL, while all connect within a minute", |s| {
        cores(s.reconnect_postgres_cores)
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
    ("cores used, all nodes", |s| cores(s.cost.klatch_cores)),
    ("cores used, PostgreSQL", |s| cores(s.cost.postgres_cores)),
    ("cores used, NATS", |s| cores(s.cost.nats_cores)),
    ("disk for events, a year", |s| {
        bytes(s.stored_bytes_per_day * 365.0)
    }),
    ("write-ahead log, a day", |s| bytes(s.wal_bytes_per_day)),
];

/// A design that Klatch replaces: its name, users, and what differs.
type Named = (&'static str, f64, fn(&mut Assumptions));

const NAMED: [Named; 3] = [
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
    let size = |(name, users, change): Named| {
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

/// What operators need of the sizes that one PostgreSQL carries.
pub(super) fn operator(assumptions: &Assumptions, costs: &Costs, measured: &Measured) -> String {
    by_users(OPERATOR, &USERS[..SMALL], assumptions, costs, measured)
}
