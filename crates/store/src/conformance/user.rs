//! Users.

use super::World;
use super::world::later;
use crate::StoreError;
use klatch_engine::row::UserRow;
use klatch_types::{IssuerId, SpaceId, UserId, UserKind};
use uuid::Uuid;

fn issuer(number: u128) -> IssuerId {
    IssuerId(Uuid::from_u128(number))
}

fn names(users: Vec<UserRow>) -> Vec<String> {
    let mut names: Vec<String> = users.into_iter().map(|user| user.username).collect();
    names.sort_unstable();
    names
}

/// A user is read as added, by id, by username and by external identity, one or many.
pub async fn users_are_kept(world: &World) {
    let directory = &world.directory;
    let ana = UserRow {
        name: "Ana Lúcia".into(),
        kind: UserKind::Guest,
        external: Some((issuer(5), "sub|1".into())),
        password_hash: Some("$argon2id$".into()),
        disabled_at: Some(later(5)),
        ..world.user_row("ana")
    };
    directory.user_add(ana.clone()).await.unwrap();
    world.user("rui").await;
    assert_eq!(directory.user(ana.id).await.unwrap(), Some(ana.clone()));
    let by_name = directory.user_by_username(world.space, "ana").await.unwrap();
    assert_eq!(by_name, Some(ana.clone()));
    let by_external = directory.user_by_external(issuer(5), "sub|1").await.unwrap();
    assert_eq!(by_external, Some(ana.clone()));
    assert_eq!(
        directory.user_by_external(issuer(6), "sub|1").await.unwrap(),
        None
    );
    assert_eq!(
        directory.user_by_external(issuer(5), "sub|2").await.unwrap(),
        None
    );
    assert_eq!(
        directory.user_by_username(world.space, "ANA").await.unwrap(),
        None
    );
    assert_eq!(
        directory
            .user_by_username(world.other_space().await, "ana")
            .await
            .unwrap(),
        None
    );

    let nobody = UserId(Uuid::from_u128(7));
    assert_eq!(directory.user(nobody).await.unwrap(), None);
    assert_eq!(directory.users(&[nobody, ana.id, ana.id]).await.unwrap(), [ana]);
    assert_eq!(directory.users(&[]).await.unwrap(), []);
    let asked = ["rui", "ana", "nobody", "rui"].map(String::from);
    let found = directory.users_by_username(world.space, &asked).await.unwrap();
    assert_eq!(names(found), ["ana", "rui"]);
}

/// A username is taken in its space only, an external identity everywhere.
pub async fn usernames_are_unique_in_a_space(world: &World) {
    let directory = &world.directory;
    let ana = UserRow {
        external: Some((issuer(5), "s".into())),
        ..world.user_row("ana")
    };
    directory.user_add(ana.clone()).await.unwrap();
    let elsewhere = world.other_space().await;

    let same_name = world.user_row("ana");
    assert!(matches!(
        directory.user_add(same_name.clone()).await,
        Err(StoreError::Exists)
    ));
    let same_external = UserRow {
        space: elsewhere,
        external: ana.external.clone(),
        ..world.user_row("eva")
    };
    assert!(matches!(
        directory.user_add(same_external).await,
        Err(StoreError::Exists)
    ));
    let same_id = UserRow {
        id: ana.id,
        ..world.user_row("eva")
    };
    assert!(matches!(
        directory.user_add(same_id).await,
        Err(StoreError::Exists)
    ));
    let no_space = UserRow {
        space: SpaceId(Uuid::from_u128(99)),
        ..world.user_row("eva")
    };
    assert!(matches!(
        directory.user_add(no_space).await,
        Err(StoreError::NotFound)
    ));
    assert_eq!(directory.counts().await.unwrap().1, 1, "refusals add nobody");

    directory
        .user_add(UserRow {
            space: elsewhere,
            ..same_name
        })
        .await
        .unwrap();
    directory.user_add(world.user_row("Ana")).await.unwrap();
    let other_issuer = UserRow {
        external: Some((issuer(6), "s".into())),
        ..world.user_row("eva")
    };
    directory.user_add(other_issuer).await.unwrap();
}

/// Name, password and state change one by one.
pub async fn users_change(world: &World) {
    let directory = &world.directory;
    let mut ana = world.user_row("ana");
    directory.user_add(ana.clone()).await.unwrap();
    let rui = world.user_row("rui");
    directory.user_add(rui.clone()).await.unwrap();

    directory.user_rename(ana.id, "Ana B.").await.unwrap();
    directory.user_password(ana.id, "$argon2id$new").await.unwrap();
    directory.user_disable(ana.id, Some(later(1))).await.unwrap();
    ana.name = "Ana B.".into();
    ana.password_hash = Some("$argon2id$new".into());
    ana.disabled_at = Some(later(1));
    assert_eq!(directory.user(ana.id).await.unwrap(), Some(ana.clone()));
    directory.user_disable(ana.id, None).await.unwrap();
    ana.disabled_at = None;
    assert_eq!(directory.user(ana.id).await.unwrap(), Some(ana));
    assert_eq!(directory.user(rui.id).await.unwrap(), Some(rui.clone()));

    directory.user_username(rui.id, "rui2").await.unwrap();
    directory.user_username(rui.id, "rui2").await.unwrap();
    assert!(matches!(
        directory.user_username(rui.id, "ana").await,
        Err(StoreError::Exists)
    ));
    let by_old_name = directory.user_by_username(world.space, "rui").await.unwrap();
    assert_eq!(by_old_name, None);
    let by_new_name = directory.user_by_username(world.space, "rui2").await.unwrap();
    assert_eq!(by_new_name.map(|user| user.id), Some(rui.id));

    let nobody = UserId(Uuid::from_u128(7));
    assert!(matches!(
        directory.user_username(nobody, "x").await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        directory.user_rename(nobody, "x").await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        directory.user_password(nobody, "x").await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        directory.user_disable(nobody, None).await,
        Err(StoreError::NotFound)
    ));
}

/// All users of one space come in pages by username, whatever their kind and state.
pub async fn users_come_in_pages(world: &World) {
    let directory = &world.directory;
    for username in ["c", "a", "B", "d"] {
        world.user(username).await;
    }
    let system = UserRow {
        kind: UserKind::System,
        disabled_at: Some(later(0)),
        ..world.user_row("b")
    };
    directory.user_add(system).await.unwrap();
    let elsewhere = world.other_space().await;
    directory
        .user_add(UserRow {
            space: elsewhere,
            ..world.user_row("aa")
        })
        .await
        .unwrap();

    let mut seen: Vec<String> = Vec::new();
    loop {
        let after = seen.last().cloned().unwrap_or_default();
        let page = directory.users_of(world.space, &after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|user| user.username));
    }
    assert_eq!(seen, ["B", "a", "b", "c", "d"]);
}
