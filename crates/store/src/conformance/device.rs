//! Devices and refresh tokens.

use super::World;
use super::world::{NOW, later};
use crate::{Rotation, StoreError};
use klatch_engine::row::{DeviceRow, RefreshRow};
use klatch_types::{DeviceId, UserId};
use std::sync::Arc;
use uuid::Uuid;

/// A device belongs to a user who is there; its id and its token are its own.
pub async fn devices_need_a_user(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let (device, token) = world.device(ana).await;
    assert_eq!(directory.device(device.id).await.unwrap(), Some(device.clone()));
    assert_eq!(
        directory.device(DeviceId(Uuid::from_u128(7))).await.unwrap(),
        None
    );

    let refresh = |hash| RefreshRow {
        hash,
        device: device.id,
        expires_at: later(1),
        used_at: None,
    };
    let lost = world.device_row(UserId(Uuid::from_u128(7)), NOW);
    let refused = directory.device_add(lost, refresh(world.hash())).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let refused = directory.device_add(device.clone(), refresh(world.hash())).await;
    assert!(matches!(refused, Err(StoreError::Exists)));
    let same_token = world.device_row(ana, NOW);
    let refused = directory.device_add(same_token.clone(), refresh(token)).await;
    assert!(matches!(refused, Err(StoreError::Exists)));
    assert_eq!(
        directory.device(same_token.id).await.unwrap(),
        None,
        "all of it or nothing"
    );
}

/// A user's own devices, the last used first.
pub async fn devices_come_last_used_first(world: &World) {
    let directory = &world.directory;
    let (ana, rui) = (world.user("ana").await, world.user("rui").await);
    world.device(rui).await;
    let mut devices = Vec::new();
    for seen in [2, 9, 4] {
        let device = world.device_row(ana, later(seen));
        let refresh = RefreshRow {
            hash: world.hash(),
            device: device.id,
            expires_at: later(3_600_000),
            used_at: None,
        };
        directory
            .device_add(device.clone(), refresh.clone())
            .await
            .unwrap();
        devices.push((device, refresh.hash));
    }
    let seen = async || -> Vec<i64> {
        let devices = directory.devices_of(ana).await.unwrap();
        devices.iter().map(|device| device.seen_at.0 - NOW.0).collect()
    };
    assert_eq!(seen().await, [9, 4, 2]);
    let (hash, now) = (devices[0].1, later(20));
    directory
        .refresh_rotate(hash, world.hash(), later(99), now)
        .await
        .unwrap();
    assert_eq!(seen().await, [20, 9, 4], "a rotation is a use");
    assert!(directory.device_revoke(devices[1].0.id, now).await.unwrap());
    assert_eq!(seen().await, [20, 4]);
}

/// Revoking happens once; afterwards the device's tokens are worth nothing.
pub async fn revoked_devices_are_out(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let (device, token) = world.device(ana).await;
    let (other, other_token) = world.device(ana).await;
    assert!(directory.device_revoke(device.id, later(5)).await.unwrap());
    assert!(!directory.device_revoke(device.id, later(6)).await.unwrap());
    let revoked = directory.device(device.id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(later(5)), "the first time stays");
    assert_eq!(directory.devices_of(ana).await.unwrap(), [other]);
    let rotated = directory
        .refresh_rotate(token, world.hash(), later(99), later(7))
        .await
        .unwrap();
    assert_eq!(rotated, Rotation::Refused);
    let rotated = directory
        .refresh_rotate(other_token, world.hash(), later(99), later(7))
        .await
        .unwrap();
    assert!(
        matches!(rotated, Rotation::Rotated(_)),
        "the other device goes on"
    );
    let nothing = directory.device_revoke(DeviceId(Uuid::from_u128(7)), NOW).await;
    assert!(matches!(nothing, Err(StoreError::NotFound)));
}

