//! The order of one channel on one node: whatever comes from wherever, listeners get it once, ascending, without holes.
//! Pure: no clock, no I/O.

use crate::piece::Piece;
use klatch_types::Seq;
use std::collections::BTreeMap;

/// Bytes that may wait behind a hole; past it they are dropped, and read from the log with the hole.
const PARKED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where delivery stands in one channel, and what waits behind a hole.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Everything up to here was delivered, or is not for this node's listeners to hear. `None` until it is known where
    /// the channel stands.
    last: Option<Seq>,
    parked: BTreeMap<Seq, Piece>,
    parked_bytes: usize,
    /// The furthest position known to be committed.
    known: Seq,
}

impl Order {
    /// Where delivery stands.
    pub(super) fn last(&self) -> Option<Seq> {
        self.last
    }

    /// Begins after this position; answers what can be delivered now.
    pub(super) fn begin(&mut self, last: Seq) -> Vec<Piece> {
        self.last = Some(last);
        self.known = self.known.max(last);
        self.drain()
    }

    /// Takes a piece; answers what can be delivered now.
    pub(super) fn accept(&mut self, piece: Piece) -> Vec<Piece> {
        self.known = self.known.max(piece.last());
        match self.last {
            Some(last) if piece.last() <= last => Vec::new(),
            // A frame may begin with events that were delivered: clients drop those by their position.
            Some(last) if piece.first() <= last.next() => {
                self.last = Some(piece.last());
                let mut ready = vec![piece];
                ready.append(&mut self.drain());
                ready
            }
            _ => {
                self.park(piece);
                Vec::new()
            }
        }
    }

    /// Learns that the channel has got as far as this.
    pub(super) fn known_to(&mut self, head: Seq) {
        self.known = self.known.max(head);
    }

    /// Whether something committed has not come, so far as is known.
    pub(super) fn has_hole(&self) -> bool {
        self.last.is_some_and(|last| last < self.known)
    }

    /// What is missing first: after this position, and before that one if something waits there.
    pub(super) fn hole(&self) -> Option<(Seq, Option<Seq>)> {
        let last = self.last.filter(|_| self.has_hole())?;
        Some((last, self.parked.keys().next().copied()))
    }

    fn park(&mut self, piece: Piece) {
        let bytes = piece.bytes();
        if self.parked_bytes + bytes > PARKED_BYTES_MAX {
            return;
        }
        let first = piece.first();
        if self
            .parked
            .get(&first)
            .is_some_and(|there| there.last() >= piece.last())
        {
            return;
        }
        if let Some(replaced) = self.parked.insert(first, piece) {
            self.parked_bytes -= replaced.bytes();
        }
        self.parked_bytes += bytes;
    }

    fn drain(&mut self) -> Vec<Piece> {
        let mut ready = Vec::new();
        while let (Some(last), Some(entry)) = (self.last, self.parked.first_entry()) {
            if *entry.key() > last.next() {
                break;
            }
            let piece = entry.remove();
            self.parked_bytes -= piece.bytes();
            if piece.last() > last {
                self.last = Some(piece.last());
                ready.push(piece);
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece(first: u64, last: u64) -> Piece {
        Piece::Plain {
            first: Seq(first),
            last: Seq(last),
            frame: None,
        }
    }

    fn spans(pieces: &[Piece]) -> Vec<(u64, u64)> {
        pieces
            .iter()
            .map(|piece| (piece.first().0, piece.last().0))
            .collect()
    }

    #[test]
    fn holes_hold_up_what_is_behind_them() {
        let mut order = Order::default();
        assert!(
            order.accept(piece(4, 5)).is_empty(),
            "nobody knows yet where it stands"
        );
        assert_eq!(spans(&order.begin(Seq(3))), [(4, 5)]);
        assert!(order.accept(piece(8, 9)).is_empty());
        assert_eq!(order.hole(), Some((Seq(5), Some(Seq(8)))));
        assert!(order.accept(piece(2, 4)).is_empty(), "that was before");
        assert_eq!(spans(&order.accept(piece(6, 7))), [(6, 7), (8, 9)]);
        assert!(!order.has_hole());
        order.known_to(Seq(12));
        assert_eq!(order.hole(), Some((Seq(9), None)));
    }

    proptest! {
        /// Pieces in any order, some twice, some lost: what comes out is ascending and has no hole; once the lost ones are
        /// read from the log, it is everything.
        #[test]
        fn what_comes_out_is_the_log(
            sizes in proptest::collection::vec(1u64..5, 1..30),
            order_of in any::<u64>(),
            lost in proptest::collection::vec(any::<bool>(), 30),
        ) {
            let mut pieces = Vec::new();
            let mut next = 1;
            for size in sizes {
                pieces.push(piece(next, next + size - 1));
                next += size;
            }
            let head = next - 1;
            let mut shuffled: Vec<Piece> = pieces
                .iter()
                .zip(&lost)
                .filter(|(_, lost)| !**lost)
                .flat_map(|(piece, _)| [piece.clone(), piece.clone()])
                .collect();
            let mut state = order_of;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            let mut order = Order::default();
            let mut out = order.begin(Seq::ZERO);
            for piece in shuffled {
                out.append(&mut order.accept(piece));
            }
            order.known_to(Seq(head));
            let mut rounds = 0;
            while let Some((after, before)) = order.hole() {
                // The log answers a page of three.
                let end = before.map_or(head, |before| before.0 - 1).min(after.0 + 3);
                out.append(&mut order.accept(piece(after.0 + 1, end)));
                rounds += 1;
                prop_assert!(rounds < 100);
            }
            let mut last = 0;
            for (first, end) in spans(&out) {
                prop_assert!(first <= last + 1 && end > last, "{:?}", spans(&out));
                last = end;
            }
            prop_assert_eq!(last, head);
        }
    }
}
