//! What goes on beside the listeners, for as long as the server runs.

use crate::compose::Node;
use crate::metrics::Metrics;
use klatch_session::auth::{Auth, Revoked};
use klatch_transport::websocket::Registry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

/// How often histograms are folded, so that samples stay few even if nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// How often expired refresh tokens and limiters that are full again are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// Starts it all; the set is aborted at the stop.
pub(super) fn start(node: &Node, metrics: Metrics) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let registry = Arc::clone(&node.registry);
    tasks.spawn(async move { registry.sweep().await });
    tasks.spawn(revocations(
        Arc::clone(&node.operator.auth),
        Arc::clone(&node.registry),
    ));
    tasks.spawn(sweep(Arc::clone(&node.operator.auth)));
    tasks.spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            metrics.upkeep();
        }
    });
    tasks
}

/// Closes the sockets of whoever is revoked on this node (contract, delivery 9). If so many were revoked at once that
/// announcements were lost, everyone who has a socket is asked about.
async fn revocations(auth: Arc<Auth>, registry: Arc<Registry>) {
    let mut revocations = auth.revocations();
    loop {
        match revocations.recv().await {
            Ok(Revoked::Device(device)) => registry.revoke_device(device),
            Ok(Revoked::User(user)) => registry.revoke_user(user),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "revocations missed: asking about every socket");
                for who in registry.everyone() {
                    if auth.recheck(&who).await.is_err_and(|error| !error.is_fault()) {
                        match who.device {
                            Some(device) => registry.revoke_device(device),
                            None => registry.revoke_user(who.user),
                        }
                    }
                }
            }
            Err(RecvError::Closed) => return,
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
