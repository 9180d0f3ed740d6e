//! Late work, in the transaction of the event it follows from.

use super::World;
use super::world::put;
use crate::{Append, Change, Expect, LogError, NewWork};
use klatch_engine::row::{WorkId, WorkRow};
use klatch_types::{ChannelId, Millis, Seq};

fn work(kind: u8, due_at: i64, payload: &[u8]) -> NewWork {
    NewWork {
        kind,
        due_at: Millis(due_at),
        payload: payload.to_vec(),
    }
}

fn row(channel: ChannelId, seq: Seq, place: u8, new: &NewWork) -> WorkRow {
    WorkRow {
        id: WorkId { channel, seq, place },
        kind: new.kind,
        attempts: 0,
        due_at: new.due_at,
        payload: new.payload.clone(),
    }
}

/// Work is there once its event is, as often as the event wanted it, whatever else the event changed and whichever
/// appends were queued beside it; and not once more for a retry.
pub async fn work_appears_with_its_event(world: &World) {
    let (ana, bob) = (world.user(), world.user());
    let (one, two) = (world.channel(&[ana]).await, world.channel(&[ana]).await);
    let several = [work(1, 5, b"first"), work(1, 5, b"first"), work(255, -7, b"")];
    let joins = Append {
        work: several.to_vec(),
        ..world.other(one, ana, vec![put(bob)])
    };
    let plain = Append {
        work: vec![work(2, 6, &[0, 255])],
        ..world.message(two, ana, "with work")
    };
    let none = world.message(one, ana, "without");
    let (joined, said, nothing) = tokio::join!(
        world.append(joins),
        world.append(plain.clone()),
        world.append(none)
    );
    let expected: Vec<WorkRow> = (0..)
        .zip(&several)
        .map(|(place, new)| row(one, joined.seq, place, new))
        .collect();
    assert_eq!(world.rows.work(one).await, expected);
    assert_ne!(joined.seq, nothing.seq);
    let expected = vec![row(two, said.seq, 0, &plain.work[0])];
    assert_eq!(world.rows.work(two).await, expected);

    let again = world.append(plain.clone()).await;
    assert!(again.duplicate);
    let other_work = Append {
        work: vec![work(3, 9, b"other")],
        ..plain
    };
    assert!(
        world.append(other_work).await.duplicate,
        "work is no part of what a key stands for"
    );
    assert_eq!(world.rows.work(two).await, expected, "a retry adds none");

    let first = world.channel_id();
    let made = Append {
        work: vec![work(4, 1, b"made")],
        ..world.creation(first, &[ana], None)
    };
    world.append(made).await;
    assert_eq!(
        world.rows.work(first).await,
        [row(first, Seq(1), 0, &work(4, 1, b"made"))]
    );
}

/// What is refused leaves no work, even if it shares a commit with what is not.
pub async fn work_of_refused_appends_is_none(world: &World) {
    let (ana, bob) = (world.user(), world.user());
    let channel = world.channel(&[ana]).await;
    let deleted = world.append(world.message(channel, ana, "gone")).await.seq;
    let erase = Change::Erase {
        target: deleted,
        edit_kind: super::world::EDIT,
    };
    world.append(world.other(channel, ana, vec![erase])).await;
    world.append(world.other(channel, ana, vec![put(bob)])).await;
    let said = world.message(channel, ana, "said");
    world.append(said.clone()).await;
    let with_work = |append| Append {
        work: vec![work(1, 1, b"never")],
        ..append
    };
    let stale = with_work(Append {
        expect: Expect::AccessAt(Seq(1)),
        ..world.message(channel, ana, "stale")
    });
    let gone = with_work(world.edit(channel, ana, deleted, "late"));
    let conflict = with_work(Append {
        digest: said.digest + 1,
        ..said
    });
    let exists = with_work(world.creation(channel, &[bob], None));
    let nowhere = with_work(world.message(world.channel_id(), ana, "nowhere"));
    let good = Append {
        work: vec![work(2, 2, b"wanted")],
        ..world.message(channel, ana, "good")
    };
    let (stale, gone, conflict, exists, nowhere, good) = tokio::join!(
        world.try_append(stale),
        world.try_append(gone),
        world.try_append(conflict),
        world.try_append(exists),
        world.try_append(nowhere),
        world.append(good)
    );
    assert!(matches!(stale, Err(LogError::Stale { .. })), "{stale:?}");
    assert!(matches!(gone, Err(LogError::Gone)), "{gone:?}");
    assert!(matches!(conflict, Err(LogError::Conflict)), "{conflict:?}");
    assert!(matches!(exists, Err(LogError::Exists(_))), "{exists:?}");
    assert!(matches!(nowhere, Err(LogError::NotFound)), "{nowhere:?}");
    let wanted = row(channel, good.seq, 0, &work(2, 2, b"wanted"));
    assert_eq!(world.rows.work(channel).await, [wanted]);
}
