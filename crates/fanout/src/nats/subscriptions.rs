//! The subscriptions, and the one task that reads all of them.
//!
//! The client gives every subscription a queue of its own. One task per subscription would cost more than the
//! subscription, and asking each in turn is hopeless at 100,000; so each has a waker of its own that says which one has
//! something. Work is then per message, whatever the number of subscriptions.

use super::Shared;
use super::route::{self, Route};
use crate::framing::unpack;
use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::Notify;

/// Messages taken from one subscription before the others have their turn.
const TURN_MESSAGES_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    table: Mutex<HashMap<Route, Subscription>>,
    ready: Arc<Ready>,
}

#[derive(Debug)]
struct Subscription {
    subscriber: async_nats::Subscriber,
    signal: Arc<Signal>,
}

/// Subscriptions that have something, each once.
#[derive(Debug, Default)]
struct Ready {
    queue: Mutex<VecDeque<Arc<Signal>>>,
    wake: Notify,
}

/// Wakes the reader for one subscription.
#[derive(Debug)]
struct Signal {
    route: Route,
    queued: AtomicBool,
    ready: Weak<Ready>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(ready) = self.ready.upgrade() {
            ready.queue.lock().push_back(self);
            ready.wake.notify_one();
        }
    }
}

impl Ready {
    async fn take(&self) -> VecDeque<Arc<Signal>> {
        loop {
            {
                let mut queue = self.queue.lock();
                if !queue.is_empty() {
                    return std::mem::take(&mut *queue);
                }
            }
            self.wake.notified().await;
        }
    }
}

impl Subscriptions {
    pub(super) fn has(&self, route: Route) -> bool {
        self.table.lock().contains_key(&route)
    }

    pub(super) fn add(&self, route: Route, subscriber: async_nats::Subscriber) {
        let signal = Arc::new(Signal {
            route,
            queued: AtomicBool::new(false),
            ready: Arc::downgrade(&self.ready),
        });
        let first_look = Arc::clone(&signal);
        self.table
            .lock()
            .insert(route, Subscription { subscriber, signal });
        first_look.wake();
    }

    pub(super) fn remove(&self, route: Route) -> Option<async_nats::Subscriber> {
        let removed = self.table.lock().remove(&route);
        removed.map(|subscription| subscription.subscriber)
    }

    /// Lets all of them go without telling the server, which notices by the end of the connection.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.table.lock());
        drop(all);
    }

    /// Takes what one subscription has, up to a turn.
    fn take(&self, signal: &Arc<Signal>, into: &mut Vec<Bytes>) {
        // Before looking: what comes while looking wakes again.
        signal.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(signal));
        let mut context = Context::from_waker(&waker);
        let mut table = self.table.lock();
        let Some(subscription) = table.get_mut(&signal.route) else {
            return;
        };
        if !Arc::ptr_eq(&subscription.signal, signal) {
            return; // Left over from an earlier subscription of the same route.
        }
        for _ in 0..TURN_MESSAGES_MAX {
            match Pin::new(&mut subscription.subscriber).poll_next(&mut context) {
                Poll::Ready(Some(message)) => into.push(message.payload),
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
        waker.wake();
    }
}

/// The reader. It never waits for the node: the door misses what does not fit.
pub(super) async fn read(shared: Arc<Shared>) {
    let mut messages = Vec::new();
    loop {
        for signal in shared.subscriptions.ready.take().await {
            shared.subscriptions.take(&signal, &mut messages);
            if !messages.is_empty() {
                hear(&shared, signal.route, &mut messages);
            }
        }
        // The runtime's budget for one turn may be used up; then subscriptions seem empty until the next one.
        tokio::task::yield_now().await;
    }
}

fn hear(shared: &Shared, route: Route, messages: &mut Vec<Bytes>) {
    let wanted = shared.wanted.kinds(route);
    let mut door = shared.door.lock();
    for message in messages.drain(..) {
        let Some((topic, kind, payloads)) =
            unpack(message).and_then(|(kind, payloads)| Some((route::topic(route, kind)?, kind, payloads)))
        else {
            tracing::debug!(?route, "a message of another version or torn");
            door.missed();
            continue;
        };
        let bytes = payloads.iter().map(Bytes::len).sum();
        if wanted & kind != 0 {
            payloads.into_iter().for_each(|payload| door.said(topic, payload));
        }
        shared.counters.received(bytes);
    }
}
