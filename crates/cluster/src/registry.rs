//! Which nodes there are, as far as was heard.

use crate::message::Message;
use crate::{ClusterError, NodeCard};
use klatch_types::{NodeId, limits};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// Changes that a reader of [`Registry::watch`] may be behind.
const CHANGES_MAX: usize = 1_024;

/// Why a node is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeft {
    /// It said goodbye, or was removed.
    Bye,
    /// Nothing was heard of it for [`limits::NODE_DEAD_AFTER`], or its registration was not renewed.
    Silence,
}

/// A node came or went.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is there.
    Joined(NodeCard),
    /// It is gone.
    Left(NodeId, WhyLeft),
}

/// What is known of another node.
struct Entry {
    card: NodeCard,
    /// Until when it is believed, by the clock of this node: nothing of a card says when it was written.
    believed_until: Duration,
}

struct State {
    own: NodeCard,
    others: BTreeMap<NodeId, Entry>,
    /// All cards in the order of ids, until something changes.
    picture: Option<Arc<[NodeCard]>>,
}

/// The nodes. All times are those of one [`crate::Monotonic`] clock.
pub struct Registry {
    state: Mutex<State>,
    changes: broadcast::Sender<Change>,
}

impl Registry {
    /// Only this node is there.
    pub fn new(own: NodeCard) -> Self {
        let state = State {
            own,
            others: BTreeMap::new(),
            picture: None,
        };
        Self {
            state: Mutex::new(state),
            changes: broadcast::Sender::new(CHANGES_MAX),
        }
    }

    /// Takes what another node said about nodes; everything else is ignored.
    pub fn heard(&self, payload: &[u8], now: Duration) {
        if let Some(message) = Message::decode(payload) {
            self.hear(&message, now);
        }
    }

    /// The same for a message that was read. Whether a node of this cluster joined by it.
    pub(crate) fn hear(&self, message: &Message, now: Duration) -> bool {
        match message {
            Message::Beat { card } if !card.is_external() => {
                self.put(card.clone(), now + limits::NODE_DEAD_AFTER) == Ok(true)
            }
            Message::Bye { node } => {
                self.remove(*node, WhyLeft::Bye);
                false
            }
            Message::External { card, ttl_ms } if card.is_external() => {
                let life = Duration::from_millis(*ttl_ms).min(limits::NODE_REGISTRATION_MAX);
                if !self.has_own_voice(card.id) {
                    // What does not fit here has been refused where it was registered.
                    let _ = self.put(card.clone(), now + life);
                }
                false
            }
            Message::ExternalGone { node } if !self.has_own_voice(*node) => {
                self.remove(*node, WhyLeft::Bye);
                false
            }
            _ => false,
        }
    }

    /// Adds a node or renews it. True if it is new.
    ///
    /// # Errors
    /// The card is out of bounds, or there are too many nodes.
    pub(crate) fn put(&self, card: NodeCard, believed_until: Duration) -> Result<bool, ClusterError> {
        if !card.is_valid() {
            return Err(ClusterError::Invalid("the card is out of bounds".to_owned()));
        }
        let mut state = self.state.lock();
        if card.id == state.own.id {
            return Ok(false);
        }
        let known = state.others.contains_key(&card.id);
        if !known && state.others.len() + 1 >= limits::NODES_MAX {
            return Err(ClusterError::TooManyNodes);
        }
        let entry = Entry {
            card: card.clone(),
            believed_until,
        };
        state.others.insert(card.id, entry);
        state.picture = None;
        if !known {
            tracing::info!(node = %card.id, url = card.url, region = card.region, version = card.version, "node joined");
            self.tell(&state, Change::Joined(card));
        }
        Ok(!known)
    }

    /// Forgets a node.
    pub(crate) fn remove(&self, node: NodeId, why: WhyLeft) {
        let mut state = self.state.lock();
        if state.others.remove(&node).is_some() {
            state.picture = None;
            tracing::info!(%node, ?why, "node left");
            self.tell(&state, Change::Left(node, why));
        }
    }