/// A token rotates once; its second use revokes the device and so every later token of it.
pub async fn tokens_are_used_once(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let (device, first) = world.device(ana).await;
    let (second, third) = (world.hash(), world.hash());

    let rotated = directory
        .refresh_rotate(first, second, later(9_000), later(10))
        .await
        .unwrap();
    let used = DeviceRow {
        seen_at: later(10),
        ..device.clone()
    };
    assert_eq!(rotated, Rotation::Rotated(used.clone()));
    assert_eq!(directory.device(device.id).await.unwrap(), Some(used));
    let rotated = directory
        .refresh_rotate(second, third, later(9_000), later(20))
        .await
        .unwrap();
    assert!(matches!(rotated, Rotation::Rotated(_)));

    let reused = directory
        .refresh_rotate(first, world.hash(), later(9_000), later(30))
        .await
        .unwrap();
    let revoked = DeviceRow {
        seen_at: later(20),
        revoked_at: Some(later(30)),
        ..device.clone()
    };
    assert_eq!(reused, Rotation::Reused(revoked.clone()));
    assert_eq!(directory.device(device.id).await.unwrap(), Some(revoked));
    for token in [third, first] {
        let refused = directory
            .refresh_rotate(token, world.hash(), later(9_000), later(40))
            .await
            .unwrap();
        assert_eq!(refused, Rotation::Refused);
    }
    let unknown = directory
        .refresh_rotate(world.hash(), world.hash(), later(9_000), later(40))
        .await;
    assert_eq!(unknown.unwrap(), Rotation::Refused);
}

/// A token ends at its time, used or not; what ended can be forgotten.
pub async fn expired_tokens_are_refused(world: &World) {
    let directory = &world.directory;
    let ana = world.user("ana").await;
    let (device, first) = world.device(ana).await;
    let second = world.hash();
    directory
        .refresh_rotate(first, second, later(100), later(10))
        .await
        .unwrap();
    let refused = directory
        .refresh_rotate(second, world.hash(), later(200), later(100))
        .await
        .unwrap();
    assert_eq!(refused, Rotation::Refused);
    assert_eq!(
        directory.refresh_sweep(later(100)).await.unwrap(),
        0,
        "not before its time"
    );
    assert_eq!(directory.refresh_sweep(later(101)).await.unwrap(), 1);
    assert_eq!(directory.refresh_sweep(later(101)).await.unwrap(), 0);

    let reused = directory
        .refresh_rotate(first, world.hash(), later(200), later(50))
        .await
        .unwrap();
    assert!(
        matches!(reused, Rotation::Reused(_)),
        "a used token stays known until it ends"
    );
    assert!(
        directory
            .device(device.id)
            .await
            .unwrap()
            .unwrap()
            .revoked_at
            .is_some()
    );
}

/// Of many who come with the same token at once exactly one gets the next; the others revoke the device.
pub async fn of_many_rotations_at_once_one_wins(world: &World) {
    let ana = world.user("ana").await;
    for _ in 0..8 {
        let (device, token) = world.device(ana).await;
        let start = Arc::new(tokio::sync::Barrier::new(4));
        let tries: Vec<_> = (0..4)
            .map(|_| {
                let (directory, start) = (Arc::clone(&world.directory), Arc::clone(&start));
                let next = world.hash();
                tokio::spawn(async move {
                    start.wait().await;
                    directory
                        .refresh_rotate(token, next, later(9_000), later(10))
                        .await
                        .unwrap()
                })
            })
            .collect();
        let (mut rotated, mut reused, mut refused) = (0, 0, 0);
        for attempt in tries {
            match attempt.await.unwrap() {
                Rotation::Rotated(_) => rotated += 1,
                Rotation::Reused(_) => reused += 1,
                Rotation::Refused => refused += 1,
            }
        }
        assert_eq!(
            (rotated, reused, refused),
            (1, 1, 2),
            "the second revokes, the rest come too late"
        );
        let device = world.directory.device(device.id).await.unwrap().unwrap();
        assert_eq!(device.revoked_at, Some(later(10)));
    }
}

/// A device has the name it was given last.
pub async fn devices_are_renamed(world: &World) {
    let user = world.user("ana").await;
    let (device, _) = world.device(user).await;
    world.directory.device_rename(device.id, "Phone").await.unwrap();
    let renamed = world.directory.device(device.id).await.unwrap().unwrap();
    let name = "Phone".to_owned();
    assert_eq!(renamed, DeviceRow { name, ..device });
    let nobody = DeviceId(Uuid::from_u128(7));
    let refused = world.directory.device_rename(nobody, "x").await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
}
