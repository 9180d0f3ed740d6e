//! Several nodes on one PostgreSQL: one order, each key one event, whatever becomes of their connections.

use super::postgres_rows::{PostgresRows, database, opened};
use crate::conformance::{Subject, World};
use crate::postgres::{PostgresLog, PostgresLogOptions};
use crate::{Append, EventRow, LogError, NewWork, Receipt, commit_feed};
use klatch_engine::EngineError;
use klatch_engine::postgres::Spread;
use klatch_testkit::engines;
use klatch_types::{ChannelId, ClientKey, Millis, UserId, limits};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NODES: usize = 3;

/// A world whose log is one node of several.
async fn node(url: &str) -> World {
    let postgres = opened(url, Spread::Whole).await;
    let (sender, feed) = commit_feed();
    let log = PostgresLog::start(postgres.clone(), PostgresLogOptions { lanes: 2 }, sender);
    let subject = Subject {
        log: Arc::new(log),
        rows: Arc::new(PostgresRows(postgres)),
        feed,
        keep: Box::new(()),
    };
    World::new(subject).await
}

async fn nodes(spread: Spread) -> (Vec<World>, String) {
    let (_, url) = database(spread).await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(node(&url).await);
    }
    (nodes, url)
}

/// Each log is contiguous, and went through the feeds of all nodes together once, in each of them in order.
async fn assert_fed_once(nodes: &[World], channels: &[ChannelId]) -> HashMap<ChannelId, Vec<EventRow>> {
    let mut logs = HashMap::new();
    for channel in channels {
        let log = nodes[0].all(*channel).await;
        assert!(
            (1..=log.len() as u64).eq(log.iter().map(|event| event.seq.0)),
            "a hole"
        );
        let mut fed = Vec::new();
        for node in nodes {
            let of_node: Vec<EventRow> = node
                .fed
                .lock()
                .iter()
                .filter(|event| event.channel == *channel)
                .cloned()
                .collect();
            assert!(
                of_node.is_sorted_by(|one, two| one.seq < two.seq),
                "a node's feed is in order"
            );
            fed.extend(of_node);
        }
        fed.sort_by_key(|event| event.seq);
        assert_eq!(fed, log);
        logs.insert(*channel, log);
    }
    logs
}

