//! How far this client's copy of each channel has come: what to apply, what to drop, where something is missing.

use klatch_types::{ChannelId, Seq};
use std::collections::HashMap;
use tokio::time::Instant;

/// Where the copy of one channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replica {
    /// Last position handed on.
    pub(crate) last: Seq,
    /// Highest position heard of.
    pub(crate) head: Seq,
    /// Whether a page is being fetched; what is pushed meanwhile comes with the pages.
    pub(crate) fetching: bool,
    /// Whether the consumer was not fast enough; fetched again when it has caught up.
    pub(crate) stalled: bool,
    /// How far the channel is by the last hint, and when to pull up to there.
    pub(crate) hint: Option<(Seq, Instant)>,
    /// End of the range that hints led to: others ask for the same one.
    pub(crate) until: Seq,
}

impl Replica {
    pub(crate) fn at(last: Seq) -> Self {
        Self {
            last,
            head: last,
            fetching: false,
            stalled: false,
            hint: None,
            until: last,
        }
    }

    /// A hint came. The pull is not put off by it if another one waits already.
    pub(crate) fn hinted(&mut self, head: Seq, due: Instant) {
        let due = self.hint.map_or(due, |(_, earlier)| earlier.min(due));
        self.hint = Some((head, due));
    }

    /// Takes over a hint whose time has come.
    pub(crate) fn take_hint(&mut self, now: Instant) {
        if let Some((head, due)) = self.hint
            && due <= now
        {
            self.hint = None;
            self.head = self.head.max(head);
            self.until = head;
        }
    }

    /// The end of the range to ask for: that of the last hint, as long as the copy has not come to it.
    pub(crate) fn range_end(&self) -> Option<Seq> {
        (self.until > self.last).then_some(self.until)
    }

    /// Whether events below the head are missing and nobody is fetching them.
    pub(crate) fn needs_fetch(&self) -> bool {
        self.last < self.head && !self.fetching && !self.stalled
    }
}

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the next one.
    Apply,
    /// It was handed on before.
    Duplicate,
    /// Something before it is missing: fetch.
    Hole,
}

/// The copies of all channels.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    pub(crate) channels: HashMap<ChannelId, Replica>,
    pub(crate) epoch: Option<String>,
}

impl Replicas {
    /// Judges an event by its position, and notes how far the channel is.
    pub(crate) fn judge(&mut self, channel: ChannelId, seq: Seq, prev: Seq, unknown_at: Seq) -> Verdict {
        let replica = self
            .channels
            .entry(channel)
            .or_insert_with(|| Replica::at(unknown_at));
        replica.head = replica.head.max(seq);
        if seq <= replica.last {
            Verdict::Duplicate
        } else if prev == replica.last {
            Verdict::Apply
        } else {
            Verdict::Hole
        }
    }

    /// The event at `seq` was handed on.
    pub(crate) fn applied(&mut self, channel: ChannelId, seq: Seq) {
        if let Some(replica) = self.channels.get_mut(&channel) {
            replica.last = seq;
        }
    }

    /// The positions for `hello`, at most `most` of them.
    pub(crate) fn cursors(&self, most: usize) -> HashMap<ChannelId, Seq> {
        self.channels
            .iter()
            .take(most)
            .map(|(channel, replica)| (*channel, replica.last))
            .collect()
    }

    /// The connection is gone, and with it every page under way.
    pub(crate) fn disconnected(&mut self) {
        self.channels.values_mut().for_each(|replica| {
            replica.fetching = false;
            replica.hint = None;
        });
    }

    /// When the next hint is to be followed.
    pub(crate) fn next_pull(&self) -> Option<Instant> {
        let hints = self.channels.values().filter_map(|replica| replica.hint);
        hints.map(|(_, due)| due).min()
    }

    /// Forgets everything because the history is another one.
    pub(crate) fn forget(&mut self) {
        self.channels.clear();
        self.epoch = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: ChannelId = ChannelId(uuid::Uuid::from_u128(1));

    /// S3.3: hints that come together lead to one pull, up to the last of them.
    #[test]
    fn hints_are_followed_in_their_time() {
        let start = Instant::now();
        let at = |ms: u64| start + std::time::Duration::from_millis(ms);
        let mut replica = Replica::at(Seq(5));
        replica.hinted(Seq(8), at(100));
        replica.hinted(Seq(9), at(300));
        replica.take_hint(at(99));
        assert!(!replica.needs_fetch());
        assert_eq!(replica.range_end(), None);
        replica.take_hint(at(100));
        assert!(replica.needs_fetch());
        assert_eq!(replica.range_end(), Some(Seq(9)));
        assert_eq!(replica.hint, None);
        replica.last = Seq(9);
        assert!(!replica.needs_fetch());
        assert_eq!(replica.range_end(), None);
    }

    #[test]
    fn next_duplicate_and_hole() {
        let mut replicas = Replicas::default();
        assert_eq!(replicas.judge(C, Seq(5), Seq(4), Seq(4)), Verdict::Apply);
        replicas.applied(C, Seq(5));
        assert_eq!(replicas.judge(C, Seq(5), Seq(4), Seq(0)), Verdict::Duplicate);
        assert_eq!(replicas.judge(C, Seq(8), Seq(7), Seq(0)), Verdict::Hole);
        assert!(replicas.channels[&C].needs_fetch());
        assert_eq!(replicas.cursors(10), HashMap::from([(C, Seq(5))]));
    }
}
