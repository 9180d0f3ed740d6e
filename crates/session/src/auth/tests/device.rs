use super::{House, PASSWORD, PEER, START, code, login, node};
use crate::auth::{AuthConfig, Revoked};
use klatch_protocol::ErrorCode;
use klatch_types::{ManualClock, Policy, Profile, limits};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let house = House::new().await;
    let first = house.sign_up("ana").await;
    let mut heard = house.auth.revocations();
    house.clock.advance(Duration::from_secs(700));
    assert_eq!(
        code(house.auth.authenticate(&first.access_token).await),
        ErrorCode::TokenExpired
    );
    let second = house.auth.refresh(&first.refresh_token).await.unwrap();
    assert_eq!((second.device, &second.user), (first.device, &first.user));
    assert_ne!(second.refresh_token, first.refresh_token);
    assert!(house.auth.authenticate(&second.access_token).await.is_ok());
    assert!(heard.try_recv().is_err(), "nothing was revoked so far");

    assert_eq!(
        code(house.auth.refresh(&first.refresh_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(heard.try_recv().unwrap().who, Revoked::Device(first.device));
    assert_eq!(
        code(house.auth.authenticate(&second.access_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(
        code(house.auth.refresh(&second.refresh_token).await),
        ErrorCode::Unauthenticated
    );
}

#[tokio::test]
async fn a_refresh_token_ends_and_nonsense_is_none() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    for nonsense in [
        "",
        "kr_",
        "kr_short",
        &ana.access_token,
        &format!("kr_{}", "A".repeat(43)),
        &"é".repeat(23),
    ] {
        assert_eq!(
            code(house.auth.refresh(nonsense).await),
            ErrorCode::Unauthenticated,
            "{nonsense}"
        );
    }
    house
        .clock
        .advance(limits::REFRESH_TOKEN_LIFE + Duration::from_secs(1));
    assert_eq!(
        code(house.auth.refresh(&ana.refresh_token).await),
        ErrorCode::Unauthenticated
    );
}

#[tokio::test]
async fn a_refresh_of_a_disabled_user_is_refused() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    // As if another process had disabled the account without touching its devices.
    house
        .directory
        .user_disable(ana.user.id, Some(START))
        .await
        .unwrap();
    assert_eq!(
        code(house.auth.refresh(&ana.refresh_token).await),
        ErrorCode::Revoked
    );
    let device = house.directory.device(ana.device).await.unwrap().unwrap();
    assert!(device.revoked_at.is_some());
}

#[tokio::test]
async fn logging_out_ends_the_access_token_too() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    let who = house.auth.authenticate(&ana.access_token).await.unwrap();
    let mut heard = house.auth.revocations();
    house.auth.logout(&who).await.unwrap();
    assert_eq!(heard.try_recv().unwrap().who, Revoked::Device(ana.device));
    assert_eq!(
        code(house.auth.authenticate(&ana.access_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(code(house.auth.recheck(&who).await), ErrorCode::Revoked);
    assert_eq!(
        code(house.auth.refresh(&ana.refresh_token).await),
        ErrorCode::Unauthenticated
    );
    assert!(house.auth.logout(&who).await.is_ok(), "twice does no harm");
    let bare = crate::Principal { device: None, ..who };
    assert_eq!(code(house.auth.logout(&bare).await), ErrorCode::Invalid);
}

#[tokio::test]
async fn devices_are_listed_and_only_ones_own_are_revoked() {
    let house = House::new().await;
    let (ana, rui) = (house.sign_up("ana").await, house.sign_up("rui").await);
    house.clock.advance(Duration::from_secs(1));
    let phone = house.login("ana", PASSWORD).await.unwrap();
    let who = house.auth.authenticate(&ana.access_token).await.unwrap();
    let listed = house.auth.devices(&who).await.unwrap().devices;
    let listed: Vec<_> = listed
        .into_iter()
        .map(|device| (device.id, device.current))
        .collect();
    assert_eq!(listed, [(phone.device, false), (ana.device, true)]);

    assert_eq!(
        code(house.auth.revoke_device(&who, rui.device).await),
        ErrorCode::NotFound
    );
    assert!(house.auth.authenticate(&rui.access_token).await.is_ok());
    house.auth.revoke_device(&who, phone.device).await.unwrap();
    assert_eq!(
        code(house.auth.authenticate(&phone.access_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(house.auth.devices(&who).await.unwrap().devices.len(), 1);
}

#[tokio::test]
async fn another_node_notices_a_revocation_within_seconds() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    let other = house.another_node(2).await;
    let who = other.authenticate(&ana.access_token).await.unwrap();
    house.auth.logout(&who).await.unwrap();
    house.clock.advance(AuthConfig::default().believed_for);
    assert_eq!(code(other.recheck(&who).await), ErrorCode::Revoked);
    assert_eq!(
        code(other.authenticate(&ana.access_token).await),
        ErrorCode::Revoked
    );
    assert!(
        AuthConfig::default().believed_for < Duration::from_secs(5),
        "the contract's time"
    );
}

#[tokio::test]
async fn where_one_device_is_allowed_a_login_replaces_the_other() {
    let policy = Policy {
        several_devices: false,
        ..Policy::of(Profile::Course)
    };
    let house = House::with(policy, AuthConfig::default()).await;
    let first = house.sign_up("ana").await;
    let bystander = house.sign_up("rui").await;
    let mut heard = house.auth.revocations();
    let second = house.login("ana", PASSWORD).await.unwrap();
    assert_eq!(heard.try_recv().unwrap().who, Revoked::Replaced(first.device));
    assert_eq!(
        code(house.auth.authenticate(&first.access_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(
        code(house.auth.refresh(&first.refresh_token).await),
        ErrorCode::Unauthenticated
    );
    assert!(house.auth.authenticate(&second.access_token).await.is_ok());
    assert!(house.auth.authenticate(&bystander.access_token).await.is_ok());
}

#[tokio::test]
async fn of_logins_at_once_exactly_one_stays_where_one_is_allowed() {
    let policy = Policy {
        several_devices: false,
        ..Policy::of(Profile::Course)
    };
    let house = House::with(policy, AuthConfig::default()).await;
    let ana = house.sign_up("ana").await;
    let all = futures_util::future::join_all((0..6).map(|_| house.login("ana", PASSWORD))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(house.directory.devices_of(ana.user.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_logins_at_once_on_two_nodes_exactly_one_stays_where_one_is_allowed() {
    let policy = Policy {
        several_devices: false,
        ..Policy::of(Profile::Course)
    };
    let house = House::with(policy, AuthConfig::default()).await;
    let other = house.another_node(2).await;
    let ana = house.sign_up("ana").await;
    for _ in 0..4 {
        let (here, there) = tokio::join!(
            house.login("ana", PASSWORD),
            other.login(login("ana", PASSWORD), PEER)
        );
        let here_or_there = [here.unwrap().device, there.unwrap().device];
        let left = house.directory.devices_of(ana.user.id).await.unwrap();
        assert_eq!(left.len(), 1);
        assert!(here_or_there.contains(&left[0].id), "one of the new ones");
    }
}

#[tokio::test]
async fn a_login_replaces_one_of_a_node_whose_clock_is_ahead() {
    let policy = Policy {
        several_devices: false,
        ..Policy::of(Profile::Course)
    };
    let house = House::with(policy, AuthConfig::default()).await;
    let ahead = Arc::new(ManualClock::new(START.plus(Duration::from_secs(5))));
    let other = node(&house.directory, &ahead, AuthConfig::default(), 2).await;
    house.sign_up("ana").await;
    let first = other.login(login("ana", PASSWORD), PEER).await.unwrap();
    let second = house.login("ana", PASSWORD).await.unwrap();
    let left = house.directory.devices_of(first.user.id).await.unwrap();
    assert_eq!(
        left.iter().map(|device| device.id).collect::<Vec<_>>(),
        [second.device]
    );
}

#[tokio::test]
async fn of_too_many_devices_the_one_unused_longest_goes() {
    let house = House::new().await;
    let first = house.sign_up("ana").await;
    house.clock.advance(Duration::from_secs(1));
    let second = house.login("ana", PASSWORD).await.unwrap();
    for _ in 2..limits::DEVICES_PER_USER_MAX {
        house.clock.advance(Duration::from_secs(1));
        house.login("ana", PASSWORD).await.unwrap();
    }
    house.clock.advance(Duration::from_secs(1));
    let first = house.auth.refresh(&first.refresh_token).await.unwrap();
    assert!(
        house.auth.authenticate(&second.access_token).await.is_ok(),
        "all of them are let in so far"
    );
    house.clock.advance(Duration::from_secs(1));
    house.login("ana", PASSWORD).await.unwrap();
    assert_eq!(
        code(house.auth.authenticate(&second.access_token).await),
        ErrorCode::Revoked
    );
    assert!(
        house.auth.authenticate(&first.access_token).await.is_ok(),
        "used lately, though older"
    );
    let devices = house.directory.devices_of(first.user.id).await.unwrap();
    assert_eq!(devices.len(), limits::DEVICES_PER_USER_MAX as usize);
}
