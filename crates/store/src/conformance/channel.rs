//! Channels and members.

use super::world::{NOW, later};
use super::{Deed, World};
use klatch_engine::row::{BanRow, FOR_GOOD, UserRow};
use klatch_types::{ChannelId, ChannelKind, Role, Seq, UserId, Visibility};
use uuid::Uuid;

/// A snapshot is the channel with everyone in it and everyone kept out of it.
pub async fn snapshots_hold_members_and_bans(world: &World) {
    let (a, b) = world.pair().await;
    let eva = world.user("eva").await;
    let channel = world.channel(&[a, b]).await;
    let ban = BanRow {
        user: eva,
        by: a,
        at: later(1),
        until: FOR_GOOD,
        reason: Some("spam".into()),
    };
    world.write(channel, a, Deed::Ban(ban.clone())).await;
    let seq = world.post(channel, b, "x").await;
    world.channel(&[eva]).await;

    let snapshot = world.directory.channel_snapshot(channel).await.unwrap().unwrap();
    assert_eq!(
        Some(&snapshot.row),
        world.directory.channel(channel).await.unwrap().as_ref()
    );
    assert_eq!((snapshot.row.id, snapshot.row.space), (channel, world.space));
    assert_eq!(
        (snapshot.row.kind, snapshot.row.visibility),
        (ChannelKind::Group, Visibility::Private)
    );
    assert_eq!(
        (snapshot.row.head, snapshot.row.last_message, snapshot.row.members),
        (seq, Some(seq), 2)
    );
    let members: Vec<UserId> = snapshot.members.iter().map(|member| member.user).collect();
    assert_eq!(members, [a, b]);
    assert!(snapshot.members.iter().all(|member| member.role == Role::Member));
    assert_eq!(snapshot.bans, [ban]);

    world.write(channel, b, Deed::Leave { user: b }).await;
    let snapshot = world.directory.channel_snapshot(channel).await.unwrap().unwrap();
    assert_eq!((snapshot.members.len(), snapshot.row.members), (1, 1));
}

/// The direct channel of two users is theirs alone.
pub async fn direct_channels_are_found_by_pair(world: &World) {
    let (low, high) = world.pair().await;
    let of_pair = async |low, high| {
        world
            .directory
            .channel_of_pair(world.space, low, high)
            .await
            .unwrap()
    };
    assert_eq!(of_pair(low, high).await, None);
    let channel = world.direct_channel((low, high)).await;
    world.channel(&[low, high]).await;
    assert_eq!(of_pair(low, high).await, Some(channel));
    assert_eq!(of_pair(high, low).await, None, "the smaller id comes first");
    let elsewhere = world.other_space().await;
    assert_eq!(
        world
            .directory
            .channel_of_pair(elsewhere, low, high)
            .await
            .unwrap(),
        None
    );
    let row = world.directory.channel(channel).await.unwrap().unwrap();
    assert_eq!(
        (row.kind, row.pair, row.name),
        (ChannelKind::Direct, Some((low, high)), None)
    );
}

/// Members come with their users, by user id, a page at a time.
pub async fn members_come_in_pages(world: &World) {
    let mut users = Vec::new();
    for number in 0..5 {
        users.push(world.user(&format!("u{number}")).await);
    }
    let channel = world.channel(&users).await;
    world.channel(&[world.user("elsewhere").await]).await;
    users.sort_unstable();
    let mut seen = Vec::new();
    loop {
        let page = world
            .directory
            .members(channel, seen.last().copied(), 2)
            .await
            .unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        for (member, user) in page {
            assert_eq!(member.user, user.id);
            assert_eq!(Some(&user), world.directory.user(user.id).await.unwrap().as_ref());
            seen.push(member.user);
        }
    }
    assert_eq!(seen, users);
}

