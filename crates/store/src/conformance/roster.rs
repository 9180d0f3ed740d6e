//! Rosters.

use super::world::{NOW, later};
use super::{Deed, World};
use crate::StoreError;
use klatch_engine::row::{
    CircleRow, IssuerKeys, IssuerRow, RosterGroupRow, RosterImportRow, RosterMemberRow, RosterPlace,
};
use klatch_types::{
    ChannelId, ChannelKind, IssuerId, RosterImportKind, RosterImportState, RosterKind, RosterRole, UserId,
    Visibility,
};

fn group(source: &str, kind: RosterKind, channel: ChannelId) -> RosterGroupRow {
    RosterGroupRow {
        source: source.to_owned(),
        kind,
        channel,
        name: format!("Name · {source}"),
        gone: false,
    }
}

fn member(channel: ChannelId, user: UserId, username: &str) -> RosterMemberRow {
    RosterMemberRow {
        channel,
        user,
        username: username.to_owned(),
        role: RosterRole::Student,
        place: RosterPlace::Joining,
        due_at: None,
    }
}

/// Settings, groups and members are as they were last written, space by space.
pub async fn rosters_are_kept(world: &World) {
    let (directory, space) = (&world.directory, world.space);
    assert_eq!(directory.roster_settings(space).await.unwrap(), None);
    directory.roster_settings_put(space, "{\"a\":1}").await.unwrap();
    directory.roster_settings_put(space, "{\"a\":2}").await.unwrap();
    let settings = directory.roster_settings(space).await.unwrap();
    assert_eq!(settings.as_deref(), Some("{\"a\":2}"));

    let (ana, rui) = world.pair().await;
    let channel = world.channel(&[ana]).await;
    let mut groups = vec![
        group("class:1", RosterKind::Class, channel),
        group("course:é", RosterKind::Course, world.channel_id()),
    ];
    directory.roster_groups_put(space, groups.clone()).await.unwrap();
    groups[1].gone = true;
    groups[1].name = "Other".to_owned();
    directory
        .roster_groups_put(space, vec![groups[1].clone()])
        .await
        .unwrap();
    assert_eq!(directory.roster_groups(space).await.unwrap(), groups);

    let mut members = vec![member(channel, ana, "ana"), member(channel, rui, "rui")];
    directory
        .roster_members_put(space, members.clone())
        .await
        .unwrap();
    members[0].place = RosterPlace::Out;
    members[0].role = RosterRole::Teacher;
    members[0].due_at = Some(later(10));
    directory
        .roster_members_put(space, vec![members[0].clone()])
        .await
        .unwrap();
    assert_eq!(directory.roster_members(space).await.unwrap(), members);
    directory
        .roster_members_forget(space, vec![(channel, rui), (world.channel_id(), ana)])
        .await
        .unwrap();
    assert_eq!(directory.roster_members(space).await.unwrap(), members[..1]);

    let other = world.other_space().await;
    assert_eq!(directory.roster_settings(other).await.unwrap(), None);
    assert_eq!(directory.roster_groups(other).await.unwrap(), []);
    assert_eq!(directory.roster_members(other).await.unwrap(), []);
}

/// Those whose grace is over come longest due first; nobody else does.
pub async fn roster_members_are_due_in_time(world: &World) {
    let (ana, rui) = world.pair().await;
    let eva = world.user("eva").await;
    let channel = world.channel_id();
    let out = |user, at| RosterMemberRow {
        place: RosterPlace::Out,
        due_at: Some(later(at)),
        ..member(channel, user, "x")
    };
    let rows = vec![out(ana, 20), out(rui, 10), member(channel, eva, "eva")];
    world
        .directory
        .roster_members_put(world.space, rows.clone())
        .await
        .unwrap();
    let due = async |at, limit| {
        world
            .directory
            .roster_members_due(later(at), limit)
            .await
            .unwrap()
    };
    assert_eq!(due(9, 10).await, []);
    assert_eq!(due(10, 10).await, [(world.space, rows[1].clone())]);
    let both = [(world.space, rows[1].clone()), (world.space, rows[0].clone())];
    assert_eq!(due(99, 10).await, both);
    assert_eq!(due(99, 1).await, both[..1]);
}

/// One holds the rosters of a space at a time, until they give them back or their time is over.
pub async fn rosters_are_held_by_one(world: &World) {
    let (directory, space) = (&world.directory, world.space);
    let hold = async |holder, now, until| {
        directory
            .roster_hold(space, holder, later(now), later(until))
            .await
            .unwrap()
    };
    assert!(!directory.roster_is_held(space, NOW).await.unwrap());
    assert!(hold(1, 0, 60).await);
    assert!(directory.roster_is_held(space, later(59)).await.unwrap());
    assert!(!directory.roster_is_held(space, later(60)).await.unwrap());
    assert!(!hold(-2, 59, 119).await, "another has them");
    assert!(hold(1, 30, 90).await, "longer");
    assert!(!hold(-2, 60, 120).await);
    assert!(hold(-2, 90, 150).await, "the time is over");
    directory.roster_release(space, 1).await.unwrap();
    assert!(!hold(1, 91, 150).await, "what is another's is not given back");
    directory.roster_release(space, -2).await.unwrap();
    assert!(hold(1, 91, 150).await);
    let other = world.other_space().await;
    assert!(directory.roster_hold(other, 7, NOW, later(60)).await.unwrap());
}

