//! Which node a client should use. Each strategy is a pure function of the cards: every node gives the same answer.

mod digits;
mod hash;
mod least_loaded;
mod region;
mod sticky;
#[cfg(test)]
mod tests;

pub(crate) use digits::splits;

use crate::NodeCard;
use klatch_types::NodeId;

/// How clients are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// On the node with the most room.
    #[default]
    LeastLoaded,
    /// On the node of the region asked for with the most room; if none there takes clients, on any.
    Region,
    /// On the node where the client was, unless it is overloaded, drained or gone; then by region.
    Sticky,
    /// By the last digits of the username (S0.13).
    Digits,
}

/// Who wants a place, and where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// The client's username; S0's `up`.
    pub username: &'a str,
    /// A region to prefer.
    pub region: Option<&'a str>,
    /// The node where the client was.
    pub current: Option<NodeId>,
}

/// The node for a client; `None` only if there is no node. Overloaded and drained nodes are given to nobody unless
/// there is no other. The order of `nodes` does not matter.
pub fn place<'a>(strategy: Strategy, nodes: &'a [NodeCard], wish: &Wish<'_>) -> Option<&'a NodeCard> {
    match strategy {
        Strategy::LeastLoaded => least_loaded::choose(&candidates(nodes), wish.username),
        Strategy::Region => region::choose(nodes, wish),
        Strategy::Sticky => sticky::choose(nodes, wish),
        Strategy::Digits => digits::choose(nodes, wish.username),
    }
}

/// Those that take clients; if none does, those that are not drained; if all are, all.
fn candidates(nodes: &[NodeCard]) -> Vec<&NodeCard> {
    let of = |test: fn(&NodeCard) -> bool| nodes.iter().filter(|card| test(card)).collect::<Vec<_>>();
    [
        NodeCard::is_open,
        |card: &NodeCard| !card.draining,
        |_: &NodeCard| true,
    ]
    .into_iter()
    .map(of)
    .find(|found| !found.is_empty())
    .unwrap_or_default()
}
