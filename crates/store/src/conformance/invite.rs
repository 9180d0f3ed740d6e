//! Invitations.

use super::world::{NOW, later};
use super::{Deed, World};
use crate::StoreError;
use klatch_engine::row::InviteRow;
use klatch_types::{ChannelId, InviteId};
use uuid::Uuid;

/// An invitation is found by its code alone, with how often it was used, also when it is over.
pub async fn invitations_are_found_by_code(world: &World) {
    let directory = &world.directory;
    let (a, b) = world.pair().await;
    let channel = world.channel(&[a]).await;
    let invite = InviteRow {
        uses_max: None,
        ..world.invite_row(channel, a)
    };
    directory.invite_add(invite.clone()).await.unwrap();
    assert_eq!(
        directory.invite(&invite.code).await.unwrap(),
        Some(invite.clone())
    );
    assert_eq!(directory.invite(&invite.code.to_uppercase()).await.unwrap(), None);

    let join = Deed::Join {
        user: b,
        sees_history: true,
        invite: Some(invite.id),
    };
    world.write(channel, b, join).await;
    let used = InviteRow {
        uses: 1,
        ..invite.clone()
    };
    assert_eq!(directory.invite(&invite.code).await.unwrap(), Some(used.clone()));
    directory
        .invite_revoke(channel, invite.id, later(3))
        .await
        .unwrap();
    let revoked = InviteRow {
        revoked_at: Some(later(3)),
        ..used
    };
    assert_eq!(directory.invite(&invite.code).await.unwrap(), Some(revoked));

    let same_code = InviteRow {
        code: invite.code.clone(),
        ..world.invite_row(channel, a)
    };
    assert!(matches!(
        directory.invite_add(same_code).await,
        Err(StoreError::Exists)
    ));
    let same_id = InviteRow {
        id: invite.id,
        ..world.invite_row(channel, a)
    };
    assert!(matches!(
        directory.invite_add(same_id).await,
        Err(StoreError::Exists)
    ));
    let nowhere = world.invite_row(ChannelId(Uuid::from_u128(7)), a);
    assert!(matches!(
        directory.invite_add(nowhere).await,
        Err(StoreError::NotFound)
    ));
}

/// The list has those that are neither revoked nor expired, spent ones among them, oldest first.
pub async fn invites_end(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let channel = world.channel(&[ana]).await;
    let mut invites = Vec::new();
    for (made, ends) in [(3, 100), (1, 300), (2, 200)] {
        let invite = InviteRow {
            created_at: later(made),
            expires_at: later(ends),
            uses: 3,
            ..world.invite_row(channel, ana)
        };
        directory.invite_add(invite.clone()).await.unwrap();
        invites.push(invite);
    }
    let live = async |at| -> Vec<i64> {
        let live = directory.invites_of(channel, later(at)).await.unwrap();
        live.iter().map(|invite| invite.created_at.0 - NOW.0).collect()
    };
    assert_eq!(live(99).await, [1, 2, 3]);
    assert_eq!(live(100).await, [1, 2], "over at its end, not after");
    directory
        .invite_revoke(channel, invites[1].id, later(50))
        .await
        .unwrap();
    directory
        .invite_revoke(channel, invites[1].id, later(60))
        .await
        .unwrap();
    assert_eq!(live(0).await, [2, 3]);
    let revoked = directory.invite(&invites[1].code).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(later(50)), "the first time stays");
    assert_eq!(live(200).await, Vec::<i64>::new());
}

/// One channel's invitations are neither listed nor revoked through another.
pub async fn invites_of_channels_are_apart(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let (one, two) = (world.channel(&[ana]).await, world.channel(&[ana]).await);
    let invite = world.invite_row(one, ana);
    directory.invite_add(invite.clone()).await.unwrap();
    assert_eq!(directory.invites_of(two, NOW).await.unwrap(), []);
    for (channel, id) in [(two, invite.id), (one, InviteId(Uuid::from_u128(7)))] {
        let refused = directory.invite_revoke(channel, id, NOW).await;
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }
    assert_eq!(directory.invites_of(one, NOW).await.unwrap(), [invite]);
}
