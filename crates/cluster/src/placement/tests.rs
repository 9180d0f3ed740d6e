//! What every strategy promises.

use super::{Strategy, Wish, place};
use crate::NodeCard;
use crate::card::tests::card;
use klatch_types::NodeId;
use proptest::prelude::*;
use proptest::strategy::Strategy as _;

const ALL: [Strategy; 4] = [
    Strategy::LeastLoaded,
    Strategy::Region,
    Strategy::Sticky,
    Strategy::Digits,
];

prop_compose! {
    fn any_card()(
        number in 1_u128..60,
        connections in 0_u32..1_100,
        load in 0.0_f64..1.0,
        draining in prop::bool::weighted(0.2),
        overloaded in prop::bool::weighted(0.2),
        region in "porto|lisboa|default",
        split_digits in prop::collection::btree_set(0_u8..10, 0..4),
    ) -> NodeCard {
        NodeCard {
            load: load * load,
            draining,
            overloaded,
            region,
            split_digits: split_digits.into_iter().collect(),
            ..card(number, connections)
        }
    }
}

fn any_nodes() -> impl proptest::strategy::Strategy<Value = Vec<NodeCard>> {
    prop::collection::vec(any_card(), 1..20).prop_map(|mut cards| {
        cards.sort_by_key(|card| card.id);
        cards.dedup_by_key(|card| card.id);
        cards
    })
}

proptest! {
    #[test]
    fn everyone_gets_a_node_and_none_that_is_closed_unless_all_are(
        nodes in any_nodes(),
        username in "[a-z]{0,4}[0-9]{0,6}",
        region in prop::option::of("porto|lisboa|faro"),
        current in prop::option::of(1_u128..60),
    ) {
        let wish = Wish {
            username: &username,
            region: region.as_deref(),
            current: current.map(|number| card(number, 0).id),
        };
        for strategy in ALL {
            let placed = place(strategy, &nodes, &wish);
            prop_assert!(placed.is_some(), "{strategy:?}");
            let placed = placed.unwrap();
            prop_assert!(placed.is_open() || !nodes.iter().any(NodeCard::is_open), "{strategy:?}");
            prop_assert!(!placed.draining || nodes.iter().all(|card| card.draining), "{strategy:?}");
        }
    }

    #[test]
    fn every_node_gives_the_same_answer(
        nodes in any_nodes().prop_shuffle(),
        username in "[a-z]{0,4}[0-9]{0,6}",
    ) {
        let mut elsewhere = nodes.clone();
        elsewhere.reverse();
        let wish = Wish { username: &username, region: Some("porto"), current: Some(nodes[0].id) };
        for strategy in ALL {
            prop_assert_eq!(
                place(strategy, &nodes, &wish).unwrap().id,
                place(strategy, &elsewhere, &wish).unwrap().id
            );
        }
    }

    #[test]
    fn a_split_moves_only_the_upper_half_of_that_digit(
        mut nodes in any_nodes(),
        which: prop::sample::Index,
        digit in 0_u8..10,
    ) {
        let place_all = |nodes: &[NodeCard]| -> Vec<NodeId> {
            (0..1_000)
                .map(|number| {
                    let username = format!("up{number:03}");
                    let wish = Wish { username: &username, ..Wish::default() };
                    place(Strategy::Digits, nodes, &wish).unwrap().id
                })
                .collect()
        };
        let which = which.index(nodes.len());
        nodes[which].split_digits.retain(|split| *split != digit);
        let before = place_all(&nodes);
        nodes[which].split_digits.push(digit);
        let after = place_all(&nodes);
        for (number, (before, after)) in before.iter().zip(&after).enumerate() {
            let in_the_half = number % 10 == usize::from(digit) && number / 10 % 10 >= 5;
            prop_assert!(before == after || in_the_half, "up{number:03}");
        }
    }
}

#[test]
fn nobody_is_placed_where_there_is_no_node() {
    for strategy in ALL {
        assert!(place(strategy, &[], &Wish::default()).is_none());
    }
}
