//! How channels are made, and limits of the policy.

use crate::world::World;
use klatch_channel::{Actor, ChannelError, NewChannelRequest};
use klatch_log::{Append, Change, ChannelLog, Expect, LogError, NewChannel};
use klatch_types::{ChannelId, ChannelKind, Clock, Policy, Profile, UserId, Visibility};
use std::sync::Arc;

#[tokio::test]
async fn direct_channels_are_one_per_pair_and_keys_make_one_channel() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let request = |members: Vec<UserId>, kind, key| NewChannelRequest {
        kind,
        name: Some("x".parse().unwrap()),
        topic: None,
        visibility: Visibility::Private,
        members,
        rules: Default::default(),
        key,
    };
    let direct = |actor: Actor, other: UserId| {
        let channels = Arc::clone(&world.channels);
        let request = request(vec![other], ChannelKind::Direct, None);
        async move { channels.create(&actor, request).await.unwrap() }
    };
    let (first, existed) = direct(ana, rui.user).await;
    assert!(!existed);
    assert_eq!(direct(rui, ana.user).await, (first, true));
    let key = Some(world.key());
    let (group, _) = world
        .channels
        .create(&ana, request(vec![], ChannelKind::Group, key))
        .await
        .unwrap();
    let (again, existed) = world
        .channels
        .create(&ana, request(vec![], ChannelKind::Group, key))
        .await
        .unwrap();
    assert_eq!((again, existed), (group, true));
}

#[tokio::test]
async fn a_pair_that_comes_from_both_sides_at_once_has_one_channel() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let make = |actor: Actor, other: UserId| {
        let request = NewChannelRequest {
            kind: ChannelKind::Direct,
            name: None,
            topic: None,
            visibility: Visibility::Private,
            members: vec![other],
            rules: Default::default(),
            key: Some(world.key()),
        };
        let channels = Arc::clone(&world.channels);
        tokio::spawn(async move { channels.create(&actor, request).await.unwrap() })
    };
    let tries = [
        make(ana, rui.user),
        make(rui, ana.user),
        make(ana, rui.user),
        make(rui, ana.user),
    ];
    let pair = (ana.user.min(rui.user), ana.user.max(rui.user));
    let id = ChannelId::of_pair(world.space, pair.0, pair.1);
    let mut made = 0;
    for attempt in tries {
        let (channel, existed) = attempt.await.unwrap();
        assert_eq!(channel, id, "the id follows from the pair");
        made += u32::from(!existed);
    }
    assert_eq!(made, 1);
    assert_eq!(
        world.directory.channel(id).await.unwrap().unwrap().pair,
        Some(pair)
    );
}

#[tokio::test]
async fn the_channel_of_a_pair_is_found_whatever_its_id_and_nothing_else_is_taken_for_it() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui, eva) = (
        world.user("ana").await,
        world.user("rui").await,
        world.user("eva").await,
    );
    let pair_of = |a: &Actor, b: &Actor| (a.user.min(b.user), a.user.max(b.user));
    let append = |channel, kind, pair| Append {
        channel,
        actor: ana.user,
        key: None,
        at: world.clock.now(),
        kind: 1,
        message: false,
        target: None,
        payload: Vec::new(),
        digest: 0,
        expect: Expect::New,
        changes: vec![Change::Create(NewChannel {
            space: world.space,
            kind,
            visibility: Visibility::Private,
            name: None,
            topic: None,
            pair,
        })],
        work: Vec::new(),
    };
    let direct = |other: &Actor| {
        let request = NewChannelRequest {
            kind: ChannelKind::Direct,
            name: None,
            topic: None,
            visibility: Visibility::Private,
            members: vec![other.user],
            rules: Default::default(),
            key: None,
        };
        world.channels.create(&ana, request)
    };
    // As versions before made them: an id of its own.
    let older = ChannelId::new(world.clock.now(), &*world.entropy);
    let made = append(older, ChannelKind::Direct, Some(pair_of(&ana, &rui)));
    world.log.append_wait(made).await.unwrap();
    assert_eq!(direct(&rui).await.unwrap(), (older, true));

    let (low, high) = pair_of(&ana, &eva);
    let squatted = ChannelId::of_pair(world.space, low, high);
    world
        .log
        .append_wait(append(squatted, ChannelKind::Group, None))
        .await
        .unwrap();
    let refused = direct(&eva).await;
    assert!(
        matches!(refused, Err(ChannelError::Log(LogError::Conflict))),
        "{refused:?}"
    );
}

/// S2.2: a channel takes no more members and messages no more characters than the policy says.
#[tokio::test]
async fn limits_of_the_policy_hold() {
    let policy = Policy {
        members_max: 2,
        characters_max: 5,
        ..Policy::of(Profile::Course)
    };
    let world = World::new(policy).await;
    let (ana, rui, eva) = (
        world.user("ana").await,
        world.user("rui").await,
        world.user("eva").await,
    );
    let channel = world.group(&ana, &[&rui]).await;
    assert!(matches!(
        world
            .channels
            .add_member(&ana, channel, eva.user, None, None)
            .await,
        Err(ChannelError::Full { members_max: 2 })
    ));
    world.send(&ana, channel, "ééééé").await.unwrap();
    assert!(matches!(
        world.send(&ana, channel, "éééééé").await,
        Err(ChannelError::TooLong {
            characters_max: 5,
            characters: 6
        })
    ));
    for nothing in ["", " \n", "a\0b"] {
        assert!(matches!(
            world.send(&ana, channel, nothing).await,
            Err(ChannelError::Invalid(_))
        ));
    }
}
