//! Spaces.

use super::World;
use crate::StoreError;
use klatch_engine::row::SpaceRow;
use klatch_types::{Ordinal, Policy, Profile, SpaceId};
use uuid::Uuid;

/// A space is read as it was added, by id and by slug, and changes its rules alone.
pub async fn spaces_are_kept(world: &World) {
    let directory = &world.directory;
    let space = SpaceRow {
        policy: Policy::of(Profile::Course),
        origins: vec!["https://a.example".into(), "https://b.example:8443".into()],
        ..world.space_row("campus")
    };
    directory.space_add(space.clone()).await.unwrap();
    assert_eq!(directory.space(space.id).await.unwrap(), Some(space.clone()));
    assert_eq!(
        directory.space_by_slug("campus").await.unwrap(),
        Some(space.clone())
    );
    assert_eq!(directory.space_by_slug("Campus").await.unwrap(), None);
    let slugs: Vec<String> = directory
        .spaces()
        .await
        .unwrap()
        .into_iter()
        .map(|space| space.slug)
        .collect();
    assert_eq!(slugs, ["campus", "home"]);

    let policy = Policy {
        members_max: 7,
        ..Policy::of(Profile::Meeting)
    };
    directory
        .space_update(space.id, policy.clone(), vec!["https://c.example".into()])
        .await
        .unwrap();
    let changed = SpaceRow {
        policy: policy.clone(),
        origins: vec!["https://c.example".into()],
        ..space
    };
    assert_eq!(directory.space(changed.id).await.unwrap(), Some(changed));
    let home = directory.space(world.space).await.unwrap().unwrap();
    assert_eq!(
        home.policy,
        Policy::of(Profile::App),
        "another space is as it was"
    );

    let nowhere = SpaceId(Uuid::from_u128(99));
    assert_eq!(directory.space(nowhere).await.unwrap(), None);
    let refused = directory.space_update(nowhere, policy, Vec::new()).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
}

/// Two spaces have not the same slug, nor the same id.
pub async fn spaces_have_one_slug(world: &World) {
    let refused = world.directory.space_add(world.space_row("home")).await;
    assert!(matches!(refused, Err(StoreError::Exists)));
    let same_id = SpaceRow {
        id: world.space,
        ..world.space_row("other")
    };
    assert!(matches!(
        world.directory.space_add(same_id).await,
        Err(StoreError::Exists)
    ));
    assert_eq!(world.directory.spaces().await.unwrap().len(), 1);
}

/// The operator's counts are those of all spaces.
pub async fn counts_add_up(world: &World) {
    assert_eq!(world.directory.counts().await.unwrap(), (1, 0, 0, Ordinal(0)));
    let (a, b) = world.pair().await;
    let first = world.channel(&[a, b]).await;
    let second = world.channel(&[a]).await;
    world.other_space().await;
    for text in ["x", "y"] {
        world.post(first, b, text).await;
    }
    world.post(second, a, "z").await;
    world.join(second, b, true).await;
    assert_eq!(world.directory.counts().await.unwrap(), (2, 2, 2, Ordinal(3)));
}
