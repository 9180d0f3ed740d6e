//! Servers that are registered from outside (S4.3): they hear no bus, and must be registered again before their time
//! is over.

use crate::cluster::Cluster;
use crate::message::Message;
use crate::{ClusterError, NodeCard, WhyLeft, is_address, is_region};
use klatch_fanout::Topic;
use klatch_types::{Millis, NodeId, limits};
use std::time::Duration;

/// A server to register.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// Base address that clients use.
    pub url: String,
    /// Where it stands.
    pub region: String,
    /// Connections it takes.
    pub capacity: u32,
    /// Connections it has.
    pub connections: u32,
    /// Whether no more clients shall come.
    pub draining: bool,
    /// How long it is believed.
    pub life: Duration,
}

impl Registration {
    fn check(&self) -> Result<(), ClusterError> {
        let longest = limits::NODE_REGISTRATION_MAX.as_secs();
        let capacity = limits::NODE_CAPACITY_MAX;
        let faults = [
            (
                !is_address(&self.url),
                "`url` is a base address such as https://chat-3.example.org, with nothing behind host and port"
                    .to_owned(),
            ),
            (
                !is_region(&self.region),
                format!(
                    "`region` has 1 to {} characters out of a-z, 0-9 and -",
                    limits::REGION_CHARS_MAX
                ),
            ),
            (
                !(1..=capacity).contains(&self.capacity),
                format!("`capacity` is from 1 to {capacity}"),
            ),
            (
                self.connections > capacity,
                format!("`connections` is at most {capacity}"),
            ),
            (
                !(1..=longest).contains(&self.life.as_secs()),
                format!("`ttl_s` is from 1 to {longest}"),
            ),
        ];
        match faults.into_iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, fault)) => Err(ClusterError::Invalid(fault)),
            None => Ok(()),
        }
    }

    fn card(self, id: NodeId, since: Millis) -> NodeCard {
        NodeCard {
            id,
            url: self.url,
            region: self.region,
            capacity: self.capacity,
            connections: self.connections,
            load: 0.0,
            protocol: None,
            version: "external".to_owned(),
            started_at: since,
            draining: self.draining,
            overloaded: false,
            split_digits: Vec::new(),
        }
    }
}

impl Cluster {
    /// Registers a server, or renews it, here and on all other nodes. Answers with its card.
    ///
    /// # Errors
    /// Something is out of bounds, the id belongs to a node of this cluster, or there are too many nodes.
    pub fn register(&self, id: NodeId, registration: Registration) -> Result<NodeCard, ClusterError> {
        registration.check()?;
        if self.registry.has_own_voice(id) {
            return Err(ClusterError::Taken(id));
        }
        let since = self
            .registry
            .node(id)
            .map_or_else(|| self.time.now(), |card| card.started_at);
        let life = registration.life;
        let card = registration.card(id, since);
        self.registry.put(card.clone(), self.clock.now() + life)?;
        let ttl_ms = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        let message = Message::External {
            card: card.clone(),
            ttl_ms,
        };
        self.say(Topic::Everyone, &message);
        Ok(card)
    }

    /// Removes a registered server, here and on all other nodes.
    ///
    /// # Errors
    /// There is none, or it is a node of this cluster.
    pub fn unregister(&self, id: NodeId) -> Result<(), ClusterError> {
        match self.registry.node(id) {
            None => return Err(ClusterError::UnknownNode(id)),
            Some(card) if !card.is_external() => return Err(ClusterError::NotExternal(id)),
            Some(_) => {}
        }
        self.registry.remove(id, WhyLeft::Bye);
        self.say(Topic::Everyone, &Message::ExternalGone { node: id });
        Ok(())
    }
}
