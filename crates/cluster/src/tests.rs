//! Several nodes over a network in memory, in time that stands still until it is needed.

mod external;
mod moving;
mod who;

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
async fn a_revocation_reaches_the_other_nodes() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    let (mut at_a, mut at_b) = (a.cluster.revocations(), b.cluster.revocations());
    let device = DeviceId(Uuid::from_u128(5));
    for who in [
        Revoked::User(user(1)),
        Revoked::Device(device),
        Revoked::Replaced(device),
        Revoked::OlderSeats(user(1), Uuid::from_u128(6)),
    ] {
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
