//! Tombstones (contract, delivery 5).

use super::world::{EDIT, World};
use crate::{Append, Change, EventRow, LogError};
use klatch_types::{ChannelId, Seq};

async fn event(world: &World, channel: ChannelId, seq: Seq) -> EventRow {
    world
        .log
        .get(channel, seq)
        .await
        .expect("readable")
        .expect("there")
}

/// Deleting empties the message and its edits, and nothing else.
pub async fn deleting_erases_message_and_edits(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let sent = world.append(world.message(channel, ana, "secret")).await;
    let kept = world.append(world.message(channel, ana, "kept")).await;
    let edit = world
        .append(world.edit(channel, ana, sent.seq, "secret again"))
        .await;
    let reaction = Append {
        target: Some(sent.seq),
        ..world.other(channel, ana, vec![])
    };
    let reaction = world.append(reaction).await;
    let other_edit = world.append(world.edit(channel, ana, kept.seq, "kept too")).await;
    let before = event(world, channel, sent.seq).await;
    let erase = Change::Erase {
        target: sent.seq,
        edit_kind: EDIT,
    };
    world
        .append(Append {
            target: Some(sent.seq),
            ..world.other(channel, ana, vec![erase])
        })
        .await;

    let erased = event(world, channel, sent.seq).await;
    assert_eq!(
        erased,
        EventRow {
            tombstone: true,
            payload: vec![],
            ..before
        }
    );
    assert!(event(world, channel, edit.seq).await.tombstone);
    assert!(event(world, channel, edit.seq).await.payload.is_empty());
    for untouched in [kept.seq, reaction.seq, other_edit.seq] {
        assert!(!event(world, channel, untouched).await.tombstone, "{untouched}");
    }
    assert_eq!(
        world.all(channel).await.len(),
        7,
        "erased events keep their places"
    );
}

/// What was erased can be neither edited nor deleted again.
pub async fn erased_targets_take_nothing_more(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let sent = world.append(world.message(channel, ana, "secret")).await;
    let erase = || {
        let change = Change::Erase {
            target: sent.seq,
            edit_kind: EDIT,
        };
        Append {
            target: Some(sent.seq),
            ..world.other(channel, ana, vec![change])
        }
    };
    world.append(erase()).await;
    let late = world.edit(channel, ana, sent.seq, "leaks back");
    assert!(matches!(world.try_append(late).await, Err(LogError::Gone)));
    assert!(matches!(world.try_append(erase()).await, Err(LogError::Gone)));
    assert_eq!(
        world.append(world.message(channel, ana, "next")).await.seq,
        Seq(4)
    );
}

/// `tombstone` empties one event and says when there is none.
pub async fn retention_erases_one_event(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let sent = world.append(world.message(channel, ana, "old")).await;
    world.log.tombstone(channel, sent.seq).await.expect("erased");
    world
        .log
        .tombstone(channel, sent.seq)
        .await
        .expect("erasing twice is erasing once");
    let erased = event(world, channel, sent.seq).await;
    assert!(erased.tombstone && erased.payload.is_empty() && erased.key.is_some());
    assert!(!event(world, channel, Seq(1)).await.tombstone);
    assert!(matches!(
        world.log.tombstone(channel, Seq(9)).await,
        Err(LogError::NotFound)
    ));
    assert!(matches!(
        world.log.tombstone(world.channel_id(), Seq(1)).await,
        Err(LogError::NotFound)
    ));
}
