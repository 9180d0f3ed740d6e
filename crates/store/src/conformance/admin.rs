//! Administration.

use super::world::{NOW, later};
use super::{Deed, World};
use crate::StoreError;
use klatch_engine::row::{AdminRow, AuditRow, UserRow};
use klatch_types::{AdminScope, AuditAct, AuditId, SpaceId, UserId};
use uuid::Uuid;

/// A user administers what was said last, and the lists of a space and of all spaces agree with that.
pub async fn administrators_are_kept(world: &World) {
    let directory = &world.directory;
    let (low, high) = world.pair().await;
    let far = UserRow {
        space: world.other_space().await,
        ..world.user_row("far")
    };
    directory.user_add(far.clone()).await.unwrap();
    assert_eq!(directory.admins(None).await.unwrap(), []);
    assert_eq!(directory.admin(low).await.unwrap(), None);
    for (user, scope) in [
        (high, AdminScope::Space),
        (low, AdminScope::Space),
        (low, AdminScope::Server),
        (far.id, AdminScope::Space),
    ] {
        directory.admin_set(user, Some(scope)).await.unwrap();
        assert_eq!(directory.admin(user).await.unwrap(), Some(scope));
    }
    let of = |user, scope| AdminRow { user, scope };
    let here = [of(low, AdminScope::Server), of(high, AdminScope::Space)];
    assert_eq!(directory.admins(Some(world.space)).await.unwrap(), here);
    let there = [of(far.id, AdminScope::Space)];
    assert_eq!(directory.admins(Some(far.space)).await.unwrap(), there);
    let mut everyone = [here.as_slice(), &there].concat();
    everyone.sort_by_key(|row| row.user);
    assert_eq!(directory.admins(None).await.unwrap(), everyone);
    for _ in 0..2 {
        directory.admin_set(low, None).await.unwrap();
        assert_eq!(directory.admin(low).await.unwrap(), None);
    }
    assert_eq!(directory.admins(Some(world.space)).await.unwrap(), here[1..]);
    let nobody = UserId(Uuid::from_u128(7));
    let refused = directory.admin_set(nobody, Some(AdminScope::Space)).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
}

/// Lines are read as they were written, newest first, page by page, each space's apart.
pub async fn audit_lines_come_newest_first(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let line = |number: u128, space: SpaceId| AuditRow {
        id: AuditId(Uuid::from_u128(number)),
        space,
        at: later(i64::try_from(number).unwrap()),
        actor: number.is_multiple_of(2).then_some(ana),
        act: AuditAct::UserDisabled,
        target: (number > 1).then_some(ana.0),
        detail: format!("ana · {number}"),
    };
    let lines: Vec<AuditRow> = (1..=5).map(|number| line(number, world.space)).collect();
    // Written in another order: the ids are what counts.
    for at in [2, 0, 4, 1, 3] {
        directory.audit_add(lines[at].clone()).await.unwrap();
    }
    let far = line(9, world.other_space().await);
    directory.audit_add(far.clone()).await.unwrap();
    let again = directory.audit_add(far.clone()).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");

    let newest: Vec<AuditRow> = lines.iter().rev().cloned().collect();
    assert_eq!(directory.audit_of(world.space, None, 10).await.unwrap(), newest);
    assert_eq!(
        directory.audit_of(world.space, None, 2).await.unwrap(),
        newest[..2]
    );
    let after_two = directory
        .audit_of(world.space, Some(newest[1].id), 2)
        .await
        .unwrap();
    assert_eq!(after_two, newest[2..4]);
    assert_eq!(
        directory
            .audit_of(world.space, Some(newest[4].id), 2)
            .await
            .unwrap(),
        []
    );
    assert_eq!(directory.audit_of(far.space, None, 10).await.unwrap(), [far]);
}

/// Accounts are found by a part of username or name, disabled ones too, with what administrators want to know.
pub async fn accounts_are_looked_through(world: &World) {
    let directory = &world.directory;
    let rows = [
        ("ana", "Ana %"),
        ("Bea", "B_a"),
        ("joana", "Jo"),
        ("rui", "Rui Sá"),
    ];
    for (username, name) in rows {
        let user = UserRow {
            name: name.into(),
            disabled_at: (username == "joana").then_some(NOW),
            ..world.user_row(username)
        };
        directory.user_add(user).await.unwrap();
    }
    world.other_space().await;
    let named = async |part: &str, after: &str, limit| {
        let found = directory
            .users_overview(world.space, part, after, limit)
            .await
            .unwrap();
        found.into_iter().map(|row| row.user.username).collect::<Vec<_>>()
    };
    assert_eq!(named("", "", 10).await, ["Bea", "ana", "joana", "rui"]);
    assert_eq!(named("", "Bea", 2).await, ["ana", "joana"]);
    assert_eq!(named("ANA", "", 10).await, ["ana", "joana"]);
    assert_eq!(named("ANA", "ana", 10).await, ["joana"]);
    assert_eq!(named("%", "", 10).await, ["ana"]);
    assert_eq!(named("_", "", 10).await, ["Bea"]);
    assert_eq!(named("sá", "", 10).await, ["rui"]);
    for nothing in ["\\", "nobody", "\0"] {
        assert!(named(nothing, "", 10).await.is_empty(), "{nothing}");
    }

    let all = directory.users_overview(world.space, "", "", 10).await.unwrap();
    let rui = all[3].user.clone();
    assert_eq!((all[3].admin, all[3].devices), (None, 0));
    directory
        .admin_set(rui.id, Some(AdminScope::Space))
        .await
        .unwrap();
    world.device(rui.id).await;
    let (second, _) = world.device(rui.id).await;
    directory.device_revoke(second.id, NOW).await.unwrap();
    let found = directory
        .users_overview(world.space, "rui", "", 10)
        .await
        .unwrap();
    assert_eq!(found[0].user, rui);
    assert_eq!((found[0].admin, found[0].devices), (Some(AdminScope::Space), 1));
}

/// Channels are found by a part of their name, archived and unnamed ones too, page by page.
pub async fn channels_are_looked_through(world: &World) {
    let directory = &world.directory;
    let pair = world.pair().await;
    let mut named = Vec::new();
    for name in ["Physics 1", "Chess", "physics 2"] {
        named.push(world.open_channel(world.space, name, pair.0).await);
    }
    world.write(named[2], pair.0, Deed::Archive).await;
    let direct = world.direct_channel(pair).await;
    world
        .open_channel(world.other_space().await, "Physics 3", pair.0)
        .await;
    let found = async |part: &str, after, limit| {
        let found = directory
            .channels_overview(world.space, part, after, limit)
            .await
            .unwrap();
        found.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let mut all = [named.as_slice(), &[direct]].concat();
    all.sort_unstable();
    assert_eq!(found("", None, 10).await, all);
    assert_eq!(found("", Some(all[0]), 2).await, all[1..3]);
    assert_eq!(found("", Some(all[3]), 2).await, []);
    let mut physics = vec![named[0], named[2]];
    physics.sort_unstable();
    assert_eq!(found("PHYSICS", None, 10).await, physics);
    assert_eq!(found("%", None, 10).await, []);
    let row = directory.channel(named[2]).await.unwrap().unwrap();
    let shown = directory
        .channels_overview(world.space, "physics 2", None, 1)
        .await
        .unwrap();
    assert_eq!(shown, [row]);
}
