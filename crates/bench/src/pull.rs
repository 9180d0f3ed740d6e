//! What a connection that understands hints does about them (S3.3): pulls the range up to a hint after a random part of the
//! time that it names, and what is missing before an event that was pushed at once.

use crate::ledger::{Copy, Faults};
use crate::scan::{Delivery, ID_BYTES};
use crate::wire;
use klatch_types::limits;
use std::io::Write;
use tokio::time::{Duration, Instant};

/// Ids of pulls begin here, far from those of messages.
const FIRST_ID: u64 = 1 << 40;

/// Pulls of one connection in its one channel.
#[derive(Debug)]
pub(crate) struct Pull {
    number: u64,
    next_id: u64,
    /// Highest position heard of, and the end of the range that the last hint led to.
    head: u64,
    until: u64,
    hint: Option<(u64, Instant)>,
    under_way: bool,
}

impl Pull {
    /// Nothing was heard of above `head`.
    pub(crate) fn new(number: usize, head: u64) -> Self {
        Self {
            number: number as u64,
            next_id: FIRST_ID,
            head,
            until: head,
            hint: None,
            under_way: false,
        }
    }

    /// A hint came.
    pub(crate) fn hinted(&mut self, head: u64, spread_ms: u64) {
        // A hash, so that connections differ and a run can be repeated.
        let hash = (self.number ^ head.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let part = hash as f64 / f64::from(u32::MAX);
        let due = Instant::now() + Duration::from_millis(spread_ms).mul_f64(part);
        let due = self.hint.map_or(due, |(_, earlier)| earlier.min(due));
        self.hint = Some((head, due));
    }

    /// When there is something to pull by a hint.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.hint.map(|(_, due)| due)
    }

    /// An answer came.
    pub(crate) fn answered(&mut self) {
        self.under_way = false;
    }

    /// Applies an event that continues the copy; whether it did. What comes after a hole is pulled, what is there already
    /// is dropped (contract, delivery 6).
    pub(crate) fn take(&mut self, copy: &mut Copy, delivery: &Delivery<'_>, faults: &mut Faults) -> bool {
        self.head = self.head.max(delivery.seq);
        let is_next = delivery.seq == copy.last + 1;
        if is_next {
            copy.note(delivery.seq, delivery.prev, faults);
        }
        is_next
    }

    /// Appends the pull that is to be made now, if there is one, to what the connection sends.
    pub(crate) fn fill(&mut self, last: u64, channel: &[u8; ID_BYTES], out: &mut Vec<u8>) {
        if let Some((head, due)) = self.hint
            && due <= Instant::now()
        {
            (self.hint, self.head, self.until) = (None, self.head.max(head), head);
        }
        if self.under_way || self.head <= last {
            return;
        }
        let mut command = Vec::with_capacity(160);
        command.extend_from_slice(br#"{"op":"events","channel":""#);
        command.extend_from_slice(channel);
        let limit = if self.until > last {
            limits::RANGE_MAX
        } else {
            limits::PAGE_MAX
        };
        write!(
            command,
            r#"","id":{},"limit":{limit},"after":{last}"#,
            self.next_id
        )
        .expect("memory takes everything");
        if self.until > last {
            write!(command, r#","until":{}"#, self.until).expect("memory takes everything");
        }
        command.push(b'}');
        wire::put_frame(out, wire::TEXT, &command);
        self.next_id += 1;
        self.under_way = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: [u8; ID_BYTES] = [b'c'; ID_BYTES];

    fn asked(pull: &mut Pull, last: u64) -> Option<serde_json::Value> {
        let mut out = Vec::new();
        pull.fill(last, &CHANNEL, &mut out);
        let at = out.iter().position(|byte| *byte == b'{')?;
        Some(serde_json::from_slice(&out[at..]).unwrap())
    }

    fn take(pull: &mut Pull, copy: &mut Copy, seq: u64) -> bool {
        let delivery = Delivery {
            channel: &CHANNEL,
            seq,
            prev: seq - 1,
            stamp: None,
        };
        pull.take(copy, &delivery, &mut Faults::default())
    }

    #[test]
    fn hints_are_pulled_to_their_end_and_holes_at_once() {
        let (mut pull, mut copy) = (Pull::new(3, 5), Copy::new(CHANNEL, 0, 5));
        assert_eq!(asked(&mut pull, 5), None);
        pull.hinted(7, 0);
        let command = asked(&mut pull, 5).unwrap();
        assert_eq!(
            (command["after"].as_u64(), command["until"].as_u64()),
            (Some(5), Some(7))
        );
        assert_eq!(asked(&mut pull, 5), None, "one is under way");
        assert!(take(&mut pull, &mut copy, 6) && take(&mut pull, &mut copy, 7));
        pull.answered();
        assert_eq!(asked(&mut pull, copy.last), None, "it has everything");

        assert!(!take(&mut pull, &mut copy, 10), "8 and 9 are missing");
        assert!(!take(&mut pull, &mut copy, 7), "it has 7");
        let command = asked(&mut pull, copy.last).unwrap();
        assert_eq!(command["after"], 7);
        assert!(command["until"].is_null());
        assert_eq!(copy.lost(10), 3);
    }
}
