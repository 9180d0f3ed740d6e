//! Several nodes over a network in memory, in time that stands still until it is needed.

use crate::card::tests::card;
use crate::{
    Cluster, ClusterError, Connection, Connections, NodeCard, Parts, Registration, Revoked, SinceStart,
    Strategy, Wish,
};
use klatch_fanout::MemoryNet;
use klatch_types::{DeviceId, ManualClock, Millis, NodeId, SeededEntropy, UserId, limits};
use parking_lot::Mutex;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Sockets that are only counted.
#[derive(Default)]
struct Sockets {
    count: AtomicU32,
    users: Mutex<Vec<(UserId, Connection)>>,
    drains: Mutex<Vec<Duration>>,
    moved: AtomicU32,
}

impl Connections for Sockets {
    fn of_user(&self, user: UserId) -> Vec<Connection> {
        let users = self.users.lock();
        let of_user = users.iter().filter(|(id, _)| *id == user);
        of_user.map(|(_, connection)| *connection).collect()
    }
    fn count(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }
    fn move_away(&self, clients: u32, _spread: Duration) {
        self.moved.fetch_add(clients, Ordering::SeqCst);
        self.count.fetch_sub(clients, Ordering::SeqCst);
    }
    fn drain(&self, spread: Duration) {
        self.drains.lock().push(spread);
    }
}

/// A running node; it stops without a word when dropped.
struct Node {
    cluster: Arc<Cluster>,
    bus: Arc<dyn klatch_fanout::Bus>,
    sockets: Arc<Sockets>,
    tasks: [JoinHandle<()>; 2],
}

impl Node {
    fn start(net: &MemoryNet, card: NodeCard) -> Self {
        Self::with(net, card, Strategy::LeastLoaded)
    }

    fn with(net: &MemoryNet, card: NodeCard, strategy: Strategy) -> Self {
        let (bus, mut inbox) = net.join(card.id);
        let bus: Arc<dyn klatch_fanout::Bus> = Arc::new(bus);
        let sockets = Arc::new(Sockets::default());
        sockets.count.store(card.connections, Ordering::SeqCst);
        let cluster = Arc::new(Cluster::new(Parts {
            card,
            strategy,
            bus: bus.clone(),
            connections: sockets.clone(),
            clock: Arc::new(SinceStart::default()),
            time: Arc::new(ManualClock::new(Millis(5_000))),
            entropy: Arc::new(SeededEntropy::new(11)),
        }));
        let (running, hearing) = (cluster.clone(), cluster.clone());
        let tasks = [
            tokio::spawn(async move { running.run().await }),
            tokio::spawn(async move {
                while let Some(incoming) = inbox.recv().await {
                    hearing.take(&incoming);
                }
            }),
        ];
        Self {
            cluster,
            bus,
            sockets,
            tasks,
        }
    }

    fn id(&self) -> NodeId {
        self.cluster.own().id
    }

    /// The ids it knows, its own too.
    fn knows(&self) -> Vec<NodeId> {
        self.cluster.nodes().iter().map(|card| card.id).collect()
    }

