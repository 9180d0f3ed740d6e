//! Real-time order: if a was acknowledged before b was sent, a stands before b.

use super::verdict::Violation;
use klatch_types::{ChannelId, Seq};

/// When something that is in the log was sent and acknowledged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) seq: Seq,
    /// Begin of the first attempt.
    pub(super) invoke_ns: u64,
    /// The first ack; none if none came.
    pub(super) ack_ns: Option<u64>,
}

/// Sweeps over time: at each send, the highest position acknowledged strictly before must be lower. O(n log n).
pub(super) fn check(channel: ChannelId, spans: &[Span], found: &mut Vec<Violation>) {
    let mut sent: Vec<_> = spans.iter().map(|span| (span.invoke_ns, span.seq)).collect();
    let mut acked: Vec<_> = spans
        .iter()
        .filter_map(|span| Some((span.ack_ns?, span.seq)))
        .collect();
    sent.sort_unstable();
    acked.sort_unstable();
    let (mut highest, mut acks) = (Seq::ZERO, acked.into_iter().peekable());
    for (invoke_ns, seq) in sent {
        while let Some((_, acked)) = acks.next_if(|(ack_ns, _)| *ack_ns < invoke_ns) {
            highest = highest.max(acked);
        }
        if seq <= highest {
            found.push(Violation::Reordered {
                channel,
                earlier: seq,
                later: highest,
            });
        }
    }
}
