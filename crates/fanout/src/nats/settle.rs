//! Knowing that the server has done what it was asked.

use super::Shared;
use super::supervisor::Reach;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// How long one question to the server may take before it is asked again.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(5);
/// Pause after a question that was not answered.
pub(super) const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Who waits for the next round trip. Those who come while one is under way share the one after it.
#[derive(Debug, Default)]
pub(super) struct Settler {
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
    wake: Notify,
}

/// Waits until the server has processed all subscriptions asked for before this call.
pub(super) async fn settled(shared: &Shared) {
    shared.wanted.applied().await;
    let (done, wait) = oneshot::channel();
    shared.settler.waiting.lock().push(done);
    shared.settler.wake.notify_one();
    wait.await.ok();
}

/// Whether the server answered. A server works through what a connection sends in order, and a request on a subject
/// without subscribers is answered by the server itself ("no responders"), so its answer comes after all that was
/// sent before. The client's `flush` waits only for the socket, and own messages do not come back (`no_echo`).
pub(super) async fn round_trip(shared: &Shared, client: &async_nats::Client) -> bool {
    let request = async_nats::Request::new().timeout(Some(ROUND_TRIP_MAX));
    match client.send_request(shared.routes.nobody(), request).await {
        Ok(_) => true,
        Err(error) => error.kind() == async_nats::RequestErrorKind::NoResponders,
    }
}

/// The settler: one round trip for all who wait, again until it succeeds or the bus goes down.
pub(super) async fn answer(shared: Arc<Shared>, client: async_nats::Client) {
    loop {
        let waiting = std::mem::take(&mut *shared.settler.waiting.lock());
        if waiting.is_empty() {
            shared.settler.wake.notified().await;
            continue;
        }
        let mut reach = shared.reach.subscribe();
        tokio::select! {
            () = until_answered(&shared, &client) => {}
            _ = reach.wait_for(|reach| *reach == Reach::Away) => {}
        }
        for done in waiting {
            done.send(()).ok();
        }
    }
}

async fn until_answered(shared: &Shared, client: &async_nats::Client) {
    while !round_trip(shared, client).await {
        tokio::time::sleep(ASKED_AGAIN_AFTER).await;
    }
}
