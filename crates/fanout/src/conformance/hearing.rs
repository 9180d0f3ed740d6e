//! Who hears what, in which order.

use super::{World, number};
use crate::{Incoming, Topic};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

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
