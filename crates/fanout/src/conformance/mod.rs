//! One suite that every [`Bus`] must pass. [`crate::bus_conformance`] makes a test of each case.

mod bounds;
mod hearing;

pub use bounds::{
    cut_nodes_lose_and_come_back, figures_count, full_inboxes_lag, large_payloads_arrive,
    settled_topics_are_heard_from_the_first_on, ten_thousand_topics,
};
pub use hearing::{
    events_and_signals_are_apart, gathered_payloads_come_apart, ignored_topics_are_silent,
    listening_twice_is_once, only_listeners_hear, order_of_each_sender_is_kept, own_words_are_not_heard,
};

use crate::{Bus, Inbox, Incoming, Topic};
use async_trait::async_trait;
use bytes::Bytes;
use klatch_types::{ChannelId, Millis, NodeId, SeededEntropy, UserId};
use std::sync::Arc;
use std::time::Duration;

/// How long something that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A network under test, without nodes at first.
#[async_trait]
pub trait Subject: Send + Sync + 'static {
    /// A new node; it need not be up yet.
    async fn join(&self, node: NodeId) -> (Arc<dyn Bus>, Inbox);
    /// The node reaches nobody from now on.
    async fn cut(&self, node: NodeId);
    /// It reaches the others again.
    async fn heal(&self, node: NodeId);
}

/// A network under test and the ids used in it.
pub struct World {
    subject: Box<dyn Subject>,
    entropy: SeededEntropy,
}

struct Node {
    id: NodeId,
    bus: Arc<dyn Bus>,
    inbox: Inbox,
}

impl World {
    /// The world of one case.
    pub fn new(subject: impl Subject) -> Self {
        Self {
            subject: Box::new(subject),
            entropy: SeededEntropy::new(11),
        }
    }

    /// A node that is up and listens to these topics.
    async fn node(&self, topics: &[Topic]) -> Node {
        let id = NodeId::new(Millis(1), &self.entropy);
        let (bus, inbox) = self.subject.join(id).await;
        let mut node = Node { id, bus, inbox };
        node.expect(&Incoming::Up).await;
        node.listen(topics).await;
        node
    }

    fn channel(&self) -> ChannelId {
        ChannelId::new(Millis(1), &self.entropy)
    }

    fn user(&self) -> UserId {
        UserId::new(Millis(1), &self.entropy)
    }
}

impl Node {
    async fn next(&mut self) -> Incoming {
        let next = tokio::time::timeout(PATIENCE, self.inbox.recv()).await;
        next.expect("something comes in").expect("the bus lives")
    }

    async fn expect(&mut self, expected: &Incoming) {
        assert_eq!(self.next().await, *expected);
    }

    async fn expect_said(&mut self, topic: Topic, payload: &Bytes) {
        let payload = payload.clone();
        self.expect(&Incoming::Said { topic, payload }).await;
    }

    async fn listen(&self, topics: &[Topic]) {
        topics.iter().for_each(|topic| self.bus.listen(*topic));
        self.settled().await;
    }

    async fn settled(&self) {
        let settled = tokio::time::timeout(PATIENCE, self.bus.settled()).await;
        settled.expect("the bus settles");
    }
}

fn number(n: u32) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Makes a `#[tokio::test]` of every case of the suite, for networks made by an `async fn() -> impl Subject`.
#[macro_export]
macro_rules! bus_conformance {
    ($make:path) => {
        $crate::bus_conformance!($make =>
            only_listeners_hear, events_and_signals_are_apart, own_words_are_not_heard, order_of_each_sender_is_kept,
            ignored_topics_are_silent, listening_twice_is_once, gathered_payloads_come_apart, large_payloads_arrive,
            ten_thousand_topics, settled_topics_are_heard_from_the_first_on, cut_nodes_lose_and_come_back,
            figures_count, full_inboxes_lag
        );
    };
    ($make:path => $($case:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let world = $crate::conformance::World::new($make().await);
                $crate::conformance::$case(&world).await;
            }
        )+
    };
}
