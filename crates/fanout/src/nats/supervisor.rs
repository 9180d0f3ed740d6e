//! Whether the bus is up.

use super::Shared;
use super::settle;
use async_nats::connection::State;
use async_nats::{ClientError, Event, ServerError};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How often the connection is looked at without being told: the client drops events when there are many.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// How far this node reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// No server.
    Away,
    /// A server is there, and what was wanted so far is being asked for. Who listens from now on can wait for it.
    Settling,
    /// Everything that was wanted before `Settling` is heard.
    There,
}

/// What the client's events say, for the supervisor.
#[derive(Debug, Default)]
pub(super) struct Link {
    changed: Notify,
    /// A subscription's queue was full.
    overflowed: AtomicBool,
    /// The last trouble logged, so that a server that is away for an hour is one line.
    logged: Mutex<String>,
}

impl Link {
    /// Takes note of an event.
    pub(super) fn note(&self, event: &Event) {
        match event {
            Event::SlowConsumer(_) | Event::ServerError(ServerError::SlowConsumer(_)) => {
                self.overflowed.store(true, Ordering::Release);
            }
            Event::ClientError(ClientError::Other(trouble)) => self.log(trouble),
            Event::ServerError(error) => self.log(&error.to_string()),
            Event::LameDuckMode => tracing::info!("the NATS server is about to stop"),
            _ => {}
        }
        self.changed.notify_one();
    }

    fn log(&self, trouble: &str) {
        let mut logged = self.logged.lock();
        if *logged != trouble {
            tracing::warn!(
                trouble,
                "NATS: events of other nodes are not heard live until this ends; it is tried again by itself"
            );
            trouble.clone_into(&mut logged);
        }
    }
}

/// A connection: which one since the start, if there is one.
fn connection(client: &async_nats::Client) -> Option<u64> {
    let connected = client.connection_state() == State::Connected;
    connected.then(|| client.statistics().connects.load(Ordering::Acquire))
}

/// The supervisor: says `Down` when a connection is lost, and `Up` when one is there and everything wanted is heard.
pub(super) async fn supervise(shared: Arc<Shared>, client: async_nats::Client, link: Arc<Link>) {
    let mut up_on = None;
    shared.counters.is_up(false);
    loop {
        let now = connection(&client);
        if up_on.is_some() && up_on != now {
            up_on = None;
            go_down(&shared);
        }
        if link.overflowed.swap(false, Ordering::AcqRel) {
            shared.door.lock().missed();
        }
        if up_on.is_none() && now.is_some() {
            if settles(&shared, &client, &link, now).await {
                up_on = now;
                go_up(&shared, &client, &link);
            } else {
                shared.reach.send_replace(Reach::Away);
                tokio::time::sleep(settle::ASKED_AGAIN_AFTER).await;
            }
            continue;
        }
        tokio::time::timeout(LOOKED_AT_EVERY, link.changed.notified())
            .await
            .ok();
        shared.door.lock().settle_debts();
    }
}

/// Whether everything wanted is heard over this connection. Only while the bus is away does `settled` not wait, so
/// whatever it did not wait for is among what is waited for here, before anyone is told `Up`.
async fn settles(shared: &Shared, client: &async_nats::Client, link: &Link, now: Option<u64>) -> bool {
    shared.reach.send_replace(Reach::Settling);
    let heard = async {
        shared.wanted.applied().await;
        settle::round_trip(shared, client).await
    };
    tokio::select! {
        heard = heard => heard && connection(client) == now,
        () = changed_from(now, client, link) => false,
    }
}

async fn changed_from(connected: Option<u64>, client: &async_nats::Client, link: &Link) {
    while connection(client) == connected {
        tokio::time::timeout(LOOKED_AT_EVERY, link.changed.notified())
            .await
            .ok();
    }
}

fn go_up(shared: &Shared, client: &async_nats::Client, link: &Link) {
    let server = client.server_info();
    tracing::info!(
        server = server.server_name,
        host = server.host,
        port = server.port,
        "NATS is there"
    );
    link.logged.lock().clear();
    shared.outgoing.open();
    shared.reach.send_replace(Reach::There);
    shared.counters.is_up(true);
    shared.door.lock().up();
}

fn go_down(shared: &Shared) {
    tracing::warn!("NATS is gone: events of other nodes come late until it is back");
    shared.reach.send_replace(Reach::Away);
    shared.outgoing.close(&shared.counters);
    shared.counters.is_up(false);
    shared.door.lock().down();
}
