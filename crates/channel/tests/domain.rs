//! The domain through its own door, over the engines in memory.

#![allow(clippy::unwrap_used)] // a test: a failed step ends it, and the line says which

use klatch_channel::{
    Actor, Alone, ChannelError, Channels, HistoryPage, NewChannelRequest, NewInvite, Parts, Turn,
};
use klatch_engine::memory::SharedTables;
use klatch_engine::row::{SpaceRow, UserRow};
use klatch_fanout::{ConnectionId, Hub, Outbox, OutboxLimits, Taken};
use klatch_log::memory::MemoryLog;
use klatch_log::{Append, Change, ChannelLog, Expect, LogError, NewChannel, commit_feed};
use klatch_store::Directory;
use klatch_store::memory::MemoryDirectory;
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock, Entropy, HistoryVisibility, ManualClock, Millis, Policy,
    Profile, Role, SeededEntropy, Seq, SpaceId, UserId, UserKind, Visibility,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

struct World {
    channels: Arc<Channels>,
    log: Arc<MemoryLog>,
    directory: Arc<dyn Directory>,
    hub: Arc<Hub>,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    space: SpaceId,
}

impl World {
    async fn new(policy: Policy) -> Self {
        let entropy = Arc::new(SeededEntropy::new(7));
        let clock = Arc::new(ManualClock::new(Millis(1_700_000_000_000)));
        let tables = SharedTables::default();
        let (feed, commits) = commit_feed();
        let log = Arc::new(MemoryLog::new(tables.clone(), feed, &*entropy));
        let directory: Arc<dyn Directory> = Arc::new(MemoryDirectory::new(tables));
        let hub = Arc::new(Hub::default());
        let channels = Arc::new(Channels::new(Parts {
            log: log.clone(),
            directory: Arc::clone(&directory),
            hub: Arc::clone(&hub),
            peers: Arc::new(Alone),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }));
        let delivering = Arc::clone(&channels);
        tokio::spawn(async move { klatch_channel::delivery::deliver(&delivering, commits).await });
        let space = SpaceId::new(clock.now(), &*entropy);
        let row = SpaceRow {
            id: space,
            slug: "test".into(),
            name: "Test".into(),
            policy,
            origins: Vec::new(),
            created_at: clock.now(),
        };
        directory.space_add(row).await.unwrap();
        Self {
            channels,
            log,
            directory,
            hub,
            clock,
            entropy,
            space,
        }
    }

    async fn user(&self, username: &str) -> Actor {
        let id = UserId::new(self.clock.now(), &*self.entropy);
        let row = UserRow {
            id,
            space: self.space,
            username: username.into(),
            name: username.to_uppercase(),
            kind: UserKind::Person,
            external: None,
            password_hash: None,
            created_at: self.clock.now(),
            disabled_at: None,
        };
        self.directory.user_add(row).await.unwrap();
        Actor {
            user: id,
            space: self.space,
            kind: UserKind::Person,
        }
    }

    fn key(&self) -> ClientKey {
        ClientKey::new(self.clock.now(), &*self.entropy as &dyn Entropy)
    }

    async fn channel(
        &self,
        owner: &Actor,
        kind: ChannelKind,
        visibility: Visibility,
        members: &[&Actor],
    ) -> ChannelId {
        let request = NewChannelRequest {
            kind,
            name: Some("room".parse().unwrap()),
            topic: None,
            visibility,
            members: members.iter().map(|actor| actor.user).collect(),
            key: None,
        };
        self.channels.create(owner, request).await.unwrap().0
    }

    async fn group(&self, owner: &Actor, members: &[&Actor]) -> ChannelId {
        self.channel(owner, ChannelKind::Group, Visibility::Private, members)
            .await
    }

    async fn send(&self, actor: &Actor, channel: ChannelId, text: &str) -> Result<Seq, ChannelError> {
        let sent = self
            .channels
            .send(actor, channel, self.key(), text.into(), None, Turn::alone())
            .await;
        sent.map(|receipt| receipt.seq)
    }

    async fn texts(&self, actor: &Actor, channel: ChannelId) -> Vec<String> {
        let page = self
            .channels
            .history(actor, channel, HistoryPage::After(Seq::ZERO), 100)
            .await
            .unwrap();
        page.messages.into_iter().map(|message| message.text).collect()
    }

    fn connect(&self, n: u64, actor: &Actor) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::new(ConnectionId(n), actor.user, OutboxLimits::default()));
        self.hub.connect(&outbox);
        outbox
    }
}

/// The types of the events that wait in an outbox, in order.
fn heard(outbox: &Outbox) -> Vec<String> {
    let mut into = VecDeque::new();
    let mut context = Context::from_waker(Waker::noop());
    match outbox.poll_take(&mut context, &mut 0, &mut 0, &mut into) {
        Poll::Ready(Taken::Frames) => {}
        _ => return Vec::new(),
    }
    let mut types = Vec::new();
    for frame in into {
        let json: serde_json::Value = serde_json::from_slice(&frame.payload()).unwrap();
        for event in json["events"].as_array().unwrap() {
            types.push(event["type"].as_str().unwrap().to_owned());
        }
    }
    types
}

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
async fn direct_channels_are_one_per_pair_and_keys_make_one_channel() {
    let world = World::new(Policy::of(Profile::App)).await;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    let request = |members: Vec<UserId>, kind, key| NewChannelRequest {
        kind,
        name: Some("x".parse().unwrap()),
        topic: None,
        visibility: Visibility::Private,
        members,
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
    };
    let direct = |other: &Actor| {
        let request = NewChannelRequest {
            kind: ChannelKind::Direct,
            name: None,
            topic: None,
            visibility: Visibility::Private,
            members: vec![other.user],
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
