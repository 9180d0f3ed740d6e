//! Messages, and what is read of them.

use crate::world::World;
use klatch_channel::{Actor, ChannelError, HistoryPage, Turn};
use klatch_log::LogError;
use klatch_types::{Clock, Millis, Policy, Profile, Seq};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_message_is_posted_edited_reacted_to_and_deleted() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let channel = world.group(&ana, &[&rui]).await;
    let seq = world.send(&ana, channel, "hello @rui").await.unwrap();
    assert_eq!(seq, Seq(2));
    world
        .channels
        .edit(&ana, channel, seq, "hello there".into(), None)
        .await
        .unwrap();
    world
        .channels
        .react(&rui, channel, seq, "👍".into(), None)
        .await
        .unwrap();
    let again = world
        .channels
        .react(&rui, channel, seq, "👍".into(), None)
        .await
        .unwrap();
    assert!(again.duplicate);
    let message = world.channels.message(&rui, channel, seq).await.unwrap();
    assert_eq!(
        (message.text.as_str(), message.mentions.clone()),
        ("hello there", vec![rui.user])
    );
    assert_eq!(message.reactions[0].users, [rui.user]);

    assert!(matches!(
        world.channels.edit(&rui, channel, seq, "mine".into(), None).await,
        Err(ChannelError::Forbidden(_))
    ));
    world.channels.delete(&ana, channel, seq, None).await.unwrap();
    let message = world.channels.message(&rui, channel, seq).await.unwrap();
    assert!(message.deleted && message.text.is_empty() && message.reactions.is_empty());
    let refused = world.channels.edit(&ana, channel, seq, "back".into(), None).await;
    assert!(matches!(refused, Err(ChannelError::Gone(_))));
    let raw = world
        .channels
        .events(&rui, channel, Seq::ZERO, 100, None)
        .await
        .unwrap();
    let text = serde_json::to_string(&raw.events).unwrap();
    assert!(
        !text.contains("hello"),
        "erased content is nowhere in the log: {text}"
    );
    assert_eq!(raw.events.len(), 5);
}

/// S4.1: unread marks.
#[tokio::test]
async fn unread_and_mentions_are_arithmetic_and_ones_own_messages_are_read() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let channel = world.group(&ana, &[&rui]).await;
    world.send(&ana, channel, "one").await.unwrap();
    world.send(&ana, channel, "two @rui").await.unwrap();
    let third = world.send(&ana, channel, "three @all").await.unwrap();
    let line = |actor: Actor| {
        let channels = Arc::clone(&world.channels);
        async move { channels.list(&actor, 10).await.unwrap().channels.remove(0) }
    };
    let seen = line(rui).await;
    assert_eq!((seen.unread, seen.mentions, seen.head), (3, 2, Seq(4)));
    assert_eq!(seen.preview.unwrap().text, "three @all");
    assert_eq!(line(ana).await.unread, 0);
    let cursor = world
        .channels
        .move_cursor(&rui, channel, Some(Seq(3)), None)
        .await
        .unwrap();
    assert_eq!((cursor.unread, cursor.mentions), (1, 1));
    let cursor = world
        .channels
        .move_cursor(&rui, channel, Some(third), None)
        .await
        .unwrap();
    assert_eq!((cursor.unread, cursor.mentions), (0, 0));
    let back = world
        .channels
        .move_cursor(&rui, channel, Some(Seq(1)), None)
        .await
        .unwrap();
    assert_eq!(back.read, third);
}

#[tokio::test]
async fn a_retry_is_answered_with_the_first_ack_even_after_the_right_is_lost() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let channel = world.group(&ana, &[&rui]).await;
    let key = world.key();
    let send = |text: &str| {
        world
            .channels
            .send(&rui, channel, key, text.into(), None, Turn::alone())
    };
    let first = send("hi @ana").await.unwrap();
    let again = send("hi @ana").await.unwrap();
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    assert!(matches!(
        send("other").await,
        Err(ChannelError::Log(LogError::Conflict))
    ));
    world
        .channels
        .remove_member(&ana, channel, rui.user, None, None)
        .await
        .unwrap();
    assert_eq!(send("hi @ana").await.unwrap().seq, first.seq);
    assert!(matches!(
        world.send(&rui, channel, "new").await,
        Err(ChannelError::NotFound)
    ));
}

/// S0.2: a channel's messages, page by page.
#[tokio::test]
async fn history_pages_both_ways() {
    let world = World::new(Policy::of(Profile::App)).await;
    let ana = world.user("ana").await;
    let channel = world.group(&ana, &[]).await;
    for n in 0..25 {
        let seq = world.send(&ana, channel, &format!("m{n}")).await.unwrap();
        world
            .channels
            .react(&ana, channel, seq, "👍".into(), None)
            .await
            .unwrap();
    }
    let (mut before, mut down) = (None, Vec::new());
    loop {
        let page = world
            .channels
            .history(&ana, channel, HistoryPage::Before(before), 10)
            .await
            .unwrap();
        before = page.messages.last().map(|message| message.seq);
        down.extend(page.messages.into_iter().map(|message| message.text));
        if !page.more {
            break;
        }
    }
    let mut up = world.texts(&ana, channel).await;
    up.reverse();
    assert_eq!(down, up);
    assert_eq!(down.len(), 25);
}

/// Whatever the time, one jumps to the first message from then on.
#[tokio::test]
async fn history_from_a_time_on() {
    let world = World::new(Policy::of(Profile::App)).await;
    let ana = world.user("ana").await;
    let channel = world.group(&ana, &[]).await;
    let begin = world.clock.now();
    for n in 0..20 {
        world.clock.advance(Duration::from_secs(60));
        let seq = world.send(&ana, channel, &format!("m{n}")).await.unwrap();
        if n % 3 == 0 {
            world
                .channels
                .react(&ana, channel, seq, "👍".into(), None)
                .await
                .unwrap();
        }
    }
    let since = async |at: Millis| {
        let page = HistoryPage::Since(at);
        let page = world.channels.history(&ana, channel, page, 50).await.unwrap();
        page.messages
            .into_iter()
            .map(|message| message.text)
            .collect::<Vec<_>>()
    };
    let from = |first: u64| (first..20).map(|n| format!("m{n}")).collect::<Vec<_>>();
    for n in 0..20 {
        let at = begin.plus(Duration::from_secs(60 * (n + 1)));
        assert_eq!(since(at).await, from(n), "at the time of message {n}");
        assert_eq!(since(Millis(at.0 + 1)).await, from(n + 1), "a little later");
    }
    assert_eq!(since(Millis(i64::MIN)).await, from(0));
    assert_eq!(since(Millis(i64::MAX)).await, from(20));
}