async fn several_nodes_make_one_log(spread: Spread) {
    const SENDERS: usize = 6;
    const EACH: usize = 30;
    let (nodes, _) = nodes(spread).await;
    let nodes = Arc::new(nodes);
    let users: Vec<UserId> = (0..SENDERS).map(|_| nodes[0].user()).collect();
    let channels = [nodes[0].channel(&users).await, nodes[0].channel(&users).await];
    let mut tasks = Vec::new();
    for (sender, user) in users.iter().enumerate() {
        let sends: Vec<Append> = (0..EACH)
            .map(|place| {
                nodes[0].message(
                    channels[(sender + place) % 2],
                    *user,
                    &format!("{sender}-{place}"),
                )
            })
            .collect();
        let nodes = Arc::clone(&nodes);
        tasks.push(tokio::spawn(async move {
            for (place, send) in sends.into_iter().enumerate() {
                // Some go to one node, some to two at once: as by a client that did not wait for its answer.
                let (here, there) = (&nodes[place % NODES], &nodes[(place + 1) % NODES]);
                if place % 3 == 0 {
                    assert!(!here.append(send).await.duplicate);
                    continue;
                }
                let (one, two) = tokio::join!(here.append(send.clone()), there.append(send));
                assert_eq!(one.seq, two.seq);
                assert!(one.duplicate ^ two.duplicate, "{one:?} {two:?}");
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let logs = assert_fed_once(&nodes, &channels).await;
    let keys: Vec<ClientKey> = logs
        .values()
        .flatten()
        .filter(|event| event.message)
        .filter_map(|event| event.key)
        .collect();
    assert_eq!(keys.len(), SENDERS * EACH);
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_make_one_log() {
    several_nodes_make_one_log(Spread::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_make_one_log_by_bucket() {
    several_nodes_make_one_log(Spread::ByBucket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_made_once_by_nodes_that_try_at_once() {
    let (nodes, _) = nodes(Spread::Whole).await;
    for round in 0..20 {
        let (ana, rui) = (nodes[0].user(), nodes[0].user());
        let pair = Some((ana.min(rui), ana.max(rui)));
        let same_id = round % 2 == 0;
        let makings: Vec<Append> = (0..NODES)
            .map(|_| nodes[0].creation(nodes[0].channel_id(), &[ana, rui], pair))
            .map(|making| Append {
                channel: if same_id { ChannelId(ana.0) } else { making.channel },
                ..making
            })
            .collect();
        let tries = nodes
            .iter()
            .zip(&makings)
            .map(|(node, making)| node.try_append(making.clone()));
        let outcomes = futures_util::future::join_all(tries).await;
        let made: Vec<ChannelId> = outcomes
            .iter()
            .zip(&makings)
            .filter_map(|(outcome, making)| outcome.is_ok().then_some(making.channel))
            .collect();
        assert_eq!(made.len(), 1, "{outcomes:?}");
        for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(
                matches!(refused, LogError::Exists(id) if *id == made[0]),
                "{refused:?}"
            );
        }
        assert_eq!(nodes[0].rows.channel(made[0]).await.members, 2);
    }
}

fn may_be_told_so(error: &LogError) -> bool {
    matches!(
        error,
        LogError::Engine(EngineError::Unavailable(_) | EngineError::Unknown(_))
    )
}

/// Sends with a key until it is answered.
async fn send(node: &World, send: &Append) -> Receipt {
    loop {
        match node.try_append(send.clone()).await {
            Ok(receipt) => return receipt,
            Err(error) => assert!(may_be_told_so(&error), "{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_connections_die() {
    const SENDERS: usize = 4;
    const KILLS: usize = 25;
    let (nodes, url) = nodes(Spread::Whole).await;
    let nodes = Arc::new(nodes);
    let users: Vec<UserId> = (0..SENDERS).map(|_| nodes[0].user()).collect();
    let channels = [nodes[0].channel(&users).await, nodes[0].channel(&users).await];
    let kills = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for (sender, user) in users.into_iter().enumerate() {
        let (nodes, kills) = (Arc::clone(&nodes), Arc::clone(&kills));
        tasks.push(tokio::spawn(async move {
            let mut acked = Vec::new();
            while kills.load(Ordering::Relaxed) < KILLS {
                let node = &nodes[acked.len() % NODES];
                let text = format!("{sender}-{}", acked.len());
                let message = node.message(channels[acked.len() % 2], user, &text);
                // Keys are drawn from the same numbers by each node.
                let message = Append {
                    key: Some(ClientKey(uuid::Uuid::new_v4())),
                    ..message
                };
                acked.push((message.channel, send(node, &message).await.seq, message.payload));
            }
            acked
        }));
    }
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'klatch' AND pid <> pg_backend_pid() AND state <> 'idle' AND datname = current_database()";
    let (admin, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    while kills.load(Ordering::Relaxed) < KILLS {
        let killed: i64 = admin.query_one(kill, &[]).await.unwrap().get(0);
        kills.fetch_add(usize::try_from(killed).unwrap(), Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
    let mut acked = HashMap::new();
    for task in tasks {
        for (channel, seq, payload) in task.await.unwrap() {
            assert!(
                acked.insert((channel, seq), payload).is_none(),
                "a position was given twice"
            );
        }
    }
    let logs = assert_fed_once(&nodes, &channels).await;
    for event in logs.values().flatten().filter(|event| event.message) {
        assert_eq!(
            acked.remove(&(event.channel, event.seq)).as_ref(),
            Some(&event.payload)
        );
    }
    assert!(acked.is_empty(), "every ack is in the log: {acked:?}");
}

/// Lets commits of events wait until the test lets go of lock 77.
const COMMITS_WAIT: &str = r"
    CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER wait_for_test AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION wait_for_test()";

fn one_piece() -> Vec<NewWork> {
    vec![NewWork {
        kind: 1,
        due_at: Millis(1),
        payload: b"once".to_vec(),
    }]
}

/// A node behind a proxy, and a session that holds its commits up.
struct Held {
    node: World,
    proxy: engines::Proxy,
    admin: tokio_postgres::Client,
    channel: ChannelId,
    ana: UserId,
}

impl Held {
    async fn new() -> Self {
        let (_, url) = database(Spread::Whole).await;
        let server = engines::Postgres::shared().unwrap();
        let proxy = engines::Proxy::start(server.address()).unwrap();
        let node = node(&url.replace(&server.port().to_string(), &proxy.address().port().to_string())).await;
        let ana = node.user();
        let channel = node.channel(&[ana]).await;
        let (admin, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        admin.batch_execute(COMMITS_WAIT).await.unwrap();
        admin.batch_execute("SELECT pg_advisory_lock(77)").await.unwrap();
        Self {
            node,
            proxy,
            admin,
            channel,
            ana,
        }
    }

    /// Waits until a commit waits; its backend.
    async fn waiting(&self) -> i32 {
        let sql =
            "SELECT l.pid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objid = 77 AND NOT l.granted
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let found = async {
            loop {
                if let Some(row) = self.admin.query_opt(sql, &[]).await.unwrap() {
                    return row.get(0);
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found)
            .await
            .expect("a commit waits")
    }

    /// Positions of the events that late work was written for.
    async fn work(&self) -> Vec<u64> {
        let rows = self.node.rows.work(self.channel).await;
        rows.iter().map(|row| row.id.seq.0).collect()
    }

    async fn let_go(&self) {
        self.admin
            .batch_execute("SELECT pg_advisory_unlock(77)")
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found() {
    let held = Held::new().await;
    // Without a key: a second event would be seen.
    let message = Append {
        key: None,
        work: one_piece(),
        ..held.node.message(held.channel, held.ana, "once")
    };
    let meanwhile = async {
        held.waiting().await;
        held.proxy.cut().unwrap();
        held.let_go().await;
        held.proxy.pass().unwrap();
    };
    let (receipt, ()) = tokio::join!(held.node.append(message), meanwhile);
    assert_eq!((receipt.seq.0, receipt.duplicate), (2, false));
    assert_eq!(held.work().await, [2]);
    assert_eq!(
        held.node
            .append(held.node.message(held.channel, held.ana, "next"))
            .await
            .seq
            .0,
        3
    );
    assert_fed_once(&[held.node], &[held.channel]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_came_to_nothing_is_done_again() {
    let held = Held::new().await;
    let message = Append {
        key: None,
        work: one_piece(),
        ..held.node.message(held.channel, held.ana, "once")
    };
    let meanwhile = async {
        let backend = held.waiting().await;
        held.admin
            .execute("SELECT pg_terminate_backend($1)", &[&backend])
            .await
            .unwrap();
        held.let_go().await;
    };
    let (receipt, ()) = tokio::join!(held.node.append(message), meanwhile);
    assert_eq!(receipt.seq.0, 2);
    assert_eq!(held.work().await, [2]);
    assert_fed_once(&[held.node], &[held.channel]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_found_out_is_unknown_and_never_fed() {
    let held = Held::new().await;
    let message = Append {
        work: one_piece(),
        ..held.node.message(held.channel, held.ana, "perhaps")
    };
    let meanwhile = async {
        held.waiting().await;
        held.proxy.cut().unwrap();
        held.let_go().await;
    };
    let (answer, ()) = tokio::join!(held.node.try_append(message.clone()), meanwhile);
    assert!(
        matches!(answer, Err(LogError::Engine(EngineError::Unknown(_)))),
        "{answer:?}"
    );
    held.proxy.pass().unwrap();
    let again = send(&held.node, &message).await;
    assert_eq!((again.seq.0, again.duplicate), (2, true));
    assert_eq!(held.work().await, [2], "once, although it was asked for twice");
    let fed: Vec<u64> = held.node.fed.lock().iter().map(|event| event.seq.0).collect();
    assert_eq!(fed, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_may_wait_is_refused_at_once() {
    let held = Held::new().await;
    let queue = |text: &str| {
        let (done, answer) = tokio::sync::oneshot::channel();
        held.node
            .log
            .append(held.node.message(held.channel, held.ana, text), done);
        answer
    };
    let answers: Vec<_> = (0..limits::APPEND_QUEUE_MAX)
        .map(|_| queue("one of many"))
        .collect();
    let refused = queue("one too many").try_recv().expect("answered at once");
    assert!(
        matches!(refused, Err(LogError::Engine(EngineError::Overloaded))),
        "{refused:?}"
    );
    held.let_go().await;
    for answer in answers {
        answer.await.unwrap().expect("committed");
    }
    held.node
        .append(held.node.message(held.channel, held.ana, "room again"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_appends_are_refused_in_time_and_then_go_on() {
    let held = Held::new().await;
    held.let_go().await;
    held.proxy.cut().unwrap();
    let message = held.node.message(held.channel, held.ana, "later");
    let answer = held.node.try_append(message.clone()).await;
    assert!(
        matches!(answer, Err(LogError::Engine(EngineError::Unavailable(_)))),
        "{answer:?}"
    );
    held.proxy.pass().unwrap();
    assert!(!send(&held.node, &message).await.duplicate);
}

/// Whoever waits behind a commit that hangs is told in time, before it is known what becomes of that commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_behind_a_commit_is_not_kept_for_ever() {
    let held = Held::new().await;
    let queue = |append: &Append| {
        let (done, answer) = tokio::sync::oneshot::channel();
        held.node.log.append(append.clone(), done);
        answer
    };
    let first = held.node.message(held.channel, held.ana, "hangs");
    let mut hangs = queue(&first);
    held.waiting().await;
    let second = held.node.message(held.channel, held.ana, "waits behind it");
    let refused = queue(&second).await.unwrap();
    assert!(
        matches!(refused, Err(LogError::Engine(EngineError::Unavailable(_)))),
        "{refused:?}"
    );
    assert!(hangs.try_recv().is_err(), "the first is still in doubt");
    held.let_go().await;
    hangs.await.unwrap().ok();
    assert_eq!(send(&held.node, &first).await.seq.0, 2);
    let again = send(&held.node, &second).await;
    assert_eq!((again.seq.0, again.duplicate), (3, false));
}

/// What the database will not take is refused, and nothing else of its batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_append_spoils_no_other() {
    let (_, url) = database(Spread::Whole).await;
    let node = node(&url).await;
    let ana = node.user();
    let channel = node.channel(&[ana]).await;
    let topic = |topic: &str| {
        let change = crate::Change::Update {
            name: None,
            topic: Some(topic.to_owned()),
            visibility: None,
        };
        Append {
            work: one_piece(),
            ..node.other(channel, ana, vec![change])
        }
    };
    let mut answers = Vec::new();
    for place in 0..20 {
        let (done, answer) = tokio::sync::oneshot::channel();
        node.log.append(
            if place == 7 {
                topic("no\0good")
            } else {
                topic("good")
            },
            done,
        );
        answers.push(answer);
    }
    for (place, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.await.unwrap().is_ok(), place != 7);
    }
    assert_eq!(node.rows.work(channel).await.len(), 19);
    assert_eq!(assert_fed_once(&[node], &[channel]).await[&channel].len(), 20);
}
