//! One suite that every [`Bus`] must pass. [`crate::bus_conformance`] makes a test of each case.

use crate::{BUS_PAYLOAD_BYTES_MAX, Bus, Inbox, Incoming, Topic};
use async_trait::async_trait;
use bytes::Bytes;
use klatch_types::{ChannelId, Millis, NodeId, SeededEntropy, UserId, limits};
use std::collections::{HashMap, HashSet};
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

/// Each kind of topic reaches those who listen to it and nobody else, least of all the sender.
pub async fn only_listeners_hear(world: &World) {
    let (channel, other) = (world.channel(), world.channel());
    let mut hears_all = world.node(&[Topic::Everyone]).await;
    let mut hears_little = world
        .node(&[Topic::Everyone, Topic::Signals(other), Topic::User(world.user())])
        .await;
    let topics = [
        Topic::Events(channel),
        Topic::Signals(channel),
        Topic::User(world.user()),
        Topic::Node(hears_all.id),
    ];
    hears_all.listen(&topics).await;
    let sender = world.node(&topics).await;
    for (n, topic) in (0..).zip(topics) {
        sender.bus.say(topic, number(n));
        hears_all.expect_said(topic, &number(n)).await;
    }
    sender.bus.say(Topic::Everyone, number(9));
    hears_all.expect_said(Topic::Everyone, &number(9)).await;
    hears_little.expect_said(Topic::Everyone, &number(9)).await;
}

/// Events and signals of one channel are told apart, also by a node that listens to only one of them.
pub async fn events_and_signals_are_apart(world: &World) {
    let channel = world.channel();
    let (events, signals) = (Topic::Events(channel), Topic::Signals(channel));
    let mut hears_signals = world.node(&[signals]).await;
    let mut hears_events = world.node(&[events, signals]).await;
    hears_events.bus.ignore(signals);
    hears_events.settled().await;
    let sender = world.node(&[]).await;
    sender.bus.say(signals, number(1));
    hears_signals.expect_said(signals, &number(1)).await;
    sender.bus.say(events, number(2));
    hears_events.expect_said(events, &number(2)).await;
    sender.bus.say(signals, number(3));
    hears_signals.expect_said(signals, &number(3)).await;
}

/// Nobody hears themselves.
pub async fn own_words_are_not_heard(world: &World) {
    let mut one = world.node(&[Topic::Everyone]).await;
    let mut two = world.node(&[Topic::Everyone]).await;
    one.bus.say(Topic::Everyone, number(1));
    two.expect_said(Topic::Everyone, &number(1)).await;
    two.bus.say(Topic::Everyone, number(2));
    one.expect_said(Topic::Everyone, &number(2)).await;
}

