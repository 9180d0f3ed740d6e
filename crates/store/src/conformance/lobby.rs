//! The lobby.

use super::World;
use super::world::later;
use crate::{LobbyPut, StoreError};
use klatch_engine::row::LobbyRow;
use klatch_types::{ChannelId, Role, UserId};
use uuid::Uuid;

fn waiting(user: UserId, at: i64) -> LobbyRow {
    LobbyRow {
        user,
        role: Role::Member,
        invite: None,
        at: later(at),
    }
}

async fn put(world: &World, channel: ChannelId, row: LobbyRow) -> LobbyPut {
    world.directory.lobby_put(channel, row, 2).await.unwrap()
}

/// Who waits is kept as they came, longest first, and each channel's apart.
pub async fn lobbies_come_longest_first(world: &World) {
    let directory = &world.directory;
    let (a, b) = world.pair().await;
    let (here, there) = (world.channel(&[a]).await, world.channel(&[a]).await);
    let invited = LobbyRow {
        role: Role::Guest,
        invite: Some(world.invite_row(here, a).id),
        ..waiting(b, 9)
    };
    assert_eq!(put(world, here, invited).await, LobbyPut::Added);
    assert_eq!(put(world, here, waiting(a, 3)).await, LobbyPut::Added);
    assert_eq!(put(world, here, waiting(b, 1)).await, LobbyPut::Waiting);
    let all = directory.lobby_of(here).await.unwrap();
    assert_eq!(all, [waiting(a, 3), invited]);
    assert_eq!(directory.lobby_get(here, b).await.unwrap(), Some(invited));
    assert_eq!(directory.lobby_get(there, b).await.unwrap(), None);
    assert_eq!(directory.lobby_of(there).await.unwrap(), []);
}

/// A lobby has an end, and who goes makes room.
pub async fn lobbies_are_bounded(world: &World) {
    let directory = &world.directory;
    let (a, b) = world.pair().await;
    let c = world.user("c").await;
    let channel = world.channel(&[a]).await;
    for (user, expected) in [(a, LobbyPut::Added), (b, LobbyPut::Added), (c, LobbyPut::Full)] {
        assert_eq!(put(world, channel, waiting(user, 1)).await, expected);
    }
    assert_eq!(put(world, channel, waiting(b, 1)).await, LobbyPut::Waiting);
    assert_eq!(directory.lobby_remove(channel, Some(c)).await.unwrap(), 0);
    assert_eq!(directory.lobby_remove(channel, Some(b)).await.unwrap(), 1);
    assert_eq!(put(world, channel, waiting(c, 1)).await, LobbyPut::Added);
    assert_eq!(directory.lobby_remove(channel, None).await.unwrap(), 2);
    assert_eq!(directory.lobby_of(channel).await.unwrap(), []);
    let nowhere = ChannelId(Uuid::from_u128(7));
    assert_eq!(directory.lobby_of(nowhere).await.unwrap(), []);
    assert_eq!(directory.lobby_remove(nowhere, None).await.unwrap(), 0);
    let refused = directory.lobby_put(nowhere, waiting(a, 1), 2).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
}
