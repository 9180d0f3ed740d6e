//! Who comes, goes and may speak.

use crate::world::{World, heard};
use klatch_channel::{ChannelError, HistoryPage, NewInvite};
use klatch_types::{ChannelKind, Clock, HistoryVisibility, Policy, Profile, Role, Visibility};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn listeners_follow_membership_exactly() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let (ana_box, rui_box) = (world.connect(1, &ana), world.connect(2, &rui));
    let channel = world.group(&ana, &[]).await;
    world.send(&ana, channel, "before").await.unwrap();
    world
        .channels
        .add_member(&ana, channel, rui.user, None, None)
        .await
        .unwrap();
    world.send(&ana, channel, "during").await.unwrap();
    world
        .channels
        .ban(&ana, channel, rui.user, Some("spam".into()), None, None)
        .await
        .unwrap();
    world.send(&ana, channel, "after").await.unwrap();
    assert_eq!(
        heard(&rui_box),
        ["member.joined", "message.posted", "member.banned"]
    );
    assert_eq!(
        heard(&ana_box),
        [
            "channel.created",
            "message.posted",
            "member.joined",
            "message.posted",
            "member.banned",
            "message.posted"
        ]
    );
    assert!(matches!(
        world
            .channels
            .add_member(&ana, channel, rui.user, None, None)
            .await,
        Err(ChannelError::Banned)
    ));
    world.channels.unban(&ana, channel, rui.user, None).await.unwrap();
    world
        .channels
        .add_member(&ana, channel, rui.user, None, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_last_place_of_an_invitation_is_taken_once() {
    let world = World::new(Policy::of(Profile::App)).await;
    let ana = world.user("ana").await;
    let channel = world.group(&ana, &[]).await;
    let new = NewInvite {
        role: Role::Guest,
        life: Duration::from_secs(60),
        uses_max: Some(3),
    };
    let invite = world.channels.create_invite(&ana, channel, new).await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..8 {
        let (actor, channels, code) = (
            world.user(&format!("u{n}")).await,
            Arc::clone(&world.channels),
            invite.code.clone(),
        );
        tasks.push(tokio::spawn(async move {
            channels.accept_invite(&actor, &code, None).await
        }));
    }
    let mut came = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => came += 1,
            Err(error) => assert!(matches!(error, ChannelError::Gone(_)), "{error:?}"),
        }
    }
    assert_eq!(came, 3);
    let late = world.user("late").await;
    let second = world
        .channels
        .create_invite(
            &ana,
            channel,
            NewInvite {
                uses_max: None,
                ..new
            },
        )
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(61));
    let refused = world.channels.accept_invite(&late, &second.code, None).await;
    assert!(matches!(refused, Err(ChannelError::Gone(_))));
}

#[tokio::test]
async fn mutes_end_and_the_last_owner_stays() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let channel = world.group(&ana, &[&rui]).await;
    let until = world.clock.now().plus(Duration::from_secs(60)).0;
    world
        .channels
        .mute(&ana, channel, rui.user, Some(until), None)
        .await
        .unwrap();
    assert!(matches!(
        world.send(&rui, channel, "x").await,
        Err(ChannelError::Muted)
    ));
    world.clock.advance(Duration::from_secs(61));
    world.send(&rui, channel, "x").await.unwrap();

    assert!(matches!(
        world.channels.leave(&ana, channel, None).await,
        Err(ChannelError::LastOfRole(Role::Owner))
    ));
    world
        .channels
        .change_role(&ana, channel, rui.user, Role::Owner, None)
        .await
        .unwrap();
    world.channels.leave(&ana, channel, None).await.unwrap();
    assert!(matches!(
        world.send(&ana, channel, "x").await,
        Err(ChannelError::NotFound)
    ));
}

#[tokio::test]
async fn who_joins_late_sees_what_the_policy_allows() {
    let policy = Policy {
        history: HistoryVisibility::SinceJoin,
        ..Policy::of(Profile::App)
    };
    let world = World::new(policy).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let channel = world
        .channel(&ana, ChannelKind::Group, Visibility::Open, &[])
        .await;
    let early = world.send(&ana, channel, "early").await.unwrap();
    assert!(matches!(
        world
            .channels
            .history(&rui, channel, HistoryPage::Before(None), 10)
            .await,
        Err(ChannelError::Forbidden(_))
    ));
    world.channels.join(&rui, channel, None).await.unwrap();
    assert!(world.channels.get(&rui, channel).await.unwrap().preview.is_none());
    world.send(&ana, channel, "late").await.unwrap();
    assert_eq!(world.texts(&rui, channel).await, ["late"]);
    assert_eq!(world.texts(&ana, channel).await, ["early", "late"]);
    assert!(matches!(
        world.channels.message(&rui, channel, early).await,
        Err(ChannelError::NotFound)
    ));
    assert!(matches!(
        world
            .channels
            .react(&rui, channel, early, "👍".into(), None)
            .await,
        Err(ChannelError::NotFound)
    ));
}
