//! By the last digits of the username (S0.13).
//!
//! The first ten nodes by id share the ten last digits in turn: with `n` of them, digit `d` belongs to number
//! `d mod n`; with ten, each has one. Further nodes are reserves. A node that becomes full splits a digit: users whose
//! last but one digit is 0 to 4 (03 to 43) stay, those with 5 to 9 (53 to 93) go to the first of the reserves and then
//! of the other nodes that takes clients. The owner of a digit decides and says so on its card
//! ([`NodeCard::split_digits`]), so that all nodes answer the same.

use super::hash;
use crate::{FULL, NodeCard, ROOM};

/// Last digits there are.
const DIGITS: u8 = 10;
/// Last but one digits from here on are the half that goes.
const UPPER_HALF: u8 = 5;
/// How full a node is when a digit that it had split comes back: together they are well below [`FULL`].
const REUNITE: f64 = 0.25;

/// The last two digits of a username, tens and units. What is not there is made of a hash.
fn last_digits(username: &str) -> (u8, u8) {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    let hashed = hash::of_username(username);
    let made_up = ((hashed / 10 % 10) as u8, (hashed % 10) as u8);
    let mut from_end = username.bytes().rev().map_while(digit);
    match (from_end.next(), from_end.next()) {
        (Some(units), Some(tens)) => (tens, units),
        (Some(units), None) => (made_up.0, units),
        (None, _) => made_up,
    }
}

/// The nodes for a digit, the owner first, then in the order in which they stand in for it.
fn in_turn<'a>(nodes: &'a [NodeCard], digit: u8) -> Vec<&'a NodeCard> {
    let mut sorted: Vec<&'a NodeCard> = nodes.iter().collect();
    sorted.sort_unstable_by_key(|card| card.id);
    let (owners, reserves) = sorted.split_at(sorted.len().min(usize::from(DIGITS)));
    if owners.is_empty() {
        return Vec::new();
    }
    let ring = |cards: &[&'a NodeCard], first: usize| {
        let first = first % cards.len().max(1);
        [&cards[first..], &cards[..first]].concat()
    };
    let mut owners = ring(owners, usize::from(digit));
    let others = owners.split_off(1);
    [owners, ring(reserves, usize::from(digit)), others].concat()
}

/// The node for a user.
pub(super) fn choose<'a>(nodes: &'a [NodeCard], username: &str) -> Option<&'a NodeCard> {
    let (tens, units) = last_digits(username);
    let mut turn = in_turn(nodes, units);
    let owner = turn.first()?;
    if owner.split_digits.contains(&units) && tens >= UPPER_HALF {
        turn.rotate_left(1);
    }
    let first = |test: fn(&NodeCard) -> bool| turn.iter().find(|card| test(card)).copied();
    first(NodeCard::is_open)
        .or_else(|| first(|card| !card.draining))
        .or_else(|| turn.first().copied())
}

