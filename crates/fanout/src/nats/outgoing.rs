//! What waits to be sent, and the task that sends it.

use super::Shared;
use super::counters::Counters;
use super::route;
use super::supervisor::Reach;
use crate::bus::Topic;
use crate::framing::{BUS_PAYLOAD_BYTES_MAX, pack};
use bytes::Bytes;
use klatch_types::limits;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// What a waiting payload costs beside its bytes, so that empty ones are bounded too.
const PAYLOAD_OVERHEAD_BYTES: usize = 64;

/// Payloads by topic, gathered while an earlier publication is under way (S3.2).
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    gathered: Mutex<Gathered>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Gathered {
    batch: Vec<(Topic, Vec<Bytes>)>,
    index: HashMap<Topic, usize>,
    /// Bytes that wait or are under way.
    bytes: usize,
    open: bool,
}

fn cost(payload: &Bytes) -> usize {
    payload.len() + PAYLOAD_OVERHEAD_BYTES
}

impl Outgoing {
    /// Adds a payload, or drops and counts it while closed, when too much waits, or when it is too large.
    pub(super) fn say(&self, topic: Topic, payload: Bytes, counters: &Counters) {
        let mut guard = self.gathered.lock();
        let gathered = &mut *guard;
        let bytes = gathered.bytes + cost(&payload);
        let fits = payload.len() <= BUS_PAYLOAD_BYTES_MAX && bytes <= limits::BUS_OUTBOX_BYTES_MAX;
        if !gathered.open || !fits {
            drop(guard);
            counters.dropped(1);
            return;
        }
        gathered.bytes = bytes;
        let at = *gathered.index.entry(topic).or_insert_with(|| {
            gathered.batch.push((topic, Vec::new()));
            gathered.batch.len() - 1
        });
        gathered.batch[at].1.push(payload);
        let first = gathered.batch.len() == 1 && gathered.batch[0].1.len() == 1;
        drop(guard);
        if first {
            self.wake.notify_one();
        }
    }

    /// From now on payloads are taken.
    pub(super) fn open(&self) {
        self.gathered.lock().open = true;
    }

    /// From now on payloads are dropped, and so are those that wait.
    pub(super) fn close(&self, counters: &Counters) {
        let waiting = {
            let mut gathered = self.gathered.lock();
            gathered.open = false;
            gathered.index.clear();
            std::mem::take(&mut gathered.batch)
        };
        self.give_back(&waiting);
        counters.dropped(payloads_in(&waiting));
    }

    /// Everything that waits, as soon as something does.
    async fn take(&self) -> Vec<(Topic, Vec<Bytes>)> {
        loop {
            {
                let mut gathered = self.gathered.lock();
                if !gathered.batch.is_empty() {
                    gathered.index.clear();
                    return std::mem::take(&mut gathered.batch);
                }
            }
            self.wake.notified().await;
        }
    }

    /// These payloads are no longer under way.
    fn give_back(&self, batch: &[(Topic, Vec<Bytes>)]) {
        let bytes: usize = batch.iter().flat_map(|(_, payloads)| payloads).map(cost).sum();
        self.gathered.lock().bytes -= bytes;
    }
}

fn payloads_in(batch: &[(Topic, Vec<Bytes>)]) -> usize {
    batch.iter().map(|(_, payloads)| payloads.len()).sum()
}

/// The publisher: takes everything that waits, publishes and flushes it, and only then takes what gathered meanwhile.
pub(super) async fn publish(shared: Arc<Shared>, client: async_nats::Client) {
    let mut reach = shared.reach.subscribe();
    loop {
        let batch = shared.outgoing.take().await;
        let mut sent = 0;
        let flushed = tokio::select! {
            flushed = send(&shared, &client, &batch, &mut sent) => flushed,
            _ = reach.wait_for(|reach| *reach != Reach::There) => false,
        };
        shared.outgoing.give_back(&batch);
        if !flushed {
            shared.counters.dropped(payloads_in(&batch) - sent);
        }
    }
}

/// Publishes a batch; whether all of it left. `sent` counts the payloads that were handed to the client.
async fn send(
    shared: &Shared,
    client: &async_nats::Client,
    batch: &[(Topic, Vec<Bytes>)],
    sent: &mut usize,
) -> bool {
    let bytes_max = limits::BUS_MESSAGE_BYTES_MAX.min(client.max_payload());
    let mut all = true;
    for (topic, payloads) in batch {
        let (route, kind) = route::of(*topic);
        let subject = async_nats::Subject::from(shared.routes.subject(route));
        let mut rest = payloads.as_slice();
        while !rest.is_empty() {
            let (message, count) = pack(kind, rest, bytes_max);
            match client.publish(subject.clone(), message).await {
                Ok(()) => {
                    shared.counters.sent(rest[..count].iter().map(Bytes::len).sum());
                    *sent += count;
                }
                Err(error) => {
                    tracing::warn!(%error, "a message to other nodes was not published");
                    all = false;
                }
            }
            rest = &rest[count..];
        }
    }
    client.flush().await.is_ok() && all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S3.2: nothing piles up for a server that is not there.
    #[tokio::test]
    async fn what_waits_is_bounded_and_given_back() {
        let (outgoing, counters) = (Outgoing::default(), Counters::default());
        outgoing.say(Topic::Everyone, Bytes::from_static(b"lost"), &counters);
        assert_eq!(counters.figures().dropped, 1, "closed at first");

        outgoing.open();
        outgoing.say(
            Topic::Everyone,
            Bytes::from(vec![0; BUS_PAYLOAD_BYTES_MAX + 1]),
            &counters,
        );
        assert_eq!(counters.figures().dropped, 2, "too large");

        let payload = Bytes::from(vec![0; BUS_PAYLOAD_BYTES_MAX]);
        let fit = limits::BUS_OUTBOX_BYTES_MAX / cost(&payload);
        for _ in 0..fit + 3 {
            outgoing.say(Topic::Everyone, payload.clone(), &counters);
        }
        assert_eq!(counters.figures().dropped, 5, "too much");
        let under_way = outgoing.take().await;
        outgoing.say(Topic::Everyone, payload.clone(), &counters);
        assert_eq!(counters.figures().dropped, 6, "what is under way counts");
        outgoing.give_back(&under_way);
        outgoing.say(Topic::Everyone, payload, &counters);
        outgoing.close(&counters);
        assert_eq!(counters.figures().dropped, 7, "what waits when the bus goes down");
        assert_eq!(outgoing.gathered.lock().bytes, 0);
    }
}
