//! The node with the most room.

use super::hash;
use crate::NodeCard;

/// Nodes that differ by less are equally full. Cards are up to a heartbeat old: if only the very emptiest were chosen,
/// all clients of those seconds would go there.
const ALIKE: f64 = 0.05;

/// Chooses by lot among those that are about as empty as the emptiest.
pub(super) fn choose<'a>(candidates: &[&'a NodeCard], username: &str) -> Option<&'a NodeCard> {
    let emptiest = candidates.iter().map(|card| card.fill()).min_by(f64::total_cmp)?;
    candidates
        .iter()
        .filter(|card| card.fill() <= emptiest + ALIKE)
        .max_by_key(|card| (hash::of_pair(username, card.id), card.id))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::card;

    fn chosen(connections: &[u32], username: &str) -> usize {
        let cards: Vec<_> = connections
            .iter()
            .zip(0..)
            .map(|(connections, number)| card(number, *connections))
            .collect();
        let all: Vec<_> = cards.iter().collect();
        let chosen = choose(&all, username).unwrap().id;
        cards.iter().position(|card| card.id == chosen).unwrap()
    }

    #[test]
    fn the_emptiest_is_chosen_by_part_of_its_capacity() {
        assert_eq!(chosen(&[500, 200, 400], "ana"), 1);
        let (mut large, small) = (card(1, 600), card(2, 300));
        large.capacity = 10_000;
        assert_eq!(choose(&[&large, &small], "ana").unwrap().id, large.id);
    }

    #[test]
    fn nodes_that_are_about_as_empty_share_the_clients() {
        let mut counts = [0_u32; 3];
        for number in 0..3_000 {
            counts[chosen(&[300, 320, 340], &format!("up{number}"))] += 1;
        }
        assert!(
            counts.iter().all(|count| (900..1_100).contains(count)),
            "{counts:?}"
        );
    }
}
