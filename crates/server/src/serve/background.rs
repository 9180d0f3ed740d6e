//! What goes on beside the listeners, for as long as the server runs.

use crate::compose::{Node, heard, told};
use crate::metrics::Metrics;
use klatch_cluster::Cluster;
use klatch_fanout::Bus;
use klatch_protocol::{CloseCode, ErrorCode};
use klatch_session::auth::{Announcement, Auth, Revoked};
use klatch_session::{SessionError, Sessions};
use klatch_transport::websocket::Registry;
use klatch_types::limits;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

/// How often histograms are folded, so that samples stay few even if nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// How often expired refresh tokens and limiters that are full again are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// How often every socket is asked about while no other node can tell of revocations: within the five seconds of the
/// contract. Also how often is looked whether that is so.
const RECHECK_WITHOUT_BUS: Duration = Duration::from_secs(2);
/// After how many such looks every socket is asked about although the bus is up.
const RECHECK_EVERY: u32 = 30;
/// How often the load is measured.
const LOAD: Duration = Duration::from_secs(2);

/// Starts it all; the set is aborted at the stop.
pub(super) fn start(node: &Node, metrics: Metrics) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let registry = Arc::clone(&node.registry);
    tasks.spawn(async move { registry.sweep().await });
    let (auth, registry) = (&node.operator.auth, &node.registry);
    let (cluster, bus) = (&node.operator.cluster, &node.operator.bus);
    tasks.spawn(revocations(
        Arc::clone(auth),
        Arc::clone(registry),
        Arc::clone(cluster),
    ));
    if node.operator.is_shared {
        tasks.spawn(revocations_elsewhere(
            Arc::clone(auth),
            Arc::clone(registry),
            Arc::clone(cluster),
            bus.clone(),
        ));
    }
    let channels = Arc::clone(node.operator.sessions.channels());
    tasks.spawn({
        let channels = Arc::clone(&channels);
        async move { channels.tell_presence().await }
    });
    tasks.spawn(async move { channels.tell_receipts().await });
    let hub = Arc::clone(&node.operator.hub);
    tasks.spawn(async move { hub.tell_heads().await });
    tasks.spawn(load(Arc::clone(cluster)));
    tasks.spawn({
        let cluster = Arc::clone(cluster);
        async move { cluster.run().await }
    });
    tasks.spawn(Arc::clone(&node.operator.worker).run());
    tasks.spawn(sweep(Arc::clone(&node.operator.auth)));
    tasks.spawn(rosters(Arc::clone(&node.operator.sessions)));
    tasks.spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            metrics.upkeep();
        }
    });
    tasks
}

/// Closes the sockets of whoever is revoked (contract, delivery 9), and tells the other nodes of those revoked here. If so
/// many were revoked at once that announcements were lost, everyone who has a socket is asked about.
async fn revocations(auth: Arc<Auth>, registry: Arc<Registry>, cluster: Arc<Cluster>) {
    let mut revocations = auth.revocations();
    loop {
        match revocations.recv().await {
            Ok(Announcement { who, here }) => {
                match who {
                    Revoked::Device(device) => registry.revoke_device(device, CloseCode::Revoked),
                    Revoked::Replaced(device) => registry.revoke_device(device, CloseCode::Replaced),
                    Revoked::User(user) => registry.revoke_user(user),
                    Revoked::OlderSeats(user, seat) => {
                        // One that came later, by the clock of another node, may not have heard of this one.
                        if let Some(newer) = registry.replace_seats(user, seat)
                            && !here
                        {
                            auth.take_seat(user, newer);
                        }
                    }
                }
                if here {
                    cluster.tell_revoked(told(who));
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "revocations missed: asking about every socket");
                recheck(&auth, &registry).await;
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Takes revocations of other nodes. What may have been missed is asked about: every few seconds while there is no bus,
/// and now and then because a node can die between revoking and telling.
async fn revocations_elsewhere(
    auth: Arc<Auth>,
    registry: Arc<Registry>,
    cluster: Arc<Cluster>,
    bus: Option<Arc<dyn Bus>>,
) {
    let mut told = cluster.revocations();
    let mut looks = tokio::time::interval(RECHECK_WITHOUT_BUS);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut was_up, mut since) = (false, 0);
    loop {
        tokio::select! {
            told = told.recv() => match told {
                Ok(who) => auth.hear_revoked(heard(who)),
                Err(RecvError::Lagged(_)) => recheck(&auth, &registry).await,
                Err(RecvError::Closed) => return,
            },
            _ = looks.tick() => {
                let is_up = bus.as_ref().is_some_and(|bus| bus.is_up());
                since += 1;
                if !is_up || !was_up || since >= RECHECK_EVERY {
                    since = 0;
                    recheck(&auth, &registry).await;
                }
                was_up = is_up;
            }
        }
    }
}

/// Asks about everyone who has a socket, and closes those who may no longer have one; those whose token ended are closed
/// by the registry's own sweep.
async fn recheck(auth: &Auth, registry: &Registry) {
    let is_revoked =
        |error: SessionError| !error.is_fault() && error.problem().code != ErrorCode::TokenExpired;
    for who in registry.everyone() {
        if auth.recheck(&who).await.is_err_and(is_revoked) {
            match who.device {
                Some(device) => registry.revoke_device(device, CloseCode::Revoked),
                None => registry.revoke_user(who.user),
            }
        }
    }
}

/// Tells the cluster how busy this process is: the share of the processors that it used since the last time.
async fn load(cluster: Arc<Cluster>) {
    let processors = std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
    let mut last = (cpu_seconds(), tokio::time::Instant::now());
    // Not at once: over no time at all a process is as busy as can be.
    let mut ticks = tokio::time::interval_at(last.1 + LOAD, LOAD);
    loop {
        ticks.tick().await;
        let now = (cpu_seconds(), tokio::time::Instant::now());
        let wall = (now.1 - last.1).as_secs_f64();
        if wall > 0.0 {
            cluster.set_load((now.0 - last.0) / wall / processors);
            last = now;
        }
    }
}

fn cpu_seconds() -> f64 {
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9
}

/// Removes members of rosters whose grace is over.
async fn rosters(sessions: Arc<Sessions>) {
    let mut ticks = tokio::time::interval(limits::ROSTER_SWEPT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        match sessions.roster_sweep().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "members who are no longer enrolled were removed"),
            Err(error) => tracing::warn!(%error, "members who are no longer enrolled could not be removed"),
        }
    }
}

async fn sweep(auth: Arc<Auth>) {
    let mut ticks = tokio::time::interval(SWEEP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if let Err(error) = auth.sweep().await {
            tracing::warn!(%error, "expired tokens could not be forgotten");
        }
    }
}
