//! Large and active channels: instead of every event, listeners that understand it get a hint now and then how far the
//! log is, and pull (S3.3).
//!
//! Every event is pushed to a connection, or a later hint tells of it: [`Pulling::hold`] decides which, and
//! [`Pulling::due`] finds what is still to be told. Which of the two it was does not matter to a client, for an event that
//! is pushed after some that were held back does not continue its copy, and it asks for them.

mod pace;
#[cfg(test)]
mod tests;

pub use pace::PullRules;

use klatch_types::{ChannelId, Seq};
use pace::{Due, Pace};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A hint that is due: the channel, how far its log is, and the time over which pulls are spread.
pub(crate) type Hint = (ChannelId, Seq, Duration);

/// The paces of all channels that are large enough on this node.
pub(crate) struct Pulling {
    rules: PullRules,
    paces: Mutex<HashMap<ChannelId, Pace>>,
    /// Told when there is a first one.
    some: Notify,
}

impl Pulling {
    pub(crate) fn new(rules: PullRules) -> Self {
        Self {
            rules,
            paces: Mutex::default(),
            some: Notify::new(),
        }
    }

    /// Whether events up to `last` are held back from those listeners that understand hints.
    pub(crate) fn hold(&self, channel: ChannelId, listeners: usize, events: u64, last: Seq) -> bool {
        if !self.rules.concern(listeners) {
            return false;
        }
        let now = Instant::now();
        let mut paces = self.paces.lock();
        let was_empty = paces.is_empty();
        let pace = paces.entry(channel).or_insert_with(|| Pace::new(now));
        let held = pace.committed(&self.rules, listeners, events, last, now);
        drop(paces);
        if was_empty {
            self.some.notify_one();
        }
        held
    }

    /// The hints that are due. `listeners` tells how many a channel has; it is not called while anything is locked.
    pub(crate) fn due(&self, listeners: impl Fn(ChannelId) -> usize, now: Instant) -> Vec<Hint> {
        let known: Vec<ChannelId> = self.paces.lock().keys().copied().collect();
        let counted: Vec<(ChannelId, usize)> = known.into_iter().map(|id| (id, listeners(id))).collect();
        let mut hints = Vec::new();
        let mut paces = self.paces.lock();
        for (channel, listeners) in counted {
            let Some(pace) = paces.get_mut(&channel) else {
                continue;
            };
            match pace.look(&self.rules, listeners, now) {
                Due::Nothing => {}
                Due::Hint(head, spread) => hints.push((channel, head, spread)),
                Due::Forget => drop(paces.remove(&channel)),
            }
        }
        let pulled = paces.values().filter(|pace| pace.is_pulling()).count();
        metrics::gauge!("klatch_channels_pulled").set(pulled as f64);
        hints
    }

    /// Waits until there is a channel to look at.
    pub(crate) async fn some(&self) {
        while self.paces.lock().is_empty() {
            self.some.notified().await;
        }
    }
}
