//! Late work: once with one claimer at a time, at least once in the end.

use super::world::later;
use super::{Deed, World};
use crate::{WorkClaim, WorkDepth};
use klatch_engine::row::{FOR_GOOD, WorkId, WorkRow};
use klatch_types::{ChannelId, Seq, UserId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(30);

/// Work of one kind, due so long after the beginning; its name.
async fn work(world: &World, channel: ChannelId, kind: u8, due: i64, payload: &[u8]) -> WorkId {
    let deed = Deed::Work(kind, later(due), payload.to_vec());
    let seq = world.write(channel, UserId(channel.0), deed).await;
    WorkId {
        channel,
        seq,
        place: 0,
    }
}

fn at(time: i64, limit: u32, kinds: &[u8]) -> WorkClaim<'_> {
    WorkClaim {
        now: later(time),
        lease: LEASE,
        limit,
        kinds,
    }
}

async fn claim(world: &World, time: i64, limit: u32) -> Vec<WorkRow> {
    world.work.claim(at(time, limit, &[1, 2])).await.unwrap()
}

fn ids(rows: &[WorkRow]) -> Vec<WorkId> {
    rows.iter().map(|row| row.id).collect()
}

/// What is due comes with its content, that which waited longest first, no more than was asked for; what is due later
/// comes later.
pub async fn work_comes_longest_due_first(world: &World) {
    assert_eq!(claim(world, 0, 9).await, []);
    let ana = world.user("ana").await;
    let channel = world.channel(&[ana]).await;
    let third = work(world, channel, 1, 30, b"3").await;
    let first = work(world, channel, 2, 10, &[0, 255]).await;
    let second = work(world, channel, 1, 20, b"").await;
    let last = work(world, channel, 1, 1_000, b"4").await;
    assert_eq!(claim(world, 9, 9).await, []);
    assert_eq!(claim(world, 999, 0).await, []);
    let taken = claim(world, 999, 2).await;
    let expected = WorkRow {
        id: first,
        kind: 2,
        attempts: 1,
        due_at: later(999 + 30_000),
        payload: vec![0, 255],
    };
    assert_eq!(taken.first(), Some(&expected));
    assert_eq!(ids(&taken), [first, second]);
    assert_eq!(ids(&claim(world, 999, 9).await), [third]);
    assert_eq!(
        ids(&claim(world, 1_000, 9).await),
        [last],
        "due to the millisecond"
    );
    assert_eq!(claim(world, 1_000, 9).await, []);
}

/// Of twenty claimers at once each piece goes to one, and all of them are taken.
pub async fn each_piece_goes_to_one_of_many(world: &World) {
    let ana = world.user("ana").await;
    let mut made = HashSet::new();
    for _ in 0..4 {
        let channel = world.channel(&[ana]).await;
        for due in 0..10 {
            made.insert(work(world, channel, 1, due, b"").await);
        }
    }
    let start = Arc::new(tokio::sync::Barrier::new(20));
    let claimers: Vec<_> = (0..20)
        .map(|_| {
            let (queue, start) = (Arc::clone(&world.work), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                queue.claim(at(100, 3, &[1])).await.unwrap()
            })
        })
        .collect();
    let mut taken = HashSet::new();
    for claimer in claimers {
        let rows = claimer.await.unwrap();
        assert!(rows.len() <= 3);
        for row in rows {
            assert!(taken.insert(row.id), "{:?} was given twice", row.id);
        }
    }
    for row in claim(world, 100, 99).await {
        assert!(taken.insert(row.id), "{:?} was given twice", row.id);
    }
    assert_eq!(taken, made);
}

