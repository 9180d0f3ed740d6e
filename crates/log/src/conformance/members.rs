//! Members, cursors, mentions and the other projected rows.

use super::world::{World, put};
use crate::{Append, Change};
use klatch_engine::row::{BanRow, FOR_GOOD, InviteRow};
use klatch_types::{ChannelId, Millis, Ordinal, Role, Rules, Seq, UserId, Visibility};

async fn change(world: &World, channel: ChannelId, actor: UserId, changes: Vec<Change>) -> Seq {
    world.append(world.other(channel, actor, changes)).await.seq
}

/// Members are counted; putting twice or removing none counts nothing; access changes are dated.
pub async fn members_are_counted(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let channel = world.channel(&[ana]).await;
    let row = async || world.rows.channel(channel).await;
    assert_eq!((row().await.members, row().await.access_seq), (1, Seq(1)));
    change(world, channel, ana, vec![put(rui)]).await;
    change(world, channel, ana, vec![put(rui)]).await;
    assert_eq!((row().await.members, row().await.access_seq), (2, Seq(3)));
    change(
        world,
        channel,
        ana,
        vec![Change::MemberRole {
            user: rui,
            role: Role::Moderator,
        }],
    )
    .await;
    assert_eq!(world.member(channel, rui).await.role, Role::Moderator);
    let remove = || vec![Change::MemberRemove { user: rui }];
    change(world, channel, ana, remove()).await;
    change(world, channel, ana, remove()).await;
    assert_eq!((row().await.members, row().await.access_seq), (1, Seq(6)));
    assert_eq!(world.rows.member(channel, rui).await, None);
    world.append(world.message(channel, ana, "m")).await;
    assert_eq!(
        (row().await.access_seq, row().await.head),
        (Seq(6), Seq(7)),
        "a message changes no rights"
    );
}

/// A sender has read and received up to their own message; others have not; strangers have no cursor.
pub async fn cursors_follow_own_messages(world: &World) {
    let (ana, rui, bot) = (world.user(), world.user(), world.user());
    let channel = world.channel(&[ana, rui]).await;
    let sends = [ana, rui, ana, bot].map(|user| world.message(channel, user, "m"));
    for send in sends {
        world.append(send).await;
    }
    let (of_ana, of_rui) = (world.member(channel, ana).await, world.member(channel, rui).await);
    assert_eq!(
        (of_ana.read, of_ana.received, of_ana.read_ordinal),
        (Seq(4), Seq(4), Ordinal(3))
    );
    assert_eq!(
        (of_rui.read, of_rui.received, of_rui.read_ordinal),
        (Seq(3), Seq(3), Ordinal(2))
    );
    assert_eq!(world.rows.member(channel, bot).await, None);
    let row = world.rows.channel(channel).await;
    assert_eq!((row.ordinal, row.last_message), (Ordinal(4), Some(Seq(5))));
    assert_eq!(row.ordinal.since(of_rui.read_ordinal), 2, "unread by arithmetic");
}

/// Mentions by name and of everyone are counted, and read by sending.
pub async fn mentions_add_up(world: &World) {
    let (ana, rui, stranger) = (world.user(), world.user(), world.user());
    let channel = world.channel(&[ana, rui]).await;
    let mention = |users: Vec<UserId>| Append {
        changes: vec![Change::Mention { users }],
        ..world.message(channel, ana, "hey")
    };
    world.append(mention(vec![rui, stranger, rui])).await;
    world
        .append(Append {
            changes: vec![Change::MentionAll],
            ..world.message(channel, ana, "all")
        })
        .await;
    world.append(mention(vec![ana, rui])).await;
    let (of_ana, of_rui) = (world.member(channel, ana).await, world.member(channel, rui).await);
    assert_eq!(
        (of_rui.mentions, of_rui.read_mentions, of_rui.read_broadcasts),
        (Ordinal(2), Ordinal(0), Ordinal(0))
    );
    assert_eq!(
        (of_ana.mentions, of_ana.read_mentions, of_ana.read_broadcasts),
        (Ordinal(1), Ordinal(1), Ordinal(1))
    );
    assert_eq!(world.rows.channel(channel).await.broadcasts, Ordinal(1));
    assert_eq!(
        world.rows.channel(channel).await.access_seq,
        Seq(1),
        "mentions change no rights"
    );

    // Rui answers and is mentioned again, as near together as can be.
    let (answer, again) = (world.message(channel, rui, "yes?"), mention(vec![rui]));
    let (answered, mentioned) = tokio::join!(world.try_append(answer), world.try_append(again));
    let (answered, mentioned) = (answered.expect("appended"), mentioned.expect("appended"));
    let of_rui = world.member(channel, rui).await;
    let unread = u64::from(mentioned.seq > answered.seq);
    assert_eq!(of_rui.mentions, Ordinal(3));
    assert_eq!(of_rui.mentions.since(of_rui.read_mentions), unread);
}