    /// Forgets nodes that were silent for too long.
    pub fn expire(&self, now: Duration) {
        let silent: Vec<NodeId> = {
            let state = self.state.lock();
            let silent = state
                .others
                .iter()
                .filter(|(_, entry)| entry.believed_until <= now);
            silent.map(|(id, _)| *id).collect()
        };
        for node in silent {
            self.remove(node, WhyLeft::Silence);
        }
    }

    /// Believes all nodes a while longer: not they were silent, this process did not run.
    pub(crate) fn believe_until(&self, until: Duration) {
        for entry in self.state.lock().others.values_mut() {
            entry.believed_until = entry.believed_until.max(until);
        }
    }

    /// Changes what this node tells of itself.
    pub(crate) fn change_own(&self, change: impl FnOnce(&mut NodeCard)) {
        let mut state = self.state.lock();
        change(&mut state.own);
        state.picture = None;
    }

    /// This node.
    pub fn own(&self) -> NodeCard {
        self.state.lock().own.clone()
    }

    /// One node, this one too.
    pub fn node(&self, id: NodeId) -> Option<NodeCard> {
        let state = self.state.lock();
        if state.own.id == id {
            return Some(state.own.clone());
        }
        state.others.get(&id).map(|entry| entry.card.clone())
    }

    /// All nodes, this one too, by id.
    pub fn nodes(&self) -> Arc<[NodeCard]> {
        let mut state = self.state.lock();
        if let Some(picture) = &state.picture {
            return Arc::clone(picture);
        }
        let mut cards: Vec<NodeCard> = state.others.values().map(|entry| entry.card.clone()).collect();
        cards.push(state.own.clone());
        cards.sort_unstable_by_key(|card| card.id);
        let picture: Arc<[NodeCard]> = cards.into();
        state.picture = Some(Arc::clone(&picture));
        picture
    }

    /// Servers registered from outside, each with how long it is still believed.
    pub(crate) fn externals(&self, now: Duration) -> Vec<(NodeCard, Duration)> {
        let state = self.state.lock();
        let externals = state.others.values().filter(|entry| entry.card.is_external());
        externals
            .map(|entry| (entry.card.clone(), entry.believed_until.saturating_sub(now)))
            .collect()
    }

    /// The newest version of the bus that all nodes of this cluster understand; `None` if there is none, which is a
    /// mistake in the order of an upgrade.
    pub fn protocol_in_common(&self) -> Option<u32> {
        let nodes = self.nodes();
        let ranges = || nodes.iter().filter_map(|card| card.protocol);
        let oldest = ranges().map(|range| range.min).max()?;
        let newest = ranges().map(|range| range.max).min()?;
        (oldest <= newest).then_some(newest)
    }

    /// Who comes and goes from now on. A reader that lags looks at [`Self::nodes`].
    pub fn watch(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Whether the id is one of a node that tells of itself.
    pub(crate) fn has_own_voice(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|card| !card.is_external())
    }

