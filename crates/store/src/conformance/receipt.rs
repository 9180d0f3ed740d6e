//! Receipts.

use super::{Deed, World};
use crate::ReceiptCounts;
use klatch_types::{ChannelId, Seq, UserId};
use uuid::Uuid;

async fn counts(world: &World, channel: ChannelId, seq: u64, author: UserId) -> (u64, u64, u64) {
    let ReceiptCounts {
        members,
        received,
        read,
    } = world
        .directory
        .receipt_counts(channel, Seq(seq), author)
        .await
        .unwrap();
    (members, received, read)
}

/// A message is received and read by those whose cursors are at or above it; its author is not counted.
pub async fn receipts_are_counted_by_cursors(world: &World) {
    let (author, a) = world.pair().await;
    let b = world.user("b").await;
    let channel = world.channel(&[author, a, b]).await;
    let first = world.post(channel, author, "first").await.0;
    let second = world.post(channel, author, "second").await.0;
    assert_eq!(counts(world, channel, first, author).await, (2, 0, 0));
    world.move_cursor(channel, a, None, Some(second)).await.unwrap();
    assert_eq!(counts(world, channel, first, author).await, (2, 1, 0));
    world.move_cursor(channel, b, Some(first), None).await.unwrap();
    assert_eq!(counts(world, channel, first, author).await, (2, 2, 1));
    assert_eq!(counts(world, channel, second, author).await, (2, 1, 0));
    world.write(channel, a, Deed::Leave { user: a }).await;
    assert_eq!(counts(world, channel, first, author).await, (1, 1, 1));
    let nowhere = ChannelId(Uuid::from_u128(7));
    assert_eq!(counts(world, nowhere, first, author).await, (0, 0, 0));
}

/// Those who came later and do not see a message are not waited for.
pub async fn receipts_count_those_who_can_see(world: &World) {
    let (author, late) = world.pair().await;
    let early = world.user("early").await;
    let channel = world.channel(&[author]).await;
    let before = world.post(channel, author, "before").await.0;
    world.join(channel, late, false).await;
    world.join(channel, early, true).await;
    assert_eq!(counts(world, channel, before, author).await.0, 1);
    let after = world.post(channel, author, "after").await.0;
    assert_eq!(counts(world, channel, after, author).await.0, 2);
}

/// Who hides what they read is counted as one who received and not as one who read, until they show it again.
pub async fn hidden_reading_is_not_counted(world: &World) {
    let (author, shy) = world.pair().await;
    let channel = world.channel(&[author, shy]).await;
    let seq = world.post(channel, author, "well?").await.0;
    world.move_cursor(channel, shy, Some(seq), None).await.unwrap();
    let hidden = async || world.directory.receipts_hidden(&[author, shy]).await.unwrap();
    assert_eq!(hidden().await, []);
    for _ in 0..2 {
        world.directory.receipts_hide(shy, true).await.unwrap();
        assert_eq!(hidden().await, [shy]);
    }
    assert_eq!(counts(world, channel, seq, author).await, (1, 1, 0));
    for _ in 0..2 {
        world.directory.receipts_hide(shy, false).await.unwrap();
        assert_eq!(hidden().await, []);
    }
    assert_eq!(counts(world, channel, seq, author).await, (1, 1, 1));
    assert_eq!(world.directory.receipts_hidden(&[]).await.unwrap(), []);
}