/// Imports come newest first, and only the newest rosters are kept.
pub async fn roster_imports_are_kept(world: &World) {
    let (directory, space) = (&world.directory, world.space);
    let by = world.user("system").await;
    let import = |no: u64| RosterImportRow {
        space,
        no,
        at: later(no.cast_signed()),
        by,
        kind: RosterImportKind::Whole,
        state: RosterImportState::Running,
        counts: "{}".to_owned(),
    };
    for no in 1..=3 {
        directory
            .roster_import_add(import(no), vec![0, u8::try_from(no).unwrap()])
            .await
            .unwrap();
    }
    let twice = directory.roster_import_add(import(3), Vec::new()).await;
    assert!(matches!(twice, Err(StoreError::Exists)), "{twice:?}");
    let done = RosterImportRow {
        state: RosterImportState::Done,
        counts: "{\"joins\":1}".to_owned(),
        ..import(2)
    };
    directory.roster_import_update(done.clone()).await.unwrap();
    let missing = directory.roster_import_update(import(9)).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
    let all = directory.roster_imports(space, 10).await.unwrap();
    assert_eq!(all, [import(3), done, import(1)]);
    assert_eq!(directory.roster_imports(space, 1).await.unwrap(), [import(3)]);
    directory.roster_bodies_forget(space, 3).await.unwrap();
    let body = async |no| directory.roster_body(space, no).await.unwrap();
    assert_eq!(
        (body(3).await, body(2).await, body(9).await),
        (Some(vec![0, 3]), None, None)
    );
    let other = world.other_space().await;
    assert_eq!(directory.roster_imports(other, 10).await.unwrap(), []);
}

/// An account that a roster made goes to the first who comes with its name, and to nobody else.
pub async fn roster_accounts_are_linked_once(world: &World) {
    let (directory, space) = (&world.directory, world.space);
    let issuer = IssuerId(uuid::Uuid::from_u128(77));
    let row = IssuerRow {
        id: issuer,
        space,
        issuer: "https://school.example".to_owned(),
        audience: None,
        keys: IssuerKeys::Hs256 { secret: vec![7; 32] },
        claims: klatch_engine::row::ClaimNames::default(),
        created_at: NOW,
    };
    directory.issuer_add(row).await.unwrap();
    world.user("by.hand").await;
    let made = world.user_row("up1");
    let taken = world.user_row("by.hand");
    directory
        .roster_users_add(vec![made.clone(), taken, world.user_row("up2")])
        .await
        .unwrap();
    directory
        .roster_users_add(vec![world.user_row("up1")])
        .await
        .unwrap();
    let link = async |username: &str, subject: &str| {
        directory.roster_user_link(space, username, issuer, subject).await
    };
    assert_eq!(link("by.hand", "s0").await.unwrap(), None, "no roster made it");
    assert_eq!(link("nobody", "s0").await.unwrap(), None);
    assert_eq!(link("up1", "s1").await.unwrap(), Some(made.id));
    assert_eq!(link("up1", "s2").await.unwrap(), None, "it is someone's");
    let twice = link("up2", "s1").await;
    assert!(matches!(twice, Err(StoreError::Exists)), "{twice:?}");
    let found = directory.user_by_external(issuer, "s1").await.unwrap().unwrap();
    assert_eq!((found.id, found.username.as_str()), (made.id, "up1"));
    let second = directory.user_by_username(space, "up2").await.unwrap().unwrap();
    directory.user_password(second.id, "hash").await.unwrap();
    assert_eq!(link("up2", "s3").await.unwrap(), None, "it has a password");
}

async fn course(world: &World, members: &[UserId]) -> ChannelId {
    let channel = world.channel_id();
    let make = Deed::Make {
        space: world.space,
        kind: ChannelKind::Course,
        visibility: Visibility::Private,
        name: Some("course".to_owned()),
        pair: None,
        members: members.to_vec(),
    };
    world.write(channel, members[0], make).await;
    channel
}

/// A circle is everyone in the nearest channels of rosters that are not too large; channels made by hand are none of it.
pub async fn circles_are_those_of_roster_channels(world: &World) {
    let (directory, space) = (&world.directory, world.space);
    let mut people = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        people.push(world.user(name).await);
    }
    people.sort_unstable();
    let [ana, b, c, d, e] = people[..] else {
        panic!("there are five")
    };
    let class = course(world, &[ana, b, c]).await;
    let degree = course(world, &[ana, b, c, d]).await;
    let closed = course(world, &[ana, e]).await;
    world.write(closed, ana, Deed::Archive).await;
    world.channel(&[ana, e]).await;
    let others = course(world, &[b, e]).await;
    let groups = vec![
        group("degree:1", RosterKind::Degree, degree),
        group("class:1", RosterKind::Class, class),
        group("class:2", RosterKind::Class, closed),
        group("class:3", RosterKind::Class, others),
    ];
    directory.roster_groups_put(space, groups).await.unwrap();
    let circle =
        async |members_max, channels_max| directory.circle(ana, members_max, channels_max).await.unwrap();
    let near = |kind, channel, user| CircleRow { channel, kind, user };
    let in_class = [
        near(RosterKind::Class, class, b),
        near(RosterKind::Class, class, c),
    ];
    let all = [
        in_class[0],
        in_class[1],
        near(RosterKind::Degree, degree, b),
        near(RosterKind::Degree, degree, c),
        near(RosterKind::Degree, degree, d),
    ];
    assert_eq!(circle(10, 10).await, all);
    assert_eq!(circle(3, 10).await, in_class, "the degree has four");
    assert_eq!(circle(10, 1).await, in_class, "the class is nearer");
    let nobody = world.user("f").await;
    assert_eq!(directory.circle(nobody, 10, 10).await.unwrap(), []);
}
