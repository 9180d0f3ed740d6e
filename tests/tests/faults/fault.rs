//! What is broken, how, and for how long.

use crate::stack::{Link, NODES, Stack};
use anyhow::Result;
use klatch_testkit::engines::Direction;
use std::time::Duration;

/// How long something is left as it is between two steps of a rolling restart.
const STEP: Duration = Duration::from_millis(200);
/// How long an engine that was killed stays away.
const AWAY: Duration = Duration::from_millis(1_000);

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// SIGKILL to a node; it is started again.
    KillNode(usize),
    /// SIGSTOP to a node, and SIGCONT after so long.
    StopNode(usize, Duration),
    /// SIGKILL to a NATS server; it is started again.
    KillNats(usize),
    /// SIGKILL to all NATS servers; they are started again.
    KillAllNats,
    /// SIGKILL to the PostgreSQL primary; it is started again and recovers.
    RestartPostgres,
    /// SIGKILL to the primary for good; the standby is promoted, and gets a new standby.
    Promote,
    /// A link passes nothing for so long, in both directions or in one.
    Part(Link, Direction, Duration),
    /// Nodes one after the other by SIGTERM, NATS servers one after the other, the standby, the primary.
    RollingRestart,
}

impl Fault {
    /// For the table: what, and to whom.
    pub(crate) fn name(self) -> (String, String) {
        let (what, whom) = match self {
            Self::KillNode(node) => ("SIGKILL", format!("node {node}")),
            Self::StopNode(node, time) => {
                return (format!("SIGSTOP {} s", time.as_secs()), format!("node {node}"));
            }
            Self::KillNats(server) => ("SIGKILL", format!("nats {server}")),
            Self::KillAllNats => ("SIGKILL", "all nats".to_owned()),
            Self::RestartPostgres => ("SIGKILL", "primary".to_owned()),
            Self::Promote => ("promotion", "standby".to_owned()),
            Self::Part(link, direction, time) => {
                let way = match direction {
                    Direction::Both => "both ways",
                    Direction::ToServer => "there",
                    Direction::ToClient => "back",
                };
                return (format!("partition {way} {} s", time.as_secs()), link.name());
            }
            Self::RollingRestart => ("rolling restart", "everything".to_owned()),
        };
        (what.to_owned(), whom)
    }

    /// The node that cannot answer while this lasts, because it is gone or stopped.
    pub(crate) fn silences(self) -> Option<usize> {
        match self {
            Self::KillNode(node) | Self::StopNode(node, _) => Some(node),
            _ => None,
        }
    }

    /// Breaks something, and returns when it is broken.
    pub(crate) async fn apply(self, stack: &mut Stack) -> Result<()> {
        match self {
            Self::KillNode(node) => stack.node(node).kill(),
            Self::StopNode(node, _) => stack.node(node).pause(),
            Self::KillNats(server) => stack.nats().kill(server),
            Self::KillAllNats => (0..NODES).try_for_each(|server| stack.nats().kill(server)),
            Self::RestartPostgres => aside(|| stack.primary().kill()),
            Self::Promote => aside(|| stack.promote()),
            Self::Part(link, direction, _) => stack.part(link, direction),
            Self::RollingRestart => roll(stack).await,
        }
    }

    /// How long it stays broken.
    pub(crate) fn lasts(self) -> Duration {
        match self {
            Self::StopNode(_, time) | Self::Part(_, _, time) => time,
            Self::KillNode(_) | Self::KillNats(_) | Self::KillAllNats | Self::RestartPostgres => AWAY,
            Self::Promote | Self::RollingRestart => Duration::ZERO,
        }
    }

    /// Puts it right, and returns when that is done.
    pub(crate) async fn heal(self, stack: &mut Stack) -> Result<()> {
        match self {
            Self::KillNode(node) => stack.node(node).restart().await.map(drop),
            Self::StopNode(node, _) => stack.node(node).resume(),
            Self::KillNats(server) => aside(|| stack.nats().restart(server)),
            Self::KillAllNats => aside(|| start_nats(stack)),
            Self::RestartPostgres => aside(|| stack.primary().restart()),
            Self::Promote => aside(|| stack.replace_standby()),
            Self::Part(link, _, _) => stack.join(link),
            Self::RollingRestart => Ok(()),
        }
    }
}

/// A server without routes waits for nobody: all are started, then they find each other.
fn start_nats(stack: &Stack) -> Result<()> {
    for server in 0..NODES {
        stack.nats().server(server).restart()?;
    }
    stack.nats().wait_for_routes()
}

async fn roll(stack: &mut Stack) -> Result<()> {
    for node in 0..NODES {
        stack.node(node).stop().await?;
        stack.node(node).restart().await?;
        tokio::time::sleep(STEP).await; // a part of the fault
    }
    for server in 0..NODES {
        aside(|| {
            stack.nats().kill(server)?;
            stack.nats().restart(server)
        })?;
        tokio::time::sleep(STEP).await; // a part of the fault
    }
    aside(|| {
        stack.standby().stop()?;
        stack.standby().restart()?;
        stack.primary().stop()?;
        stack.primary().restart()
    })
}

/// Runs what blocks without holding up the clients.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// One of every kind, in about a minute.
pub(crate) fn short() -> Vec<Fault> {
    let seconds = Duration::from_secs;
    vec![
        Fault::KillNode(1),
        Fault::StopNode(2, seconds(5)),
        Fault::KillNats(0),
        Fault::KillAllNats,
        Fault::RestartPostgres,
        Fault::Part(Link::Databases(0), Direction::Both, seconds(11)),
        Fault::Part(Link::Primary(1), Direction::ToClient, seconds(3)),
        Fault::Part(Link::Nats(2, 1), Direction::ToServer, seconds(3)),
        Fault::Part(Link::AllNats(1), Direction::Both, seconds(3)),
        Fault::Part(Link::Route(1, 0), Direction::Both, seconds(3)),
        Fault::Part(Link::Replication, Direction::Both, seconds(3)),
        Fault::Promote,
        Fault::RollingRestart,
    ]
}

/// Everything to everyone, in about half an hour a round.
pub(crate) fn long() -> Vec<Fault> {
    let seconds = Duration::from_secs;
    let ways = [Direction::Both, Direction::ToServer, Direction::ToClient];
    let mut faults = Vec::new();
    for one in 0..NODES {
        faults.push(Fault::KillNode(one));
        faults.push(Fault::KillNats(one));
        faults.extend([5, 30, 120].map(|time| Fault::StopNode(one, seconds(time))));
    }
    faults.extend([Fault::KillAllNats, Fault::RestartPostgres]);
    for way in ways {
        for node in 0..NODES {
            faults.push(Fault::Part(Link::Databases(node), way, seconds(15)));
            faults.push(Fault::Part(Link::Primary(node), way, seconds(15)));
            faults.push(Fault::Part(Link::Standby(node), way, seconds(5)));
            faults.push(Fault::Part(Link::AllNats(node), way, seconds(15)));
            faults.extend((0..NODES).map(|server| Fault::Part(Link::Nats(node, server), way, seconds(8))));
        }
        for pair in [(1, 0), (2, 0), (2, 1)] {
            faults.push(Fault::Part(Link::Route(pair.0, pair.1), way, seconds(15)));
        }
        faults.push(Fault::Part(Link::Replication, way, seconds(15)));
    }
    faults.extend([Fault::Promote, Fault::Promote, Fault::RollingRestart]);
    faults
}
