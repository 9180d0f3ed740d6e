//! Much at once, and networks that break.

use super::{World, eventually, number};
use crate::{BUS_PAYLOAD_BYTES_MAX, Incoming, Topic};
use bytes::Bytes;
use klatch_types::limits;
use std::collections::HashSet;

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
