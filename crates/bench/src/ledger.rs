//! What one connection has been given of each channel: whether every event came, once and in its turn.

use crate::scan::ID_BYTES;

/// What went wrong so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Came after a later one.
    pub(crate) reordered: u64,
    /// Came again.
    pub(crate) duplicated: u64,
    /// `prev` is not the position before.
    pub(crate) wrong_prev: u64,
}

/// The copy of one channel.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) channel: [u8; ID_BYTES],
    /// Number of the channel in the scenario.
    pub(crate) number: usize,
    pub(crate) last: u64,
    /// Positions passed over, as ranges with both ends in.
    missing: Vec<(u64, u64)>,
}

impl Copy {
    /// A copy that has everything up to `last`.
    pub(crate) fn new(channel: [u8; ID_BYTES], number: usize, last: u64) -> Self {
        Self {
            channel,
            number,
            last,
            missing: Vec::new(),
        }
    }

    /// An event came.
    pub(crate) fn note(&mut self, seq: u64, prev: u64, faults: &mut Faults) {
        if prev + 1 != seq {
            faults.wrong_prev += 1;
        }
        if seq == self.last + 1 {
            self.last = seq;
        } else if seq > self.last {
            self.missing.push((self.last + 1, seq - 1));
            self.last = seq;
        } else if self.fill(seq) {
            faults.reordered += 1;
        } else {
            faults.duplicated += 1;
        }
    }

    /// How many events up to `head` never came.
    pub(crate) fn lost(&self, head: u64) -> u64 {
        let inside: u64 = self.missing.iter().map(|(from, to)| to - from + 1).sum();
        inside + head.saturating_sub(self.last)
    }

    /// Takes a position out of the missing ones; whether it was one.
    fn fill(&mut self, seq: u64) -> bool {
        let Some(at) = self
            .missing
            .iter()
            .position(|(from, to)| (*from..=*to).contains(&seq))
        else {
            return false;
        };
        let (from, to) = self.missing.swap_remove(at);
        if from < seq {
            self.missing.push((from, seq - 1));
        }
        if seq < to {
            self.missing.push((seq + 1, to));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seqs: &[u64], head: u64) -> (u64, Faults) {
        let (mut copy, mut faults) = (Copy::new([b'0'; ID_BYTES], 0, 0), Faults::default());
        for seq in seqs {
            copy.note(*seq, seq - 1, &mut faults);
        }
        (copy.lost(head), faults)
    }

    #[test]
    fn each_fault_is_counted_as_what_it_is() {
        assert_eq!(run(&[1, 2, 3], 3), (0, Faults::default()));
        assert_eq!(run(&[1, 2], 3), (1, Faults::default()), "the end is missing");
        assert_eq!(
            run(&[1, 4, 5], 5),
            (2, Faults::default()),
            "the middle is missing"
        );
        assert_eq!(
            run(&[1, 1, 2, 1], 2),
            (
                0,
                Faults {
                    duplicated: 2,
                    ..Faults::default()
                }
            )
        );
        assert_eq!(
            run(&[1, 5, 3, 3, 2, 4], 5),
            (
                0,
                Faults {
                    reordered: 3,
                    duplicated: 1,
                    ..Faults::default()
                }
            )
        );
    }

    #[test]
    fn a_wrong_prev_is_seen() {
        let (mut copy, mut faults) = (Copy::new([b'0'; ID_BYTES], 0, 0), Faults::default());
        copy.note(1, 0, &mut faults);
        copy.note(2, 0, &mut faults);
        assert_eq!(faults.wrong_prev, 1);
    }
}
