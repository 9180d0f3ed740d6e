//! From the log's commits to the listeners of a node that is alone: states follow, frames are encoded once, then senders
//! are answered. Nodes over a shared log have [`crate::tail`] in its place.

use crate::Channels;
use crate::piece::Pieces;
use klatch_log::{CommitReceiver, Committed};
use klatch_types::ChannelId;
use std::collections::HashMap;

/// Batches taken from the feed at once.
pub(crate) const BATCHES_MAX: usize = 16;

/// Delivers what the log commits, in commit order, until the log is closed. Run exactly one of these.
pub async fn deliver(channels: &Channels, mut feed: CommitReceiver) {
    let mut batches = Vec::with_capacity(BATCHES_MAX);
    while feed.recv_many(&mut batches, BATCHES_MAX).await > 0 {
        let committed: Vec<Committed> = batches.drain(..).flatten().collect();
        let hub = &channels.parts.hub;
        for (channel, pieces) in pieces_of(&committed, |channel| hub.has_listeners(channel)) {
            for piece in pieces.finish() {
                piece.deliver(channels, channel, true);
            }
        }
        answer(channels, committed);
        tokio::task::yield_now().await;
    }
}

/// The committed events of each channel, in order; encoded where `wanted`.
pub(crate) fn pieces_of(
    committed: &[Committed],
    wanted: impl Fn(ChannelId) -> bool,
) -> HashMap<ChannelId, Pieces> {
    let mut channels: HashMap<ChannelId, Pieces> = HashMap::new();
    for one in committed {
        let channel = one.event.channel;
        channels
            .entry(channel)
            .or_default()
            .add(&one.event, wanted(channel));
    }
    channels
}

/// Answers the senders of what was delivered.
pub(crate) fn answer(channels: &Channels, committed: Vec<Committed>) {
    metrics::counter!("klatch_events_committed_total").increment(committed.len() as u64);
    if let Some(first) = committed.iter().map(|one| one.event.at).min() {
        metrics::histogram!("klatch_event_seconds").record(channels.now().since(first).as_secs_f64());
    }
    for one in committed {
        one.done.send(Ok(one.receipt)).ok(); // a sender that is gone needs no answer
    }
}
