//! Order, expectations, atomicity, the feed.

use super::world::{World, put};
use crate::{Append, Change, Expect, LogError, Receipt};
use klatch_types::{Ordinal, Role, Seq};
use std::collections::HashMap;
use std::sync::Arc;

/// Positions are 1, 2, 3 …, each receipt names the one before, and ordinals count messages only.
pub async fn positions_have_no_holes(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    for place in 2..=20 {
        let message = place % 3 == 0;
        let append = if message {
            world.message(channel, ana, "hi")
        } else {
            world.other(channel, ana, vec![])
        };
        let receipt = world.append(append).await;
        assert_eq!((receipt.seq, receipt.prev), (Seq(place), Seq(place - 1)));
        assert_eq!(receipt.ordinal, Ordinal(place / 3));
        assert!(!receipt.duplicate);
    }
    let log = world.all(channel).await;
    assert!((1..=20).eq(log.iter().map(|event| event.seq.0)), "{log:?}");
}

/// What is sent after an ack was seen stands after what was acked; what one caller queues in order stays so.
pub async fn real_time_order_is_kept(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let mut answers = Vec::new();
    for text in 0..200 {
        let (done, answer) = tokio::sync::oneshot::channel();
        world
            .log
            .append(world.message(channel, ana, &text.to_string()), done);
        answers.push(answer);
    }
    let mut last = Seq(1);
    for answer in answers {
        let receipt = answer.await.expect("answered").expect("appended");
        assert_eq!(receipt.prev, last);
        last = receipt.seq;
    }
    assert!(world.append(world.message(channel, ana, "after")).await.seq > last);
}

/// Many senders to many channels at once: each log contiguous, each ack the place where the event is.
pub async fn concurrent_appends_make_one_order(world: &World) {
    const SENDERS: usize = 16;
    const CHANNELS: usize = 5;
    const EACH: usize = 40;
    let users: Vec<_> = (0..SENDERS).map(|_| world.user()).collect();
    let mut channels = Vec::new();
    for _ in 0..CHANNELS {
        channels.push(world.channel(&users).await);
    }
    let mut tasks = Vec::new();
    for (sender, user) in users.iter().enumerate() {
        let sends: Vec<_> = (0..EACH)
            .map(|place| {
                world.message(
                    channels[(sender + place) % CHANNELS],
                    *user,
                    &format!("{sender}-{place}"),
                )
            })
            .collect();
        let log = Arc::clone(&world.log);
        tasks.push(tokio::spawn(async move {
            let mut acks: Vec<(Append, Receipt)> = Vec::new();
            for send in sends {
                let receipt = log.append_wait(send.clone()).await.expect("appended");
                acks.push((send, receipt));
            }
            acks
        }));
    }
    let mut acked = HashMap::new();
    for task in tasks {
        let acks = task.await.expect("no panic");
        for pair in acks.windows(CHANNELS + 1) {
            let [first, .., last] = pair else {
                panic!("windows have that length")
            };
            assert!(last.1.seq > first.1.seq, "the same channel, later");
        }
        acked.extend(
            acks.into_iter()
                .map(|(send, receipt)| ((send.channel, receipt.seq), send)),
        );
    }
    assert_eq!(acked.len(), SENDERS * EACH, "no position was given twice");
    for channel in channels {
        let log = world.all(channel).await;
        assert!((1..=log.len() as u64).eq(log.iter().map(|event| event.seq.0)));
        for event in log.iter().filter(|event| event.message) {
            let send = acked
                .remove(&(channel, event.seq))
                .expect("nothing is there that nobody sent");
            assert_eq!(
                (event.actor, event.key, &event.payload),
                (send.actor, send.key, &send.payload)
            );
        }
    }
    assert!(acked.is_empty(), "every ack is in the log");
}

