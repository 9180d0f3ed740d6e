//! Holes: what was committed and has not come is waited for a moment, and then read from the log.

use super::flight;
use super::follow::{Follower, pieces_of};
use klatch_log::{EventRow, LogError};
use klatch_types::ChannelId;
use std::time::Duration;
use tokio::time::Instant;

/// Reads of holes that may be under way at once.
const FILLS_AT_ONCE: usize = 16;
/// How long after a read that brought nothing it is tried again.
const READ_AGAIN: Duration = Duration::from_millis(250);

impl Follower {
    /// Keeps the list of holes, and whether the channel's state is current.
    pub(super) fn note_hole(&mut self, channel: ChannelId) {
        let Some(tail) = self.tails.get_mut(&channel) else {
            return;
        };
        if !tail.order.has_hole() {
            if tail.missing_since.take().is_some() {
                self.holes.retain(|other| *other != channel);
                self.shared.heard.write().insert(channel);
            }
        } else if tail.missing_since.is_none() {
            metrics::counter!("klatch_tail_holes_total").increment(1);
            tail.missing_since = Some(Instant::now());
            self.holes.push(channel);
            self.shared.heard.write().remove(&channel);
            self.next_look = self.next_look.min(Instant::now() + self.options.hole_grace);
        }
    }

    /// Begins reads of the holes that have been waited for long enough.
    pub(super) fn fill_holes(&mut self) {
        if !self.options.rules.fill {
            return;
        }
        let now = Instant::now();
        for channel in &self.holes {
            if self.fills >= FILLS_AT_ONCE {
                break;
            }
            let Some(tail) = self.tails.get_mut(channel) else {
                continue;
            };
            let due = tail
                .missing_since
                .is_some_and(|since| now >= since + self.options.hole_grace);
            if due
                && !tail.filling
                && let Some((after, before)) = tail.order.hole()
            {
                tail.filling = true;
                self.fills += 1;
                self.flights
                    .push(flight::fill(&self.channels, *channel, after, before));
            }
        }
    }

    pub(super) fn filled(&mut self, channel: ChannelId, rows: Result<Vec<EventRow>, LogError>) {
        self.fills -= 1;
        let Some(tail) = self.tails.get_mut(&channel) else {
            return;
        };
        tail.filling = false;
        let before = tail.order.last();
        match rows {
            Ok(rows) => {
                metrics::counter!("klatch_tail_filled_events_total").increment(rows.len() as u64);
                for piece in pieces_of(&rows) {
                    self.accept(channel, piece);
                }
            }
            Err(error) => tracing::warn!(%error, %channel, "a hole could not be read"),
        }
        // What was said to be committed is not there: read too early, or of a database that lost it. But what was missing
        // may also have come another way meanwhile, and then there is no hole to be read again.
        if let Some(tail) = self.tails.get_mut(&channel)
            && tail.order.last() == before
            && let Some(since) = &mut tail.missing_since
        {
            *since = Instant::now() + READ_AGAIN;
        }
    }
}