/// Work of a claimer who does not come back goes to another when the lease ends. The first can then no longer put it off,
/// but may still have done it.
pub async fn leases_end(world: &World) {
    let ana = world.user("ana").await;
    let channel = world.channel(&[ana]).await;
    let id = work(world, channel, 1, 0, b"x").await;
    let first = claim(world, 0, 9).await;
    assert_eq!(ids(&first), [id]);
    assert_eq!(claim(world, 29_999, 9).await, []);
    let second = claim(world, 30_000, 9).await;
    assert_eq!(ids(&second), [id]);
    assert_eq!((second[0].attempts, second[0].due_at), (2, later(60_000)));
    assert!(!world.work.retry_at(&first[0], later(0)).await.unwrap());
    assert_eq!(claim(world, 59_999, 9).await, [], "the second still has it");
    assert!(world.work.retry_at(&second[0], later(31_000)).await.unwrap());
    assert_eq!(claim(world, 30_999, 9).await, []);
    let third = claim(world, 31_000, 9).await;
    assert_eq!((third[0].attempts, &third[0].payload), (3, &b"x".to_vec()));
    world.work.done(&ids(&first)).await.unwrap();
    assert!(
        !world.work.retry_at(&third[0], later(0)).await.unwrap(),
        "it is done"
    );
    assert_eq!(world.work.depth().await.unwrap(), WorkDepth::default());
}

/// What is done is gone, and nothing else; done again is no fault.
pub async fn work_that_is_done_is_gone(world: &World) {
    let ana = world.user("ana").await;
    let (one, two) = (world.channel(&[ana]).await, world.channel(&[ana]).await);
    let mut made = Vec::new();
    for due in 0..3 {
        made.push(work(world, one, 1, due, b"").await);
        made.push(work(world, two, 1, due, b"").await);
    }
    let unknown = WorkId {
        channel: ChannelId(uuid::Uuid::from_u128(7)),
        seq: Seq(1),
        place: 0,
    };
    let other_place = WorkId { place: 1, ..made[5] };
    let done = [made[0], made[1], made[4], unknown, other_place];
    for _ in 0..2 {
        world.work.done(&done).await.unwrap();
    }
    world.work.done(&[]).await.unwrap();
    let left: HashSet<WorkId> = ids(&claim(world, 100, 99).await).into_iter().collect();
    assert_eq!(left, HashSet::from([made[2], made[3], made[5]]));
}

/// What is given up is claimed no more, however late it gets, and is counted apart.
pub async fn given_up_work_stays_and_is_seen(world: &World) {
    let ana = world.user("ana").await;
    let channel = world.channel(&[ana]).await;
    let hopeless = work(world, channel, 1, 0, b"").await;
    work(world, channel, 1, 700, b"").await;
    work(world, channel, 1, 500, b"").await;
    let depth = WorkDepth {
        waiting: 3,
        oldest_due: Some(later(0)),
        given_up: 0,
    };
    assert_eq!(world.work.depth().await.unwrap(), depth);
    let taken = claim(world, 0, 9).await;
    assert_eq!(ids(&taken), [hopeless]);
    assert!(world.work.retry_at(&taken[0], FOR_GOOD).await.unwrap());
    let depth = WorkDepth {
        waiting: 2,
        oldest_due: Some(later(500)),
        given_up: 1,
    };
    assert_eq!(world.work.depth().await.unwrap(), depth);
    let much_later = claim(world, 1_000_000_000_000, 9).await;
    assert_eq!(much_later.len(), 2);
    assert!(!ids(&much_later).contains(&hopeless));
}

/// Work of kinds that a claimer does not name is not touched, and holds up none that it does.
pub async fn unknown_kinds_are_left_alone(world: &World) {
    let ana = world.user("ana").await;
    let channel = world.channel(&[ana]).await;
    let later_version = work(world, channel, 255, 0, b"").await;
    let known = work(world, channel, 2, 1, b"").await;
    assert_eq!(ids(&claim(world, 5, 1).await), [known]);
    assert_eq!(world.work.claim(at(5, 9, &[])).await.unwrap(), []);
    let taken = world.work.claim(at(5, 9, &[2, 255])).await.unwrap();
    assert_eq!(ids(&taken), [later_version]);
    assert_eq!(taken[0].attempts, 1);
}