/// The feed gives every event once, as stored, in an order that is each log's own; nothing else.
pub async fn feed_is_the_log(world: &World) {
    let ana = world.user();
    let channels = [world.channel(&[ana]).await, world.channel(&[ana]).await];
    let first = world.message(channels[0], ana, "first");
    world.append(first.clone()).await;
    world.append(first).await;
    for text in ["a", "b", "c"] {
        for channel in channels {
            world.append(world.message(channel, ana, text)).await;
        }
    }
    for channel in channels {
        let fed: Vec<_> = world
            .fed
            .lock()
            .iter()
            .filter(|event| event.channel == channel)
            .cloned()
            .collect();
        assert_eq!(fed, world.all(channel).await);
    }
}

/// `Exists`, `AccessAt` and `New` refuse what they should.
pub async fn every_expectation_is_checked(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let missing = world.message(world.channel_id(), ana, "into nowhere");
    assert!(matches!(
        world.try_append(missing.clone()).await,
        Err(LogError::NotFound)
    ));
    let missing = Append {
        expect: Expect::AccessAt(Seq(1)),
        ..missing
    };
    assert!(matches!(world.try_append(missing).await, Err(LogError::NotFound)));

    let channel = world.channel(&[ana]).await;
    let checked = |seq| Append {
        expect: Expect::AccessAt(Seq(seq)),
        ..world.message(channel, ana, "checked")
    };
    assert_eq!(world.append(checked(1)).await.seq, Seq(2));
    world.append(world.other(channel, ana, vec![put(rui)])).await;
    let refused = world.try_append(checked(2)).await;
    assert!(
        matches!(refused, Err(LogError::Stale { access_seq: Seq(3) })),
        "{refused:?}"
    );
    assert_eq!(
        world.append(checked(3)).await.seq,
        Seq(4),
        "a refusal takes no position"
    );
    assert_eq!(world.append(checked(9)).await.seq, Seq(5));

    let again = world.creation(channel, &[rui], None);
    assert!(matches!(world.try_append(again).await, Err(LogError::Exists(id)) if id == channel));
}

/// An append that is refused changes no row, also when it is refused half way.
pub async fn refused_appends_leave_nothing(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let channel = world.channel(&[ana]).await;
    let before = world.rows.channel(channel).await;
    let stale = Append {
        expect: Expect::AccessAt(Seq(0)),
        ..world.other(channel, ana, vec![put(rui)])
    };
    assert!(matches!(
        world.try_append(stale).await,
        Err(LogError::Stale { .. })
    ));
    let first = world.message(channel, ana, "one");
    world.append(first.clone()).await;
    let conflict = Append {
        digest: 1,
        changes: vec![put(rui), Change::MentionAll],
        ..first
    };
    assert!(matches!(
        world.try_append(conflict).await,
        Err(LogError::Conflict)
    ));
    let unmade = Append {
        expect: Expect::New,
        ..world.message(world.channel_id(), ana, "no making")
    };
    assert!(matches!(world.try_append(unmade).await, Err(LogError::Engine(_))));
    let after = world.rows.channel(channel).await;
    assert_eq!(
        (after.members, after.broadcasts, after.access_seq),
        (before.members, before.broadcasts, Seq(1))
    );
    assert_eq!(world.rows.member(channel, rui).await, None);
    assert_eq!(world.append(world.message(channel, ana, "two")).await.seq, Seq(3));
}

/// Two users have at most one direct channel, however many try to make it.
pub async fn pairs_have_one_channel(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let pair = Some((ana.min(rui), ana.max(rui)));
    let making = world.creation(world.channel_id(), &[ana, rui], pair);
    let made = world.append(making.clone()).await;
    let other = world.creation(world.channel_id(), &[rui, ana], pair);
    let refused = world.try_append(other.clone()).await;
    assert!(
        matches!(refused, Err(LogError::Exists(id)) if id == making.channel),
        "{refused:?}"
    );
    assert_eq!(
        world.log.heads(&[other.channel]).await.expect("heads"),
        [None],
        "and no channel was left behind"
    );

    let retried = world.append(making.clone()).await;
    assert_eq!(
        retried,
        Receipt {
            duplicate: true,
            ..made
        }
    );
    let row = world.rows.channel(making.channel).await;
    assert_eq!((row.pair, row.members, row.head), (pair, 2, Seq(1)));
    assert_eq!(world.member(making.channel, rui).await.role, Role::Member);
}
