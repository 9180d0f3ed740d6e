//! What this node wants to hear, and the task that makes subscriptions of it.

use super::Shared;
use super::route::{self, Route};
use crate::bus::Topic;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// Routes with the kinds wanted on them, and which of them changed since the keeper looked.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    table: Mutex<Table>,
    wake: Notify,
    applied: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Table {
    kinds: HashMap<Route, u8>,
    changed: HashSet<Route>,
    changes: u64,
}

impl Wanted {
    pub(super) fn listen(&self, topic: Topic) {
        let (route, kind) = route::of(topic);
        let mut table = self.table.lock();
        let kinds = table.kinds.entry(route).or_default();
        let first = *kinds == 0;
        *kinds |= kind;
        if first {
            self.note_change(&mut table, route);
        }
    }

    pub(super) fn ignore(&self, topic: Topic) {
        let (route, kind) = route::of(topic);
        let mut table = self.table.lock();
        let Some(kinds) = table.kinds.get_mut(&route) else {
            return;
        };
        *kinds &= !kind;
        if *kinds == 0 {
            table.kinds.remove(&route);
            self.note_change(&mut table, route);
        }
    }

    fn note_change(&self, table: &mut Table, route: Route) {
        table.changes += 1;
        table.changed.insert(route);
        if table.changed.len() == 1 {
            self.wake.notify_one();
        }
    }

    /// The kinds wanted on a route, as bits.
    pub(super) fn kinds(&self, route: Route) -> u8 {
        self.table.lock().kinds.get(&route).copied().unwrap_or_default()
    }

    /// Waits until the keeper has done what was asked for before this call.
    pub(super) async fn applied(&self) {
        let asked = self.table.lock().changes;
        let mut applied = self.applied.subscribe();
        // The sender lives as long as `self`.
        applied.wait_for(|applied| *applied >= asked).await.ok();
    }

    async fn take(&self) -> (HashSet<Route>, u64) {
        loop {
            {
                let mut table = self.table.lock();
                if !table.changed.is_empty() {
                    return (std::mem::take(&mut table.changed), table.changes);
                }
            }
            self.wake.notified().await;
        }
    }
}

/// The keeper. The client accepts commands while it is away until its queue is full; then this waits for it.
pub(super) async fn keep(shared: Arc<Shared>, client: async_nats::Client) {
    loop {
        let (changed, changes) = shared.wanted.take().await;
        for route in changed {
            let wanted = shared.wanted.kinds(route) != 0;
            match (wanted, shared.subscriptions.has(route)) {
                (true, false) => match client.subscribe(shared.routes.subject(route)).await {
                    Ok(subscriber) => shared.subscriptions.add(route, subscriber),
                    Err(error) => tracing::error!(%error, "a subscription was refused"),
                },
                (false, true) => {
                    if let Some(mut subscriber) = shared.subscriptions.remove(route) {
                        subscriber.unsubscribe().await.ok();
                    }
                }
                _ => {}
            }
        }
        shared.wanted.applied.send_replace(changes);
    }
}
