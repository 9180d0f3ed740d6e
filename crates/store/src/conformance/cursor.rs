//! Cursors.

use super::{Deed, World};
use crate::{CursorRow, StoreError};
use klatch_types::{ChannelId, Ordinal, Seq, UserId};
use std::sync::Arc;
use uuid::Uuid;

/// A channel whose second member posted `messages` times, from position 2 on.
async fn posted(world: &World, messages: u64) -> (ChannelId, UserId, UserId) {
    let (reader, writer) = world.pair().await;
    let channel = world.channel(&[reader, writer]).await;
    for number in 0..messages {
        world.post(channel, writer, &number.to_string()).await;
    }
    (channel, reader, writer)
}

const NEITHER: [bool; 2] = [false, false];
const BOTH: [bool; 2] = [true, true];

/// A row, and which of the two cursors moved.
fn row(read: u64, received: u64, unread: u64, [read_moved, received_moved]: [bool; 2]) -> CursorRow {
    let (read, received) = (Seq(read), Seq(received));
    CursorRow {
        read,
        received,
        unread,
        mentions: 0,
        read_moved,
        received_moved,
    }
}

/// A cursor never goes back and never past what is there.
pub async fn cursors_go_forward_and_stop_at_the_head(world: &World) {
    let (channel, reader, _) = posted(world, 5).await;
    let to = async |read, received| world.move_cursor(channel, reader, read, received).await.unwrap();
    assert_eq!(to(None, None).await, row(1, 1, 5, NEITHER));
    assert_eq!(to(Some(3), None).await, row(3, 3, 3, BOTH));
    assert_eq!(to(Some(2), Some(1)).await, row(3, 3, 3, NEITHER), "not back");
    assert_eq!(to(Some(0), Some(0)).await, row(3, 3, 3, NEITHER));
    assert_eq!(
        to(None, Some(u64::MAX)).await,
        row(3, 6, 3, [false, true]),
        "not past the head"
    );
    assert_eq!(to(Some(u64::MAX), None).await, row(6, 6, 0, [true, false]));
    assert_eq!(to(Some(6), Some(6)).await, row(6, 6, 0, NEITHER));
    let member = world.member(channel, reader).await;
    assert_eq!(
        (member.read, member.received, member.read_ordinal),
        (Seq(6), Seq(6), Ordinal(5))
    );
}

/// Only members have cursors.
pub async fn cursors_are_for_members(world: &World) {
    let (channel, reader, _) = posted(world, 1).await;
    let stranger = world.user("stranger").await;
    let refused = world.move_cursor(channel, stranger, Some(1), None).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let nowhere = ChannelId(Uuid::from_u128(7));
    let refused = world.move_cursor(nowhere, reader, Some(1), None).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    world.write(channel, reader, Deed::Leave { user: reader }).await;
    let refused = world.move_cursor(channel, reader, Some(1), None).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
}

/// Who sends has read up to there; a cursor from another device does not take that back.
pub async fn own_messages_are_read(world: &World) {
    let (channel, reader, writer) = posted(world, 2).await;
    let own = world.post(channel, reader, "mine").await;
    world.post(channel, writer, "yours").await;
    assert_eq!(
        world.move_cursor(channel, reader, Some(2), None).await.unwrap(),
        row(own.0, own.0, 1, NEITHER)
    );
    assert_eq!(
        world.move_cursor(channel, writer, None, None).await.unwrap(),
        row(5, 5, 0, NEITHER)
    );
}

/// What is read was received.
pub async fn reading_is_receiving(world: &World) {
    let (channel, reader, _) = posted(world, 5).await;
    let to = async |read, received| world.move_cursor(channel, reader, read, received).await.unwrap();
    assert_eq!(to(None, Some(2)).await, row(1, 2, 5, [false, true]));
    assert_eq!(to(Some(4), Some(3)).await, row(4, 4, 2, BOTH));
    assert_eq!(to(Some(5), Some(6)).await, row(5, 6, 1, BOTH));
}

/// Events that are no messages count nothing; mentions by name and of everyone are counted up to the cursor.
pub async fn reading_counts_mentions(world: &World) {
    let (channel, reader, writer) = posted(world, 1).await; // 2
    world.mention(channel, writer, "you", &[reader], false).await; // 3
    world.mention(channel, writer, "all", &[], true).await; // 4
    world.write(channel, writer, Deed::React { target: Seq(4) }).await; // 5
    world
        .mention(channel, writer, "you and all", &[reader, writer], true)
        .await; // 6
    world
        .mention(channel, writer, "you again", &[reader], false)
        .await; // 7
    let counts = async |read| {
        let row = world
            .move_cursor(channel, reader, Some(read), None)
            .await
            .unwrap();
        (row.unread, row.mentions)
    };
    assert_eq!(counts(1).await, (5, 5));
    assert_eq!(counts(2).await, (4, 5));
    assert_eq!(counts(3).await, (3, 4));
    assert_eq!(counts(4).await, (2, 3));
    assert_eq!(counts(5).await, (2, 3));
    assert_eq!(counts(6).await, (1, 1));
    let member = world.member(channel, reader).await;
    assert_eq!(
        (member.mentions, member.read_mentions, member.read_broadcasts),
        (Ordinal(3), Ordinal(2), Ordinal(2))
    );
    assert_eq!(counts(7).await, (0, 0));
}

/// Whoever joins late, or again, starts with nothing unread, and counts on from there.
pub async fn those_who_come_later_have_nothing_unread(world: &World) {
    let (channel, reader, writer) = posted(world, 3).await;
    world.mention(channel, writer, "you", &[reader], true).await;
    world.write(channel, reader, Deed::Leave { user: reader }).await;
    world.mention(channel, writer, "not there", &[reader], true).await;
    let joined = world.join(channel, reader, true).await.0;
    let none = world.move_cursor(channel, reader, None, None).await.unwrap();
    assert_eq!(none, row(joined, joined, 0, NEITHER));
    let last = world.mention(channel, writer, "again", &[reader], false).await.0;
    let one = world
        .move_cursor(channel, reader, None, Some(last))
        .await
        .unwrap();
    assert_eq!((one.unread, one.mentions, one.read), (1, 1, Seq(joined)));
    let none = world
        .move_cursor(channel, reader, Some(last), None)
        .await
        .unwrap();
    assert_eq!((none.unread, none.mentions), (0, 0));
}

/// Of many moves at once none takes another back: each is answered with what it asked for or more, and the furthest
/// stays, with its counts.
pub async fn cursors_moved_at_once_end_at_the_furthest(world: &World) {
    let (channel, reader, _) = posted(world, 20).await;
    let start = Arc::new(tokio::sync::Barrier::new(20));
    let moves: Vec<_> = (2..=21)
        .map(|to| {
            let (directory, start) = (Arc::clone(&world.directory), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                let row = directory
                    .cursor_move(channel, reader, Some(Seq(to)), None)
                    .await
                    .unwrap();
                (to, row)
            })
        })
        .collect();
    for moved in moves {
        let (to, row) = moved.await.unwrap();
        assert!(row.read >= Seq(to), "{row:?} after a move to {to}");
        assert_eq!(row.unread, 21 - row.read.0);
    }
    let member = world.member(channel, reader).await;
    assert_eq!((member.read, member.read_ordinal), (Seq(21), Ordinal(20)));
}