/// Who comes back starts at the return, with nothing unread.
pub async fn returning_members_start_afresh(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let channel = world.channel(&[ana, rui]).await;
    let mentions = || Append {
        changes: vec![Change::Mention { users: vec![rui] }],
        ..world.message(channel, ana, "r")
    };
    world.append(mentions()).await;
    world.append(mentions()).await;
    change(world, channel, ana, vec![Change::MemberRemove { user: rui }]).await;
    world
        .append(Append {
            changes: vec![Change::MentionAll],
            ..mentions()
        })
        .await;
    let back = Change::MemberPut {
        user: rui,
        role: Role::Guest,
        sees_history: false,
        invite: None,
    };
    let returned = change(world, channel, ana, vec![back]).await;
    let member = world.member(channel, rui).await;
    assert_eq!(
        (member.read, member.received, member.visible_after),
        (returned, returned, returned.prev())
    );
    assert_eq!(
        (member.role, member.read_ordinal, member.read_broadcasts),
        (Role::Guest, Ordinal(3), Ordinal(1))
    );
    assert_eq!(member.mentions, member.read_mentions);
    world.append(mentions()).await;
    let member = world.member(channel, rui).await;
    assert_eq!(member.mentions.since(member.read_mentions), 1);
    world.append(world.message(channel, rui, "here")).await;
    let member = world.member(channel, rui).await;
    assert_eq!(member.mentions.since(member.read_mentions), 0);
}

/// Each one who comes by an invitation counts one use; who is in already counts none.
pub async fn invites_count_their_uses(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let id = world.invite_id();
    let invite = InviteRow {
        id,
        channel,
        code: "come-in".into(),
        role: Role::Member,
        by: ana,
        created_at: Millis(0),
        expires_at: FOR_GOOD,
        uses_max: Some(9),
        uses: 0,
        revoked_at: None,
    };
    world.rows.add_invite(invite).await;
    let join = |user| Change::MemberPut {
        user,
        role: Role::Member,
        sees_history: true,
        invite: Some(id),
    };
    for user in [world.user(), world.user()] {
        change(world, channel, user, vec![join(user)]).await;
    }
    change(world, channel, ana, vec![join(ana)]).await;
    assert_eq!(world.rows.invite_uses(id).await, 2);
    assert_eq!(world.rows.channel(channel).await.members, 3);
}

/// Bans and mutes are put, replaced and lifted.
pub async fn bans_and_mutes_are_kept(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let channel = world.channel(&[ana, rui]).await;
    let ban = |until| BanRow {
        user: rui,
        by: ana,
        at: Millis(5),
        until,
        reason: Some("spam".into()),
    };
    change(world, channel, ana, vec![Change::BanPut(ban(Millis(9)))]).await;
    change(world, channel, ana, vec![Change::BanPut(ban(FOR_GOOD))]).await;
    assert_eq!(world.rows.bans(channel).await, [ban(FOR_GOOD)]);
    let lifted = change(world, channel, ana, vec![Change::BanRemove { user: rui }]).await;
    assert_eq!(world.rows.bans(channel).await, []);
    assert_eq!(world.rows.channel(channel).await.access_seq, lifted);

    let mute = |until| vec![Change::MemberMute { user: rui, until }];
    change(world, channel, ana, mute(Some(Millis(77)))).await;
    assert_eq!(world.member(channel, rui).await.muted_until, Some(Millis(77)));
    change(world, channel, ana, mute(None)).await;
    assert_eq!(world.member(channel, rui).await.muted_until, None);
}

/// What an update names is changed, the rest stays; an empty topic is none; closing is dated.
pub async fn channel_properties_change(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let row = async || world.rows.channel(channel).await;
    let made = row().await;
    assert_eq!(
        (made.space, made.id, made.created_at, made.active_at),
        (world.space, channel, Millis(1_000), Millis(1_000))
    );
    let update = Change::Update {
        name: None,
        topic: Some("Exams".into()),
        visibility: Some(Visibility::Open),
    };
    change(world, channel, ana, vec![update]).await;
    let updated = row().await;
    assert_eq!(
        (updated.name.as_deref(), updated.topic.as_deref()),
        (Some("Room"), Some("Exams"))
    );
    assert_eq!(
        (updated.visibility, updated.access_seq),
        (Visibility::Open, Seq(2))
    );
    let update = Change::Update {
        name: Some("Hall".into()),
        topic: Some(String::new()),
        visibility: None,
    };
    change(world, channel, ana, vec![update]).await;
    let updated = row().await;
    assert_eq!(
        (updated.name.as_deref(), updated.topic, updated.visibility),
        (Some("Hall"), None, Visibility::Open)
    );
    let rules = Rules {
        ends_at: Some(Millis(9_000)),
        slow_mode_s: 5,
        ..Rules::default()
    };
    assert_eq!(row().await.rules, Rules::default());
    change(world, channel, ana, vec![Change::Rules(rules)]).await;
    assert_eq!((row().await.rules, row().await.access_seq), (rules, Seq(4)));
    change(world, channel, ana, vec![Change::Rules(Rules::default())]).await;
    assert_eq!(row().await.rules, Rules::default());
    world
        .append(Append {
            at: Millis(2_000),
            ..world.other(channel, ana, vec![Change::Archive])
        })
        .await;
    assert_eq!(
        (row().await.archived_at, row().await.active_at),
        (Some(Millis(2_000)), Millis(1_000))
    );
}