/// Payloads of a topic come in the order each sender said them.
pub async fn order_of_each_sender_is_kept(world: &World) {
    const EACH: u32 = 1_000;
    let topics = [
        Topic::Events(world.channel()),
        Topic::Events(world.channel()),
        Topic::Everyone,
    ];
    let mut listener = world.node(&topics).await;
    let senders = [world.node(&[]).await, world.node(&[]).await];
    let said: Vec<_> = (0..)
        .zip(&senders)
        .map(|(who, sender)| {
            let bus = Arc::clone(&sender.bus);
            tokio::spawn(async move {
                for n in 0..EACH {
                    topics
                        .iter()
                        .for_each(|topic| bus.say(*topic, number(who * EACH + n)));
                    if n % 64 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    let mut next: HashMap<(Topic, u32), u32> = HashMap::new();
    for _ in 0..EACH * 6 {
        let Incoming::Said { topic, payload } = listener.next().await else {
            panic!("nothing else happens");
        };
        let n = u32::from_be_bytes(payload[..].try_into().expect("a number"));
        let expected = next.entry((topic, n / EACH)).or_default();
        assert_eq!(n % EACH, *expected, "{topic:?} of sender {}", n / EACH);
        *expected += 1;
    }
    for task in said {
        task.await.expect("senders end");
    }
}

/// What is ignored is not heard, and can be listened to again.
pub async fn ignored_topics_are_silent(world: &World) {
    let topic = Topic::Events(world.channel());
    let mut listener = world.node(&[topic, Topic::Everyone]).await;
    let sender = world.node(&[]).await;
    for round in 0..3 {
        sender.bus.say(topic, number(round));
        listener.expect_said(topic, &number(round)).await;
        listener.bus.ignore(topic);
        listener.bus.ignore(topic);
        listener.settled().await;
        sender.bus.say(topic, number(77));
        sender.bus.say(Topic::Everyone, number(88));
        listener.expect_said(Topic::Everyone, &number(88)).await;
        listener.listen(&[topic]).await;
    }
}

/// Listening twice is listening once, for hearing and for ignoring.
pub async fn listening_twice_is_once(world: &World) {
    let topic = Topic::Events(world.channel());
    let mut listener = world.node(&[topic, topic, Topic::Everyone]).await;
    listener.listen(&[topic]).await;
    let sender = world.node(&[]).await;
    sender.bus.say(topic, number(1));
    sender.bus.say(topic, number(2));
    listener.expect_said(topic, &number(1)).await;
    listener.expect_said(topic, &number(2)).await;
    listener.bus.ignore(topic);
    listener.settled().await;
    sender.bus.say(topic, number(3));
    sender.bus.say(Topic::Everyone, number(4));
    listener.expect_said(Topic::Everyone, &number(4)).await;
}

/// Payloads said in a burst come apart as they went in, empty ones too, whatever travelled together.
pub async fn gathered_payloads_come_apart(world: &World) {
    let topic = Topic::User(world.user());
    let mut listener = world.node(&[topic]).await;
    let sender = world.node(&[]).await;
    let payloads: Vec<_> = (0..2_000_usize)
        .map(|n| Bytes::from(vec![n as u8; n * 7 % 900]))
        .collect();
    payloads
        .iter()
        .for_each(|payload| sender.bus.say(topic, payload.clone()));
    for payload in &payloads {
        listener.expect_said(topic, payload).await;
    }
}

/// Payloads up to the largest arrive, many of them too; a larger one is dropped and counted.
pub async fn large_payloads_arrive(world: &World) {
    let mut listener = world.node(&[Topic::Everyone]).await;
    let sender = world.node(&[]).await;
    sender
        .bus
        .say(Topic::Everyone, Bytes::from(vec![0; BUS_PAYLOAD_BYTES_MAX + 1]));
    assert_eq!(sender.bus.figures().dropped, 1);
    let sizes = [
        BUS_PAYLOAD_BYTES_MAX,
        1,
        BUS_PAYLOAD_BYTES_MAX / 2,
        BUS_PAYLOAD_BYTES_MAX / 2,
        3,
    ];
    let payloads: Vec<_> = (1..)
        .zip(sizes.repeat(4))
        .map(|(n, size)| Bytes::from(vec![n; size]))
        .collect();
    payloads
        .iter()
        .for_each(|payload| sender.bus.say(Topic::Everyone, payload.clone()));
    for payload in &payloads {
        let Incoming::Said { payload: heard, .. } = listener.next().await else {
            panic!("nothing else happens");
        };
        assert!(heard == *payload, "{} bytes differ", payload.len());
    }
}

/// A node may listen to very many topics.
pub async fn ten_thousand_topics(world: &World) {
    let topics: Vec<_> = (0..10_000).map(|_| Topic::Events(world.channel())).collect();
    let mut listener = world.node(&topics).await;
    let sender = world.node(&[]).await;
    let mut missing: HashSet<_> = topics.iter().copied().collect();
    for some in topics.chunks(1_000) {
        some.iter().for_each(|topic| sender.bus.say(*topic, number(5)));
        for _ in some {
            let Incoming::Said { topic, payload } = listener.next().await else {
                panic!("nothing else happens");
            };
            assert_eq!(payload, number(5));
            assert!(missing.remove(&topic), "each is heard once");
        }
    }
    topics.iter().for_each(|topic| listener.bus.ignore(*topic));
    listener.listen(&[Topic::Everyone]).await;
    topics.iter().for_each(|topic| sender.bus.say(*topic, number(6)));
    sender.bus.say(Topic::Everyone, number(7));
    listener.expect_said(Topic::Everyone, &number(7)).await;
}

/// Whoever asks after `settled` is heard from the first payload on.
pub async fn settled_topics_are_heard_from_the_first_on(world: &World) {
    let mut listener = world.node(&[]).await;
    let sender = world.node(&[]).await;
    for n in 0..200 {
        let topic = Topic::Events(world.channel());
        listener.listen(&[topic]).await;
        sender.bus.say(topic, number(n));
        listener.expect_said(topic, &number(n)).await;
    }
}

/// A node that is cut off is told, loses what is said, blocks nobody, and hears everything wanted once it is told `Up`.
pub async fn cut_nodes_lose_and_come_back(world: &World) {
    let (before, meanwhile) = (Topic::Events(world.channel()), Topic::Events(world.channel()));
    let dropped_topic = Topic::Events(world.channel());
    let mut node = world.node(&[before, dropped_topic]).await;
    let mut other = world.node(&[Topic::Everyone]).await;
    for round in 0..2 {
        world.subject.cut(node.id).await;
        node.expect(&Incoming::Down).await;
        assert!(!node.bus.is_up() && other.bus.is_up());
        let dropped = node.bus.figures().dropped;
        for n in 0..10_000 {
            node.bus.say(Topic::Everyone, number(n));
        }
        assert_eq!(node.bus.figures().dropped - dropped, 10_000);
        other.bus.say(before, number(1));
        node.bus.listen(meanwhile);
        node.bus.ignore(dropped_topic);
        node.settled().await;

        world.subject.heal(node.id).await;
        node.expect(&Incoming::Up).await;
        assert!(node.bus.is_up());
        for topic in [dropped_topic, before, meanwhile] {
            other.bus.say(topic, number(round));
        }
        let mut heard = HashSet::new();
        for _ in 0..2 {
            let Incoming::Said { topic, payload } = node.next().await else {
                panic!("nothing else happens");
            };
            assert_eq!(payload, number(round));
            heard.insert(topic);
        }
        assert_eq!(heard, HashSet::from([before, meanwhile]));
        node.bus.say(Topic::Everyone, number(3));
        other.expect_said(Topic::Everyone, &number(3)).await;
        node.bus.ignore(meanwhile);
        node.listen(&[dropped_topic]).await;
    }
}

/// What went over the bus is counted at both ends.
pub async fn figures_count(world: &World) {
    let mut listener = world.node(&[Topic::Everyone]).await;
    let sender = world.node(&[]).await;
    for n in 0..50 {
        sender.bus.say(Topic::Everyone, number(n));
    }
    for n in 0..50 {
        listener.expect_said(Topic::Everyone, &number(n)).await;
    }
    eventually("both ends count the same", || {
        let (sent, received) = (sender.bus.figures(), listener.bus.figures());
        sent.sent_bytes == 200
            && received.received_bytes == 200
            && sent.sent_messages == received.received_messages
            && (1..=50).contains(&sent.sent_messages)
    })
    .await;
    assert_eq!(
        (sender.bus.figures().dropped, listener.bus.figures().sent_bytes),
        (0, 0)
    );
}

/// A node that does not read misses what is too much, is told once, and hears again.
pub async fn full_inboxes_lag(world: &World) {
    let mut listener = world.node(&[Topic::Everyone]).await;
    let sender = world.node(&[]).await;
    let too_many = u32::try_from(limits::BUS_INBOX_MAX).expect("a small number") + 3_000;
    for n in 0..too_many {
        sender.bus.say(Topic::Everyone, number(n));
    }
    eventually("everything has come", || {
        listener.bus.figures().received_bytes == u64::from(too_many) * 4
    })
    .await;
    for n in 0..too_many {
        match listener.next().await {
            Incoming::Lagged => {
                assert!(n as usize >= limits::BUS_INBOX_MAX);
                sender.bus.say(Topic::Everyone, number(too_many));
                return listener.expect_said(Topic::Everyone, &number(too_many)).await;
            }
            heard => assert_eq!(
                heard,
                Incoming::Said {
                    topic: Topic::Everyone,
                    payload: number(n)
                }
            ),
        }
    }
    panic!("nothing was missed");
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