/// A connection learns of its user's channels only, and where the user stands in each.
pub async fn memberships_tell_where_one_stands(world: &World) {
    let (a, b) = world.pair().await;
    let both = world.channel(&[a, b]).await;
    let only_b = world.channel(&[b]).await;
    for _ in 0..3 {
        world.post(both, b, "x").await;
    }
    let read = world.move_cursor(both, a, Some(2), None).await.unwrap().read;
    let mine = world.directory.memberships(a).await.unwrap();
    assert_eq!(mine.len(), 1);
    let standing = &mine[0];
    assert_eq!(
        (standing.channel, standing.head, standing.read),
        (both, Seq(4), read)
    );
    assert_eq!((standing.unread, standing.visible_after), (2, Seq::ZERO));

    let joined = world.join(only_b, a, false).await;
    let mine = world.directory.memberships(a).await.unwrap();
    let new = mine.iter().find(|standing| standing.channel == only_b).unwrap();
    assert_eq!(
        (new.head, new.read, new.unread, new.visible_after),
        (joined, joined, 0, joined.prev())
    );
    world.write(both, a, Deed::Leave { user: a }).await;
    assert_eq!(world.directory.memberships(a).await.unwrap().len(), 1);
    assert_eq!(world.directory.memberships(b).await.unwrap().len(), 2);
}

/// Operators see all channels of a space, the oldest first.
pub async fn channels_of_a_space_come_oldest_first(world: &World) {
    let ana = world.user("ana").await;
    let elsewhere = world.other_space().await;
    let mut channels = Vec::new();
    for at in [5, 1, 3] {
        channels.push((at, world.channel_at(&[ana], later(at)).await));
    }
    world.open_channel(elsewhere, "there", ana).await;
    channels.sort_unstable();
    let ids = async |limit| -> Vec<ChannelId> {
        let rows = world.directory.channels_of(world.space, limit).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    let expected: Vec<ChannelId> = channels.into_iter().map(|(_, channel)| channel).collect();
    assert_eq!(ids(10).await, expected);
    assert_eq!(ids(2).await, expected[..2]);
    assert_eq!(world.directory.channels_of(elsewhere, 10).await.unwrap().len(), 1);
}

/// The heads of a space's channels follow their events, and say nothing of other spaces.
pub async fn heads_of_a_space_follow_its_channels(world: &World) {
    let ana = world.user("ana").await;
    let elsewhere = world.other_space().await;
    world.open_channel(elsewhere, "there", ana).await;
    let heads = async |limit| {
        let mut heads = world.directory.channel_heads(world.space, limit).await.unwrap();
        heads.sort_unstable();
        heads
    };
    assert!(heads(10).await.is_empty());
    let first = world.channel_at(&[ana], later(1)).await;
    let second = world.channel_at(&[ana], later(2)).await;
    let found = heads(10).await;
    let of = |id| found.iter().find(|head| head.id == id).unwrap();
    assert_eq!(found.len(), 2);
    for id in [first, second] {
        let row = world.directory.channel(id).await.unwrap().unwrap();
        assert_eq!((of(id).kind, of(id).head), (row.kind, row.head));
        assert!(row.head.0 > 0);
    }
    assert_eq!(heads(1).await.len(), 1);
}

/// What does not exist is not there, in every reading.
pub async fn unknown_channels_are_empty(world: &World) {
    let directory = &world.directory;
    let nowhere = ChannelId(Uuid::from_u128(7));
    let alone = UserRow {
        created_at: NOW,
        ..world.user_row("alone")
    };
    directory.user_add(alone.clone()).await.unwrap();
    assert_eq!(directory.channel(nowhere).await.unwrap(), None);
    assert_eq!(directory.channel_snapshot(nowhere).await.unwrap(), None);
    assert_eq!(
        directory
            .channel_line(alone.id, nowhere, super::EDIT)
            .await
            .unwrap(),
        None
    );
    assert_eq!(directory.members(nowhere, None, 10).await.unwrap(), []);
    assert_eq!(directory.invites_of(nowhere, NOW).await.unwrap(), []);
    assert_eq!(directory.memberships(alone.id).await.unwrap(), []);
    assert_eq!(
        directory.channel_list(alone.id, super::EDIT, 10).await.unwrap(),
        []
    );
    assert_eq!(
        directory.channels_open(world.space, alone.id, 10).await.unwrap(),
        []
    );
}
