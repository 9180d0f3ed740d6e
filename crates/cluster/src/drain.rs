//! Taking a node out of service: no new clients, and those it has are sent away over some time.

use crate::ClusterError;
use crate::NodeCard;
use crate::cluster::{Cluster, Drain};
use crate::message::Message;
use klatch_fanout::Topic;
use klatch_types::{NodeId, limits};
use std::time::Duration;

/// Shortest time after which clients that did not go are told again.
const AGAIN_MIN: Duration = limits::NODE_HEARTBEAT;

impl Cluster {
    /// Drains a node of this cluster, this one or another, and answers with its card once it says so itself.
    ///
    /// # Errors
    /// There is no such node, it is none of this cluster, `spread` is longer than [`limits::DRAIN_SPREAD_MAX`], or the
    /// node did not answer.
    pub async fn drain(&self, node: NodeId, spread: Duration) -> Result<NodeCard, ClusterError> {
        if spread > limits::DRAIN_SPREAD_MAX {
            let seconds = limits::DRAIN_SPREAD_MAX.as_secs();
            return Err(ClusterError::Invalid(format!("`spread_s` is at most {seconds}")));
        }
        let spread_ms = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
        let order = Message::Drain { spread_ms };
        self.order(node, &order, |card| card.draining).await
    }

    /// Lets a drained node take clients again. Errors as in [`Self::drain`].
    pub async fn resume(&self, node: NodeId) -> Result<NodeCard, ClusterError> {
        self.order(node, &Message::Resume {}, |card| !card.draining).await
    }

    /// Whether this node is being drained; a load balancer should be told then.
    pub fn is_draining(&self) -> bool {
        self.draining.lock().is_some()
    }

    /// Gives an order to a node and waits until its card shows that it follows.
    async fn order(
        &self,
        node: NodeId,
        order: &Message,
        follows: impl Fn(&NodeCard) -> bool,
    ) -> Result<NodeCard, ClusterError> {
        let card = self.registry.node(node).ok_or(ClusterError::UnknownNode(node))?;
        if card.is_external() {
            let what = "a server registered from outside drains itself: register it again with `draining`";
            return Err(ClusterError::Invalid(what.to_owned()));
        }
        let mut turned = self.turned.subscribe();
        match (node == self.id, order) {
            (true, _) => self.heard(&order.encode()),
            (false, _) => self.say(Topic::Node(node), order),
        }
        let followed = async {
            loop {
                match self.registry.node(node) {
                    Some(card) if follows(&card) => return Ok(card),
                    Some(_) => {}
                    None => return Err(ClusterError::UnknownNode(node)),
                }
                turned.changed().await.expect("the cluster holds the sender");
            }
        };
        tokio::time::timeout(limits::NODE_ORDER_WAIT, followed)
            .await
            .unwrap_or(Err(ClusterError::NoAnswer(node)))
    }

    /// Begins to drain this node, or changes how fast.
    pub fn drain_own(&self, spread: Duration) {
        let spread = spread.min(limits::DRAIN_SPREAD_MAX);
        tracing::info!(spread_s = spread.as_secs(), "draining this node");
        let again_at = self.clock.now() + spread.max(AGAIN_MIN);
        *self.draining.lock() = Some(Drain { spread, again_at });
        self.registry.change_own(|card| card.draining = true);
        // The others first: those who are sent away must not be sent back here.
        self.beat();
        self.connections.drain(spread);
    }

    /// Takes clients again.
    pub fn resume_own(&self) {
        if self.draining.lock().take().is_some() {
            tracing::info!("this node takes clients again");
        }
        self.registry.change_own(|card| card.draining = false);
        self.beat();
    }

    /// Tells clients once more that came, or stayed, since the last time.
    pub(crate) fn drain_again(&self, now: Duration) {
        let due = {
            let mut draining = self.draining.lock();
            let due = draining.as_mut().filter(|drain| drain.again_at <= now);
            due.map(|drain| {
                drain.again_at = now + drain.spread.max(AGAIN_MIN);
                drain.spread
            })
        };
        if let Some(spread) = due.filter(|_| self.connections.count() > 0) {
            self.connections.drain(spread);
        }
    }
}