/// Which digits a node splits from now on, given those that it splits (on its card in `nodes`). One more when it is
/// full and the node that would take the half has room; one less when it is nearly empty. Digits that are no longer its
/// own are left out.
pub(crate) fn splits(own: &NodeCard, nodes: &[NodeCard]) -> Vec<u8> {
    let is_owner = |digit: u8| {
        in_turn(nodes, digit)
            .first()
            .is_some_and(|card| card.id == own.id)
    };
    let owned: Vec<u8> = (0..DIGITS).filter(|digit| is_owner(*digit)).collect();
    let split = |digit: &&u8| own.split_digits.contains(digit);
    let mut splits: Vec<u8> = owned.iter().filter(split).copied().collect();
    let has_taker = |digit: u8| {
        let turn = in_turn(nodes, digit);
        let taker = turn.iter().skip(1).find(|card| card.is_open());
        taker.is_some_and(|card| card.fill() < ROOM)
    };
    if own.fill() >= FULL {
        let next = owned.iter().find(|digit| !split(digit) && has_taker(**digit));
        splits.extend(next);
        splits.sort_unstable();
    } else if own.fill() < REUNITE {
        splits.pop();
    }
    splits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::card;
    use klatch_types::NodeId;

    fn nodes(count: u128) -> Vec<NodeCard> {
        (1..=count).map(|number| card(number, 100)).collect()
    }

    fn chosen(nodes: &[NodeCard], username: &str) -> NodeId {
        choose(nodes, username).unwrap().id
    }

    #[test]
    fn ten_servers_have_a_digit_each_and_fewer_share_them() {
        let ten = nodes(10);
        for digit in 0..10 {
            assert_eq!(chosen(&ten, &format!("up20190668{digit}")), ten[digit].id);
        }
        let three = nodes(3);
        let owners: Vec<_> = (0..10)
            .map(|digit| chosen(&three, &format!("up1{digit}")))
            .collect();
        let [a, b, c] = [three[0].id, three[1].id, three[2].id];
        assert_eq!(owners, [a, b, c, a, b, c, a, b, c, a]);
    }

    #[test]
    fn a_full_server_keeps_03_to_43_and_gives_53_to_93_to_the_next_of_the_reserves() {
        let mut nodes = nodes(11);
        let (own, reserve) = (nodes[3].id, nodes[10].id);
        nodes[3].connections = 850;
        nodes[3].split_digits = splits(&nodes[3], &nodes);
        assert_eq!(nodes[3].split_digits, [3]);
        for tens in 0..10 {
            let expected = if tens < 5 { own } else { reserve };
            assert_eq!(chosen(&nodes, &format!("up20190{tens}3")), expected, "{tens}3");
        }
    }

    #[test]
    fn a_split_waits_for_somebody_with_room_and_ends_when_the_server_is_nearly_empty() {
        let mut nodes = nodes(2);
        nodes[0].connections = 850;
        nodes[1].connections = 720;
        assert!(splits(&nodes[0], &nodes).is_empty(), "the other has no room");
        nodes[1].connections = 100;
        for digits in 1..=5 {
            nodes[0].split_digits = splits(&nodes[0], &nodes);
            assert_eq!(nodes[0].split_digits.len(), digits, "one at a time");
        }
        assert_eq!(splits(&nodes[0], &nodes), [0, 2, 4, 6, 8]);
        nodes[0].connections = 300;
        assert_eq!(
            splits(&nodes[0], &nodes),
            [0, 2, 4, 6, 8],
            "half full is no reason to go back"
        );
        nodes[0].connections = 200;
        assert_eq!(splits(&nodes[0], &nodes), [0, 2, 4, 6]);
    }

    #[test]
    fn digits_that_went_to_another_owner_are_no_longer_split() {
        let mut nodes = nodes(1);
        nodes[0].split_digits = vec![0, 1, 2, 3];
        nodes.push(card(2, 100));
        nodes[0].connections = 500;
        assert_eq!(splits(&nodes[0], &nodes), [0, 2]);
    }

    #[test]
    fn a_closed_owner_is_stood_in_for() {
        let mut nodes = nodes(11);
        nodes[3].draining = true;
        assert_eq!(chosen(&nodes, "up03"), nodes[10].id);
        nodes[10].overloaded = true;
        assert_eq!(chosen(&nodes, "up03"), nodes[4].id);
        assert_eq!(chosen(&nodes, "up04"), nodes[4].id, "others stay where they are");
    }

    #[test]
    fn usernames_without_digits_are_hashed_evenly() {
        assert_eq!(last_digits("up201906680"), (8, 0));
        assert_eq!(last_digits("7").1, 7);
        assert_eq!(last_digits("room12b"), last_digits("room12b"));
        let nodes = nodes(10);
        let mut counts = [0_u32; 10];
        for first in b'a'..=b'z' {
            for second in b'a'..=b'z' {
                for third in b'a'..=b'z' {
                    let username = String::from_utf8(vec![first, second, third]).unwrap();
                    let node = chosen(&nodes, &username);
                    counts[nodes.iter().position(|card| card.id == node).unwrap()] += 1;
                }
            }
        }
        assert!(
            counts.iter().all(|count| (1_500..2_000).contains(count)),
            "{counts:?}"
        );
    }
}
