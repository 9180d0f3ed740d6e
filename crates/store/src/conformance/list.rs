//! Channel lists.

use super::world::{NOW, later};
use super::{Deed, EDIT, World};
use crate::{ChannelListRow, PeerRow};
use klatch_engine::row::UserRow;
use klatch_types::{ChannelId, Millis, Seq, UserId};

async fn list(world: &World, user: UserId) -> Vec<ChannelListRow> {
    let lines = world.directory.channel_list(user, EDIT, 100).await.unwrap();
    for line in &lines {
        let one = world
            .directory
            .channel_line(user, line.row.id, EDIT)
            .await
            .unwrap();
        assert_eq!(one.as_ref(), Some(line), "a line alone is the line of the list");
    }
    lines
}

async fn ids(world: &World, user: UserId) -> Vec<ChannelId> {
    list(world, user)
        .await
        .into_iter()
        .map(|line| line.row.id)
        .collect()
}

async fn post_at(world: &World, channel: ChannelId, actor: UserId, at: Millis) {
    let post = Deed::Post {
        text: "x".into(),
        mentions: Vec::new(),
        everyone: false,
    };
    world.writer.write(channel, actor, at, post).await;
}

/// The channel of the last message comes first; what is no message moves nothing; ties are by id.
pub async fn lists_come_last_activity_first(world: &World) {
    let (a, b) = world.pair().await;
    let mut channels = Vec::new();
    for _ in 0..4 {
        channels.push(world.channel_at(&[a, b], NOW).await);
    }
    channels.sort_unstable();
    world.channel(&[b]).await;
    assert_eq!(ids(world, a).await, channels);

    post_at(world, channels[2], b, later(20)).await;
    post_at(world, channels[1], b, later(10)).await;
    let edit = Deed::Edit {
        target: Seq(2),
        text: "y".into(),
    };
    world.writer.write(channels[1], b, later(30), edit).await;
    let sorted = [channels[2], channels[1], channels[0], channels[3]];
    assert_eq!(ids(world, a).await, sorted);
    let page = world.directory.channel_list(a, EDIT, 3).await.unwrap();
    let page: Vec<ChannelId> = page.into_iter().map(|line| line.row.id).collect();
    assert_eq!(page, sorted[..3]);

    world.write(channels[2], a, Deed::Leave { user: a }).await;
    assert_eq!(ids(world, a).await, sorted[1..]);
    let line = world
        .directory
        .channel_line(a, channels[2], EDIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        line.member, None,
        "a line is there for those who are no members, too"
    );
}

/// Unread and mentions are differences of counts in the row, and each member has their own.
pub async fn lists_count_what_is_unread(world: &World) {
    let (a, b) = world.pair().await;
    let channel = world.channel(&[a, b]).await;
    let counts = async |user| {
        let line = list(world, user).await.remove(0);
        let member = line.member.unwrap();
        let mentions = member.mentions.since(member.read_mentions);
        let broadcasts = line.row.broadcasts.since(member.read_broadcasts);
        (line.row.ordinal.since(member.read_ordinal), mentions + broadcasts)
    };
    assert_eq!(counts(a).await, (0, 0));
    world.mention(channel, b, "1", &[a], false).await;
    world.mention(channel, b, "2", &[], true).await;
    let third = world.post(channel, b, "3").await;
    world.write(channel, b, Deed::React { target: third }).await;
    assert_eq!(counts(a).await, (3, 2));
    assert_eq!(counts(b).await, (0, 0), "one's own messages are read");
    world.move_cursor(channel, a, Some(2), None).await.unwrap();
    assert_eq!(counts(a).await, (2, 1));
    world.move_cursor(channel, a, Some(3), None).await.unwrap();
    assert_eq!(counts(a).await, (1, 0));
}

