//! When a node is too full, and how gently it sends clients elsewhere (S1.6).
//!
//! Between the mark at which a node begins to shed ([`OVERLOADED`]), the one at which it stops ([`RECOVERED`]) and the
//! one up to which others take its clients ([`ROOM`]) there are gaps, so that two nodes never send the same clients to
//! and fro.

use crate::NodeCard;

/// How full a node is when it takes no new clients any more and begins to send some away.
pub const OVERLOADED: f64 = 0.90;
/// How full it is when it is well again.
pub const RECOVERED: f64 = 0.80;
/// How full a node may become by taking clients of one that is overloaded.
pub const ROOM: f64 = 0.70;
/// How full a node is when its digits begin to be split (S0.13): before it is overloaded.
pub const FULL: f64 = 0.80;

const _: () = assert!(ROOM < RECOVERED && RECOVERED < OVERLOADED && FULL < OVERLOADED);

/// Part of its capacity that a node sends away at most in one tick of [`klatch_types::limits::MOVES_EVERY`].
const PART_PER_TICK: u32 = 100;

/// Whether a node says that it is overloaded, given how full it is and what it said before.
pub(crate) fn is_overloaded(before: bool, fill: f64) -> bool {
    match before {
        false => fill >= OVERLOADED,
        true => fill > RECOVERED,
    }
}

/// How many clients a node sends away in this tick: at most a hundredth of its capacity, no more than take it back to
/// [`RECOVERED`], and no more than its share of the room that the others have below [`ROOM`].
pub fn moves(own: &NodeCard, others: &[NodeCard]) -> u32 {
    if !own.overloaded || own.draining {
        return 0;
    }
    let capacity = |card: &NodeCard| f64::from(card.capacity);
    let others = || {
        others
            .iter()
            .filter(|other| other.id != own.id && !other.draining)
    };
    let room: f64 = others()
        .filter(|other| other.is_open())
        .map(|other| (ROOM - other.fill()).max(0.0) * capacity(other))
        .sum();
    let shedding = 1 + others().filter(|other| other.overloaded).count();
    let excess = (own.fill() - RECOVERED) * capacity(own);
    // Upwards, so that the last one goes too; less the error of the division.
    let excess = (excess - 1e-6).ceil().max(0.0) as u32;
    let share = (room / shedding as f64) as u32;
    let gentle = (own.capacity / PART_PER_TICK).max(1);
    excess.min(share).min(gentle).min(own.connections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::card;
    use crate::{Strategy, Wish, place};
    use proptest::prelude::*;

    /// Nodes that see each other as they were one tick ago, and clients that go where they are placed.
    struct Nodes {
        cards: Vec<NodeCard>,
        moved: u32,
        clients: u32,
    }

    impl Nodes {
        fn new(connections: &[u32]) -> Self {
            let cards = connections
                .iter()
                .zip(1..)
                .map(|(connections, number)| card(number, *connections));
            Self {
                cards: cards.collect(),
                moved: 0,
                clients: 0,
            }
        }

        fn tick(&mut self) -> u32 {
            for card in &mut self.cards {
                card.overloaded = is_overloaded(card.overloaded, card.fill());
            }
            let seen = self.cards.clone();
            let mut moved = 0;
            for own in 0..seen.len() {
                let others: Vec<_> = seen
                    .iter()
                    .filter(|other| other.id != seen[own].id)
                    .cloned()
                    .collect();
                for _ in 0..moves(&seen[own], &others) {
                    self.clients += 1;
                    let username = format!("user-{}", self.clients);
                    let wish = Wish {
                        username: &username,
                        region: None,
                        current: Some(seen[own].id),
                    };
                    let to = place(Strategy::Sticky, &seen, &wish).unwrap().id;
                    self.cards[own].connections -= 1;
                    let to = self.cards.iter_mut().find(|card| card.id == to).unwrap();
                    to.connections += 1;
                    moved += 1;
                }
            }
            self.moved += moved;
            moved
        }

        fn connections(&self) -> Vec<u32> {
            self.cards.iter().map(|card| card.connections).collect()
        }
    }

    #[test]
    fn one_of_three_is_overloaded_and_they_come_to_rest() {
        let mut nodes = Nodes::new(&[1_000, 300, 300]);
        let ticks = (0..200).take_while(|_| nodes.tick() > 0).count();
        assert_eq!(nodes.moved, 200, "{:?}", nodes.connections());
        assert_eq!(ticks, 20, "a hundredth in each tick");
        assert_eq!(nodes.connections()[0], 800);
        for _ in 0..200 {
            assert_eq!(nodes.tick(), 0);
        }
    }

    #[test]
    fn nobody_moves_when_nobody_has_room() {
        let mut nodes = Nodes::new(&[950, 750, 720]);
        assert_eq!(nodes.tick(), 0);
    }

    #[test]
    fn a_node_that_is_not_overloaded_or_is_drained_moves_nobody() {
        let mut own = card(1, 890);
        own.overloaded = is_overloaded(false, own.fill());
        assert_eq!(moves(&own, &[card(2, 0)]), 0);
        own.overloaded = true;
        assert_eq!(moves(&own, &[card(2, 0)]), 10);
        own.draining = true;
        assert_eq!(moves(&own, &[card(2, 0)]), 0);
    }

    #[test]
    fn the_flag_lags_behind_so_that_it_does_not_flutter() {
        assert!(!is_overloaded(false, 0.89));
        assert!(is_overloaded(false, 0.90));
        assert!(is_overloaded(true, 0.81));
        assert!(!is_overloaded(true, 0.79));
    }

    proptest! {
        #[test]
        fn it_always_ends_and_never_moves_more_than_was_too_much(
            connections in prop::collection::vec(0_u32..1_200, 1..6)
        ) {
            let mut nodes = Nodes::new(&connections);
            let too_much: u32 = connections
                .iter()
                .filter(|connections| **connections >= 900)
                .map(|connections| connections - 800)
                .sum();
            for _ in 0..300 {
                nodes.tick();
            }
            prop_assert_eq!(nodes.tick(), 0, "{:?}", nodes.connections());
            prop_assert!(nodes.moved <= too_much);
            for (before, after) in connections.iter().zip(nodes.connections()) {
                prop_assert!(*before >= 700 || after < 800, "{:?}", nodes.connections());
            }
        }
    }
}
