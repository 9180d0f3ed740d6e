//! A node near the client.

use super::{Wish, candidates, least_loaded};
use crate::NodeCard;

/// The one of the region with the most room; if none there takes clients, the one of all.
pub(super) fn choose<'a>(nodes: &'a [NodeCard], wish: &Wish<'_>) -> Option<&'a NodeCard> {
    let near: Vec<_> = nodes
        .iter()
        .filter(|card| card.is_open() && wish.region == Some(card.region.as_str()))
        .collect();
    match near.is_empty() {
        false => least_loaded::choose(&near, wish.username),
        true => least_loaded::choose(&candidates(nodes), wish.username),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::card;

    fn chosen(nodes: &[NodeCard], region: &str) -> u32 {
        let wish = Wish {
            username: "ana",
            region: Some(region),
            current: None,
        };
        choose(nodes, &wish).unwrap().connections
    }

    #[test]
    fn the_region_comes_first_and_room_second() {
        let mut nodes = [card(1, 100), card(2, 600), card(3, 500)];
        nodes[1].region = "porto".to_owned();
        nodes[2].region = "porto".to_owned();
        assert_eq!(chosen(&nodes, "porto"), 500);
        assert_eq!(chosen(&nodes, "lisboa"), 100, "nobody is there");
        nodes[2].draining = true;
        assert_eq!(chosen(&nodes, "porto"), 600);
        nodes[1].overloaded = true;
        assert_eq!(chosen(&nodes, "porto"), 100, "nobody there takes clients");
    }
}