/// A direct channel shows the other one to each of its two.
pub async fn direct_channels_show_the_other(world: &World) {
    let rui = UserRow {
        name: "Rui".into(),
        ..world.user_row("rui")
    };
    world.directory.user_add(rui.clone()).await.unwrap();
    let ana = world.user("ana").await;
    let channel = world.direct_channel((ana.min(rui.id), ana.max(rui.id))).await;
    let at = |id, username: &str, name: &str, read, received| PeerRow {
        id,
        username: username.into(),
        name: name.into(),
        read: Seq(read),
        received: Seq(received),
        hides_reading: false,
    };
    let peer = list(world, ana).await.remove(0).peer;
    assert_eq!(peer, Some(at(rui.id, "rui", "Rui", 1, 1)));
    world.post(channel, ana, "one").await;
    world.post(channel, ana, "two").await;
    world
        .move_cursor(channel, rui.id, Some(2), Some(3))
        .await
        .unwrap();
    let peer = list(world, ana).await.remove(0).peer;
    assert_eq!(peer, Some(at(rui.id, "rui", "Rui", 2, 3)));
    world.directory.receipts_hide(rui.id, true).await.unwrap();
    let peer = list(world, ana).await.remove(0).peer;
    let hides_reading = true;
    assert_eq!(
        peer,
        Some(PeerRow {
            hides_reading,
            ..at(rui.id, "rui", "Rui", 2, 3)
        })
    );
    let peer = list(world, rui.id).await.remove(0).peer;
    assert_eq!(peer, Some(at(ana, "ana", "Name of ana", 3, 3)));
    let eva = world.user("eva").await;
    let line = world
        .directory
        .channel_line(eva, channel, EDIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(line.peer, None, "to a third there is no other");
    let group = world.channel(&[eva]).await;
    let line = world
        .directory
        .channel_line(eva, group, EDIT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(line.peer, None);
}

/// The preview is the last message, in its newest text, or the trace of its deletion.
pub async fn previews_are_the_last_message_as_it_is_now(world: &World) {
    let (a, b) = world.pair().await;
    let channel = world.channel(&[a, b]).await;
    let preview = async || list(world, a).await.remove(0).preview;
    assert_eq!(preview().await, None);

    world.post(channel, b, "first").await;
    let last = world.post(channel, b, "second").await;
    let shown = preview().await.unwrap();
    assert_eq!(
        (shown.seq, shown.at, shown.actor, shown.tombstone),
        (last, NOW, b, false)
    );
    assert_eq!(shown.payload, b"second");

    let edit = async |target, text: &str| {
        let seq = world
            .write(
                channel,
                b,
                Deed::Edit {
                    target,
                    text: text.into(),
                },
            )
            .await;
        world.write(channel, a, Deed::React { target }).await;
        seq
    };
    edit(last.prev(), "an earlier one").await;
    assert_eq!(preview().await.unwrap().payload, b"second");
    edit(last, "second, again").await;
    edit(last, "second, at last").await;
    let shown = preview().await.unwrap();
    assert_eq!(
        (shown.seq, shown.payload.as_slice()),
        (last, b"second, at last".as_slice())
    );

    let erased = world.post(channel, b, "erased").await;
    edit(erased, "erased, edited").await;
    world.writer.tombstone(channel, erased).await;
    let shown = preview().await.unwrap();
    assert_eq!(
        (shown.seq, shown.tombstone, shown.payload.len()),
        (erased, true, 0),
        "nor its edits"
    );

    let deleted = world.post(channel, b, "third").await;
    edit(deleted, "third, edited").await;
    world.write(channel, b, Deed::Delete { target: deleted }).await;
    let shown = preview().await.unwrap();
    assert_eq!(
        (shown.seq, shown.tombstone, shown.payload.len()),
        (deleted, true, 0)
    );
}

/// Open channels of the space come by name, with the membership if there is one; closed and private ones do not.
pub async fn open_channels_come_by_name(world: &World) {
    let (a, b) = world.pair().await;
    let elsewhere = world.other_space().await;
    let zoo = world.open_channel(world.space, "zoo", a).await;
    let art = world.open_channel(world.space, "art", b).await;
    let closed = world.open_channel(world.space, "closed", a).await;
    world.write(closed, a, Deed::Archive).await;
    let same_name = world.open_channel(world.space, "art", b).await;
    world.open_channel(elsewhere, "there", a).await;
    world.channel(&[a]).await;
    world.post(zoo, a, "x").await;

    let lines = world.directory.channels_open(world.space, a, 10).await.unwrap();
    let ids: Vec<ChannelId> = lines.iter().map(|line| line.row.id).collect();
    assert_eq!(ids, [art.min(same_name), art.max(same_name), zoo]);
    let mine: Vec<bool> = lines.iter().map(|line| line.member.is_some()).collect();
    assert_eq!(mine, [false, false, true]);
    assert_eq!(lines[2].member.as_ref().map(|member| member.user), Some(a));
    assert!(
        lines
            .iter()
            .all(|line| line.preview.is_none() && line.peer.is_none())
    );
    let page = world.directory.channels_open(world.space, a, 2).await.unwrap();
    assert_eq!(page, lines[..2]);
}
