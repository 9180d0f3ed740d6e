//! Pages, heads, amendments.

use super::world::World;
use crate::{Append, Head, LogError, Order, ReadPage};
use klatch_types::{ChannelId, Ordinal, Seq, limits};

const EVERYTHING: ReadPage = ReadPage {
    after: Seq::ZERO,
    before: None,
    order: Order::Ascending,
    messages_only: false,
    limit: 200,
};

async fn seqs(world: &World, channel: ChannelId, page: ReadPage) -> Vec<u64> {
    world
        .log
        .read(channel, page)
        .await
        .expect("readable")
        .iter()
        .map(|event| event.seq.0)
        .collect()
}

/// Pages of any size, both ways, between any bounds.
pub async fn pages_go_both_ways(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    for place in 2..=10 {
        let message = place % 2 == 0;
        let append = if message {
            world.message(channel, ana, "m")
        } else {
            world.other(channel, ana, vec![])
        };
        world.append(append).await;
    }
    let page = EVERYTHING;
    let down = ReadPage {
        order: Order::Descending,
        ..page
    };
    let between = ReadPage {
        after: Seq(3),
        before: Some(Seq(8)),
        ..page
    };
    let messages = |page| ReadPage {
        messages_only: true,
        ..page
    };
    let limit = |limit, page| ReadPage { limit, ..page };
    let expected: [(ReadPage, &[u64]); 10] = [
        (page, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (limit(3, page), &[1, 2, 3]),
        (limit(3, down), &[10, 9, 8]),
        (
            limit(
                3,
                ReadPage {
                    before: Some(Seq(8)),
                    ..down
                },
            ),
            &[7, 6, 5],
        ),
        (between, &[4, 5, 6, 7]),
        (
            ReadPage {
                order: Order::Descending,
                ..between
            },
            &[7, 6, 5, 4],
        ),
        (messages(between), &[4, 6]),
        (limit(2, messages(down)), &[10, 8]),
        (
            ReadPage {
                after: Seq(u64::MAX),
                ..page
            },
            &[],
        ),
        (
            ReadPage {
                before: Some(Seq(0)),
                ..down
            },
            &[],
        ),
    ];
    for (page, seqs_expected) in expected {
        assert_eq!(seqs(world, channel, page).await, seqs_expected, "{page:?}");
    }
}

/// However many are asked for, a page has a bound.
pub async fn pages_are_bounded(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    for _ in 0..limits::PAGE_MAX + 5 {
        world.append(world.message(channel, ana, "m")).await;
    }
    let greedy = ReadPage {
        limit: u32::MAX,
        ..EVERYTHING
    };
    assert_eq!(
        seqs(world, channel, greedy).await.len(),
        limits::PAGE_MAX as usize + 1
    );
}

/// Later events that change a range of events, by their own position.
pub async fn amendments_come_in_order(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    for _ in 2..=5 {
        world.append(world.message(channel, ana, "m")).await;
    }
    for target in [5, 2, 3, 2, 4] {
        let reaction = Append {
            target: Some(Seq(target)),
            ..world.other(channel, ana, vec![])
        };
        world.append(reaction).await;
    }
    let amending = async |first, last, limit| {
        let events = world
            .log
            .amendments(channel, Seq(first), Seq(last), limit)
            .await
            .expect("readable");
        events
            .iter()
            .map(|event| (event.seq.0, event.target.map(|target| target.0)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        amending(2, 3, 9).await,
        [(7, Some(2)), (8, Some(3)), (9, Some(2))]
    );
    assert_eq!(amending(2, 3, 2).await, [(7, Some(2)), (8, Some(3))]);
    assert_eq!(amending(5, 5, 9).await, [(6, Some(5))]);
    assert_eq!(amending(6, 9, 9).await, []);
}

/// Heads in the order asked, with holes for unknown channels.
pub async fn heads_tell_where_logs_stand(world: &World) {
    let ana = world.user();
    let (one, two) = (world.channel(&[ana]).await, world.channel(&[ana]).await);
    world.append(world.message(two, ana, "m")).await;
    let heads = world
        .log
        .heads(&[two, world.channel_id(), one])
        .await
        .expect("heads");
    let head = |seq, ordinal| {
        Some(Head {
            seq: Seq(seq),
            ordinal: Ordinal(ordinal),
            access_seq: Seq(1),
        })
    };
    assert_eq!(heads, [head(2, 1), None, head(1, 0)]);
    assert_eq!(world.log.epoch().len(), 16);
}

/// Reading a channel that is not there is `NotFound`; an event that is not there is none.
pub async fn unknown_channels(world: &World) {
    let ana = world.user();
    let (nowhere, channel) = (world.channel_id(), world.channel(&[ana]).await);
    assert!(matches!(
        world.log.read(nowhere, EVERYTHING).await,
        Err(LogError::NotFound)
    ));
    assert!(matches!(
        world.log.get(nowhere, Seq(1)).await,
        Err(LogError::NotFound)
    ));
    assert!(matches!(
        world.log.amendments(nowhere, Seq(1), Seq(2), 9).await,
        Err(LogError::NotFound)
    ));
    assert!(matches!(
        world.log.find(nowhere, ana, world.key()).await,
        Err(LogError::NotFound)
    ));
    assert_eq!(world.log.get(channel, Seq(2)).await.expect("readable"), None);
    assert_eq!(world.log.get(channel, Seq(0)).await.expect("readable"), None);
}
