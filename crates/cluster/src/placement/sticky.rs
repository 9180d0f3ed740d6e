//! The node where the client was.

use super::{Wish, region};
use crate::NodeCard;

/// That one, as long as it takes clients; else by region.
pub(super) fn choose<'a>(nodes: &'a [NodeCard], wish: &Wish<'_>) -> Option<&'a NodeCard> {
    nodes
        .iter()
        .find(|card| Some(card.id) == wish.current && card.is_open())
        .or_else(|| region::choose(nodes, wish))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::card;

    #[test]
    fn a_client_stays_until_its_node_is_overloaded_drained_or_gone() {
        let nodes = [card(1, 100), card(2, 800)];
        let wish = Wish {
            username: "ana",
            region: None,
            current: Some(nodes[1].id),
        };
        let chosen = |nodes: &[NodeCard]| choose(nodes, &wish).unwrap().id;
        assert_eq!(chosen(&nodes), nodes[1].id);
        let overloaded = [nodes[0].clone(), card(2, 950)];
        assert_eq!(chosen(&overloaded), nodes[0].id);
        let mut drained = nodes.clone();
        drained[1].draining = true;
        assert_eq!(chosen(&drained), nodes[0].id);
        assert_eq!(chosen(&nodes[..1]), nodes[0].id);
        let new = Wish {
            current: None,
            ..wish
        };
        assert_eq!(choose(&nodes, &new).unwrap().id, nodes[0].id);
    }
}