    fn connect(&self, user: UserId) -> Connection {
        let connection = Connection {
            device: Some(DeviceId(Uuid::from_u128(77))),
            connected_at: Millis(1_000),
            active_at: Millis(2_000),
        };
        self.sockets.users.lock().push((user, connection));
        self.bus.listen(klatch_fanout::Topic::User(user));
        connection
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Lets so many seconds pass.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// How long something takes in paused time.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let before = tokio::time::Instant::now();
    let done = work.await;
    (done, before.elapsed())
}

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

fn registration(url: &str, life: u64) -> Registration {
    Registration {
        url: url.to_owned(),
        region: "porto".to_owned(),
        capacity: 500,
        connections: 20,
        draining: false,
        life: Duration::from_secs(life),
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_find_each_other_and_miss_the_dead_and_the_stopped() {
    let net = MemoryNet::new();
    let (a, b, c) = (
        Node::start(&net, card(1, 100)),
        Node::start(&net, card(2, 200)),
        Node::start(&net, card(3, 300)),
    );
    pass(1).await;
    let all = [a.id(), b.id(), c.id()];
    for node in [&a, &b, &c] {
        assert_eq!(node.knows(), all);
    }
    assert_eq!(a.cluster.nodes()[2].connections, 300);
    b.cluster.bye();
    drop(b);
    pass(1).await;
    assert_eq!(a.knows(), [all[0], all[2]]);
    drop(c);
    pass(limits::NODE_DEAD_AFTER.as_secs() - 2).await;
    assert_eq!(a.knows().len(), 2, "a pause is no death");
    pass(5).await;
    assert_eq!(a.knows(), [all[0]]);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_knows_everyone_at_once_servers_from_outside_too() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let outside = card(9, 0).id;
    b.cluster
        .register(outside, registration("https://old.example.org", 600))
        .unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(a.knows().len(), 3);
    let c = Node::start(&net, card(3, 0));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(c.knows(), [a.id(), b.id(), c.id(), outside]);
    b.cluster.unregister(outside).unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(c.knows().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_cut_off_is_back_as_soon_as_it_is_heard() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    net.cut(b.id());
    pass(13).await;
    assert_eq!((a.knows().len(), b.knows().len()), (1, 1));
    net.heal(b.id());
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!((a.knows().len(), b.knows().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn every_node_sends_a_client_to_the_same_node() {
    let net = MemoryNet::new();
    let nodes: Vec<_> = (1..=3)
        .map(|number| Node::with(&net, card(number, 0), Strategy::Digits))
        .collect();
    pass(1).await;
    for number in 0..100 {
        let username = format!("up{number:02}");
        let wish = Wish {
            username: &username,
            ..Wish::default()
        };
        let answers: Vec<_> = nodes.iter().map(|node| node.cluster.location(&wish).id).collect();
        assert_eq!(answers, [nodes[number % 10 % 3].id(); 3], "{username}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_server_splits_a_digit_and_all_nodes_follow() {
    let net = MemoryNet::new();
    let nodes: Vec<_> = (1..=11)
        .map(|number| Node::with(&net, card(number, 100), Strategy::Digits))
        .collect();
    nodes[3].sockets.count.store(820, Ordering::SeqCst);
    pass(15).await;
    for node in &nodes {
        let at = |username| {
            let wish = Wish {
                username,
                ..Wish::default()
            };
            node.cluster.location(&wish).id
        };
        assert_eq!([at("up2043"), at("up2053")], [nodes[3].id(), nodes[10].id()]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_only_where_the_user_is_and_soon_has_an_answer() {
    let net = MemoryNet::new();
    let (a, b, c) = (
        Node::start(&net, card(1, 0)),
        Node::start(&net, card(2, 0)),
        Node::start(&net, card(3, 0)),
    );
    pass(1).await;
    let connections = [a.connect(user(1)), b.connect(user(1)), b.connect(user(1))];
    b.connect(user(2));
    let (holders, took) = timed(a.cluster.who(user(1))).await;
    let holders = holders.unwrap();
    let shown: Vec<_> = holders
        .iter()
        .map(|holder| (holder.node, holder.url.as_str(), holder.connections.len()))
        .collect();
    assert_eq!(
        shown,
        [
            (a.id(), "https://chat-1.example.org", 1),
            (b.id(), "https://chat-2.example.org", 2)
        ]
    );
    assert_eq!(holders[1].connections, connections[1..]);
    assert!(took <= limits::WHO_WAIT + Duration::from_millis(10), "{took:?}");
    assert!(c.cluster.who(user(3)).await.unwrap().is_empty());
    drop(b);
    let left = c.cluster.who(user(1)).await.unwrap();
    assert_eq!(left.len(), 1, "a dead node holds nobody");
    assert_eq!(left[0].node, a.id());
}

#[tokio::test(start_paused = true)]
async fn questions_are_bounded_and_forgotten() {
    let net = MemoryNet::new();
    let (a, _b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..=limits::WHO_QUESTIONS_MAX {
        let cluster = a.cluster.clone();
        asked.spawn(async move { cluster.who(user(1)).await });
    }
    let answers = asked.join_all().await;
    let refused = answers
        .iter()
        .filter(|answer| **answer == Err(ClusterError::TooManyQuestions));
    assert_eq!(refused.count(), 1);
    assert_eq!(
        a.cluster.who(user(1)).await,
        Ok(Vec::new()),
        "there is room again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_drained_node_gets_nobody_sends_all_away_and_comes_back() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 500)), Node::start(&net, card(2, 100)));
    pass(1).await;
    let at_once = |node: &Node| node.cluster.location(&Wish::default()).id;
    assert_eq!(at_once(&a), b.id());
    let drained = a.cluster.drain(b.id(), Duration::from_secs(30)).await.unwrap();
    assert!(drained.draining && b.cluster.is_draining());
    assert_eq!((at_once(&a), at_once(&b)), (a.id(), a.id()));
    assert_eq!(*b.sockets.drains.lock(), [Duration::from_secs(30)]);
    pass(33).await;
    assert_eq!(
        b.sockets.drains.lock().len(),
        2,
        "who is still there is told again"
    );
    b.sockets.count.store(0, Ordering::SeqCst);
    pass(60).await;
    assert_eq!(b.sockets.drains.lock().len(), 2, "nobody is there");
    assert!(!a.cluster.resume(b.id()).await.unwrap().draining);
    assert_eq!((at_once(&a), b.cluster.is_draining()), (b.id(), false));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_cannot_be_followed_is_refused_or_unknown() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let second = Duration::from_secs(1);
    let nobody = card(8, 0).id;
    assert_eq!(
        a.cluster.drain(nobody, second).await,
        Err(ClusterError::UnknownNode(nobody))
    );
    let too_long = limits::DRAIN_SPREAD_MAX + second;
    assert!(matches!(
        a.cluster.drain(b.id(), too_long).await,
        Err(ClusterError::Invalid(_))
    ));
    let outside = card(9, 0).id;
    a.cluster
        .register(outside, registration("https://old.example.org", 60))
        .unwrap();
    assert!(matches!(
        a.cluster.drain(outside, second).await,
        Err(ClusterError::Invalid(_))
    ));
    net.cut(b.id());
    let (answer, took) = timed(a.cluster.drain(b.id(), second)).await;
    assert_eq!(answer, Err(ClusterError::NoAnswer(b.id())));
    assert!(took <= limits::NODE_ORDER_WAIT + second, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_from_outside_is_placed_upon_until_it_is_not_renewed() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 500)), Node::start(&net, card(2, 500)));
    pass(1).await;
    let outside = card(9, 0).id;
    let url = "https://old.example.org";
    for _ in 0..3 {
        let renewed = a.cluster.register(outside, registration(url, 20)).unwrap();
        assert_eq!(renewed.started_at, Millis(5_000));
        pass(15).await;
        for node in [&a, &b] {
            assert_eq!(node.cluster.location(&Wish::default()).url, url);
        }
    }
    pass(8).await;
    assert_eq!((a.knows().len(), b.knows().len()), (2, 2));
    assert_eq!(
        a.cluster.unregister(outside),
        Err(ClusterError::UnknownNode(outside))
    );
}

#[tokio::test(start_paused = true)]
async fn registrations_out_of_bounds_are_refused_with_what_they_must_be() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let outside = card(9, 0).id;
    let good = || registration("https://old.example.org", 60);
    let wrong: [(Registration, &str); 6] = [
        (registration("old.example.org", 60), "`url`"),
        (registration("https://old.example.org", 0), "`ttl_s`"),
        (registration("https://old.example.org", 3_601), "`ttl_s`"),
        (
            Registration {
                region: "PORTO!".to_owned(),
                ..good()
            },
            "`region`",
        ),
        (
            Registration {
                capacity: 0,
                ..good()
            },
            "`capacity`",
        ),
        (
            Registration {
                connections: u32::MAX,
                ..good()
            },
            "`connections`",
        ),
    ];
    for (registration, names) in wrong {
        let refused = a.cluster.register(outside, registration).unwrap_err();
        assert!(refused.to_string().contains(names), "{refused}");
    }
    for node in [&a, &b] {
        let taken = a.cluster.register(node.id(), good());
        assert_eq!(taken, Err(ClusterError::Taken(node.id())));
        let removed = a.cluster.unregister(node.id());
        assert_eq!(removed, Err(ClusterError::NotExternal(node.id())));
    }
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_node_sends_a_few_away_in_each_tick_until_it_is_well() {
    let net = MemoryNet::new();
    let (a, _b) = (Node::start(&net, card(1, 950)), Node::start(&net, card(2, 100)));
    pass(15).await;
    assert_eq!(a.sockets.moved.load(Ordering::SeqCst), 10);
    pass(300).await;
    assert_eq!(a.sockets.moved.load(Ordering::SeqCst), 150);
    assert!(!a.cluster.own().overloaded);
}

#[tokio::test(start_paused = true)]
async fn a_revocation_reaches_the_other_nodes() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    let (mut at_a, mut at_b) = (a.cluster.revocations(), b.cluster.revocations());
    let device = Revoked::Device(DeviceId(Uuid::from_u128(5)));
    for who in [Revoked::User(user(1)), device] {
        a.cluster.tell_revoked(who);
        assert_eq!(at_b.recv().await, Ok(who));
    }
    assert!(
        at_a.try_recv().is_err(),
        "one's own words are not told to oneself"
    );
}

#[tokio::test(start_paused = true)]
async fn a_process_that_slept_does_not_take_the_others_for_dead() {
    let net = MemoryNet::new();
    let a = Node::start(&net, card(1, 0));
    let b = Node::start(&net, card(2, 0));
    pass(1).await;
    let (mut at_a, mut at_b) = (a.cluster.watch(), b.cluster.watch());
    // All at once, as after SIGSTOP and SIGCONT: no task runs in between.
    tokio::time::advance(Duration::from_secs(120)).await;
    pass(1).await;
    assert!(
        at_a.try_recv().is_err() && at_b.try_recv().is_err(),
        "nobody left"
    );
    assert_eq!((a.knows().len(), b.knows().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_server_alone_answers_for_itself() {
    let alone = Cluster::alone(card(1, 0));
    let own = alone.own().id;
    let wish = Wish {
        username: "ana",
        region: Some("mars"),
        current: Some(card(8, 0).id),
    };
    assert_eq!(alone.location(&wish).id, own);
    let (holders, took) = timed(alone.who(user(1))).await;
    assert_eq!(
        (holders, took),
        (Ok(Vec::new()), Duration::ZERO),
        "nobody to wait for"
    );
    assert!(alone.drain(own, Duration::ZERO).await.unwrap().draining);
    assert_eq!(alone.location(&wish).id, own, "there is no other");
    assert!(!alone.resume(own).await.unwrap().draining);
}