    fn tell(&self, state: &State, change: Change) {
        metrics::gauge!("klatch_nodes").set(state.others.len() as f64 + 1.0);
        // Nobody has to listen.
        let _ = self.changes.send(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VersionRange;
    use crate::card::tests::card;

    const SECOND: Duration = Duration::from_secs(1);

    fn beat(card: NodeCard) -> bytes::Bytes {
        Message::Beat { card }.encode()
    }

    fn ids(registry: &Registry) -> Vec<NodeId> {
        registry.nodes().iter().map(|card| card.id).collect()
    }

    #[test]
    fn a_node_is_there_until_it_is_silent_for_too_long() {
        let registry = Registry::new(card(5, 0));
        let mut changes = registry.watch();
        registry.heard(&beat(card(2, 10)), SECOND);
        assert_eq!(ids(&registry), [card(2, 0).id, card(5, 0).id]);
        assert_eq!(changes.try_recv(), Ok(Change::Joined(card(2, 10))));
        registry.heard(&beat(card(2, 20)), 5 * SECOND);
        assert!(changes.try_recv().is_err(), "it was there already");
        assert_eq!(registry.node(card(2, 0).id).unwrap().connections, 20);
        registry.expire(14 * SECOND);
        assert_eq!(ids(&registry).len(), 2);
        registry.expire(15 * SECOND);
        assert_eq!(ids(&registry), [card(5, 0).id]);
        assert_eq!(
            changes.try_recv(),
            Ok(Change::Left(card(2, 0).id, WhyLeft::Silence))
        );
    }

    #[test]
    fn a_wrong_clock_of_another_node_does_not_matter() {
        let registry = Registry::new(card(5, 0));
        for started_at in [i64::MIN, 0, i64::MAX] {
            let mut wrong = card(2, 10);
            wrong.started_at = klatch_types::Millis(started_at);
            registry.heard(&beat(wrong), SECOND);
            registry.expire(10 * SECOND);
            assert_eq!(ids(&registry).len(), 2, "{started_at}");
        }
    }

    #[test]
    fn who_says_goodbye_is_gone_at_once() {
        let registry = Registry::new(card(5, 0));
        registry.heard(&beat(card(2, 10)), SECOND);
        let node = card(2, 0).id;
        registry.heard(&Message::Bye { node }.encode(), SECOND);
        assert_eq!(ids(&registry), [card(5, 0).id]);
    }

    #[test]
    fn nothing_that_is_out_of_bounds_gets_in() {
        let registry = Registry::new(card(5, 0));
        let mut wrong = card(2, 10);
        wrong.url = "javascript:alert(1)".to_owned();
        registry.heard(&beat(wrong), SECOND);
        registry.heard(b"\x01\x02", SECOND);
        registry.heard(b"{\"kind\":\"beat\"}", SECOND);
        registry.heard(&beat(card(5, 999)), SECOND);
        assert_eq!(
            registry.nodes().as_ref(),
            [card(5, 0)],
            "nobody speaks for this node"
        );
    }

    #[test]
    fn there_are_no_more_nodes_than_there_may_be() {
        let registry = Registry::new(card(5, 0));
        for number in 10..2_000 {
            registry.heard(&beat(card(number, 0)), SECOND);
        }
        assert_eq!(registry.nodes().len(), limits::NODES_MAX);
    }

    #[test]
    fn the_version_in_common_is_the_newest_that_all_understand() {
        let registry = Registry::new(card(5, 0));
        assert_eq!(registry.protocol_in_common(), Some(2));
        let older = |max| NodeCard {
            protocol: Some(VersionRange { min: 1, max }),
            ..card(2, 0)
        };
        registry.heard(&beat(older(1)), SECOND);
        assert_eq!(
            registry.protocol_in_common(),
            Some(1),
            "an older release beside it"
        );
        registry.heard(&beat(older(3)), SECOND);
        assert_eq!(registry.protocol_in_common(), Some(2));
        let too_new = NodeCard {
            protocol: Some(VersionRange { min: 7, max: 9 }),
            ..card(3, 0)
        };
        registry.heard(&beat(too_new), SECOND);
        assert_eq!(registry.protocol_in_common(), None);
    }

    #[test]
    fn a_server_from_outside_neither_takes_a_nodes_place_nor_counts_for_versions() {
        let registry = Registry::new(card(5, 0));
        registry.heard(&beat(card(2, 10)), SECOND);
        let external = |number| NodeCard {
            protocol: None,
            connections: 700,
            ..card(number, 0)
        };
        for number in [2, 3, 5] {
            let card = external(number);
            let message = Message::External { card, ttl_ms: 60_000 };
            registry.heard(&message.encode(), SECOND);
        }
        assert_eq!(registry.node(card(2, 0).id), Some(card(2, 10)));
        assert_eq!(registry.node(card(3, 0).id), Some(external(3)));
        assert_eq!(registry.protocol_in_common(), Some(2));
        registry.expire(30 * SECOND);
        assert_eq!(ids(&registry).len(), 2, "its registration lasts longer");
        registry.expire(61 * SECOND);
        assert_eq!(ids(&registry).len(), 1);
    }
}
