//! This node among the others.

use crate::message::Message;
use crate::who::Questions;
use crate::{
    Change, Connections, Monotonic, NoConnections, NodeCard, Registry, Revoked, SinceStart, Strategy, Wish,
    place,
};
use klatch_fanout::{Bus, Incoming, NoBus, Topic};
use klatch_types::{Clock, Entropy, NodeId, SystemClock, SystemEntropy};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Revocations that a reader may be behind; one that lags must check all its sockets.
const REVOCATIONS_MAX: usize = 1_024;

/// What a cluster stands on.
pub struct Parts {
    /// This node, as it starts.
    pub card: NodeCard,
    /// How clients are placed; the same on all nodes.
    pub strategy: Strategy,
    /// The way to the others.
    pub bus: Arc<dyn Bus>,
    /// The sockets of this node.
    pub connections: Arc<dyn Connections>,
    /// What silence is measured with.
    pub clock: Arc<dyn Monotonic>,
    /// The time of day, for people to read.
    pub time: Arc<dyn Clock>,
    /// Makes ids of questions.
    pub entropy: Arc<dyn Entropy>,
}

impl Parts {
    /// A server without others.
    pub fn alone(card: NodeCard, connections: Arc<dyn Connections>) -> Self {
        Self {
            card,
            strategy: Strategy::default(),
            bus: Arc::new(NoBus),
            connections,
            clock: Arc::new(SinceStart::default()),
            time: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

/// A drain under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    pub(crate) spread: Duration,
    /// When the clients that are still or again here are told once more.
    pub(crate) again_at: Duration,
}

/// The nodes and this one among them. Someone must run [`Cluster::run`] and hand what comes in to [`Cluster::take`].
pub struct Cluster {
    pub(crate) id: NodeId,
    pub(crate) strategy: Strategy,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) connections: Arc<dyn Connections>,
    pub(crate) clock: Arc<dyn Monotonic>,
    pub(crate) time: Arc<dyn Clock>,
    pub(crate) registry: Registry,
    pub(crate) questions: Questions,
    pub(crate) draining: Mutex<Option<Drain>>,
    pub(crate) revocations: broadcast::Sender<Revoked>,
    /// Moves when a card changes, for those who wait for one to.
    pub(crate) turned: watch::Sender<()>,
}

impl Cluster {
    /// A node that hears the others from now on. Tells nothing before [`Self::run`].
    pub fn new(parts: Parts) -> Self {
        let Parts {
            card,
            strategy,
            bus,
            connections,
            clock,
            time,
            entropy,
        } = parts;
        let id = card.id;
        bus.listen(Topic::Everyone);
        bus.listen(Topic::Node(id));
        Self {
            id,
            strategy,
            bus,
            connections,
            clock,
            time,
            registry: Registry::new(card),
            questions: Questions::new(entropy),
            draining: Mutex::default(),
            revocations: broadcast::Sender::new(REVOCATIONS_MAX),
            turned: watch::Sender::new(()),
        }
    }

    /// A server without others and without sockets, for tools and tests; see [`Parts::alone`].
    pub fn alone(card: NodeCard) -> Self {
        Self::new(Parts::alone(card, Arc::new(NoConnections)))
    }

    /// Takes what came in from the bus, of any topic: what is not about nodes is ignored. Never blocks.
    pub fn take(&self, incoming: &Incoming) {
        match incoming {
            Incoming::Said { payload, .. } => self.heard(payload),
            // The others may have given this node up meanwhile, and newcomers do not know it.
            Incoming::Up => self.beat(),
            Incoming::Down | Incoming::Lagged => {}
        }
    }

    /// Takes one payload that another node said, of any topic.
    pub fn heard(&self, payload: &[u8]) {
        let Some(message) = Message::decode(payload) else {
            return;
        };
        let joined = self.registry.hear(&message, self.clock.now());
        match message {
            Message::Beat { card } if joined => self.welcome(card.id),
            Message::Drain { spread_ms } => self.drain_own(Duration::from_millis(spread_ms)),
            Message::Resume {} => self.resume_own(),
            Message::Revoked { who, replaced } => self.heard_revoked(who, replaced),
            Message::Who {
                user,
                asker,
                question,
            } => self.answer(user, asker, question),
            Message::Holds {
                node,
                question,
                connections,
            } => self.heard_answer(node, question, connections),
            Message::Beat { .. }
            | Message::Bye { .. }
            | Message::External { .. }
            | Message::ExternalGone { .. } => {}
        }
        self.turned.send_replace(());
    }

    /// Who is there.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All nodes, this one too, by id.
    pub fn nodes(&self) -> Arc<[NodeCard]> {
        self.registry.nodes()
    }

    /// This node.
    pub fn own(&self) -> NodeCard {
        self.registry.own()
    }

    /// The newest version of the bus that all nodes understand.
    pub fn protocol_in_common(&self) -> Option<u32> {
        self.registry.protocol_in_common()
    }

    /// Who comes and goes from now on.
    pub fn watch(&self) -> broadcast::Receiver<Change> {
        self.registry.watch()
    }

    /// The node that a client should use. Who asks for no region is taken to be near this node.
    pub fn location(&self, wish: &Wish<'_>) -> NodeCard {
        let nodes = self.registry.nodes();
        let own = nodes.iter().find(|card| card.id == self.id);
        let near = own.map(|card| card.region.as_str());
        let wish = Wish {
            region: wish.region.or(near),
            ..*wish
        };
        place(self.strategy, &nodes, &wish).map_or_else(|| self.registry.own(), NodeCard::clone)
    }

    pub(crate) fn say(&self, topic: Topic, message: &Message) {
        self.bus.say(topic, message.encode());
    }
}
