use super::{House, PASSWORD, PEER, code, login, node, sign_up};
use crate::auth::AuthConfig;
use crate::rate::RateConfig;
use klatch_protocol::ErrorCode;
use klatch_types::{ManualClock, Policy, Profile, SignUp as SignUpPolicy};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn an_account_is_made_signed_in_and_logs_in_again() {
    let house = House::new().await;
    let made = house.auth.sign_up(
        crate::auth::SignUp {
            name: Some("Ana Sousa".parse().unwrap()),
            ..sign_up("ana")
        },
        PEER,
    );
    let made = made.await.unwrap();
    assert_eq!(
        (made.user.username.as_str(), made.user.name.as_str()),
        ("ana", "Ana Sousa")
    );
    assert_eq!(made.expires_in_s, 600);
    let again = house.login("ana", PASSWORD).await.unwrap();
    assert_eq!(again.user, made.user);
    assert_ne!(again.device, made.device);
    let who = house.auth.authenticate(&again.access_token).await.unwrap();
    assert_eq!(
        (who.user, who.space, who.device),
        (made.user.id, house.space, Some(again.device))
    );
}

#[tokio::test]
async fn a_taken_name_a_short_password_and_the_systems_name_are_refused() {
    let house = House::new().await;
    house.sign_up("ana").await;
    assert_eq!(
        code(house.auth.sign_up(sign_up("ana"), PEER).await),
        ErrorCode::Exists
    );
    assert_eq!(
        code(house.auth.sign_up(sign_up("system"), PEER).await),
        ErrorCode::Exists
    );
    let short = crate::auth::SignUp {
        password: "short".to_owned(),
        ..sign_up("rui")
    };
    assert_eq!(code(house.auth.sign_up(short, PEER).await), ErrorCode::Invalid);
    assert!(
        house
            .directory
            .user_by_username(house.space, "rui")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn sign_up_is_refused_where_the_policy_closes_it() {
    let policy = Policy {
        sign_up: SignUpPolicy::Closed,
        ..Policy::of(Profile::App)
    };
    let house = House::with(policy, AuthConfig::default()).await;
    assert_eq!(
        code(house.auth.sign_up(sign_up("ana"), PEER).await),
        ErrorCode::SignUpClosed
    );
    assert!(
        house
            .directory
            .user_by_username(house.space, "ana")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn every_login_that_fails_costs_one_verification_and_tells_the_same() {
    let house = House::new().await;
    let (ana, rui) = (house.sign_up("ana").await, house.sign_up("rui").await);
    house.auth.disable_user(rui.user.id).await.unwrap();
    house
        .auth
        .create_user(house.space, "marta".parse().unwrap(), None, None)
        .await
        .unwrap();
    let long = "x".repeat(2_000);
    let elsewhere = crate::auth::Login {
        space: Some("nowhere".parse().unwrap()),
        ..login("ana", PASSWORD)
    };
    let attempts = [
        ("unknown user", login("nobody", PASSWORD)),
        ("disabled user", login("rui", PASSWORD)),
        ("user without a password", login("marta", PASSWORD)),
        ("the system user", login("system", PASSWORD)),
        ("wrong password", login("ana", "wrong horse battery")),
        ("empty password", login("ana", "")),
        ("overlong password", login("ana", &long)),
        ("unknown space", elsewhere),
        ("username in other letters", login("ANA", PASSWORD)),
    ];
    for (what, attempt) in attempts {
        let before = house.auth.password_verifications();
        let problem = house.auth.login(attempt, PEER).await.unwrap_err().problem();
        assert_eq!(
            (problem.code, problem.detail),
            (ErrorCode::BadCredentials, None),
            "{what}"
        );
        assert_eq!(house.auth.password_verifications() - before, 1, "{what}");
    }
    let before = house.auth.password_verifications();
    assert_eq!(house.login("ana", PASSWORD).await.unwrap().user.id, ana.user.id);
    assert_eq!(house.auth.password_verifications() - before, 1);
}

#[tokio::test]
async fn the_space_may_be_left_out_where_it_is_clear() {
    let house = House::new().await;
    house.space_called("other", Policy::of(Profile::App)).await;
    assert!(
        house.auth.sign_up(sign_up("ana"), PEER).await.is_ok(),
        "of several, the one called default"
    );
    let there = crate::auth::SignUp {
        space: Some("other".parse().unwrap()),
        ..sign_up("ana")
    };
    let there = house.auth.sign_up(there, PEER).await.unwrap();
    let who = house.auth.authenticate(&there.access_token).await.unwrap();
    assert_ne!(
        who.space, house.space,
        "the same name in another space is another user"
    );
    let nowhere = crate::auth::SignUp {
        space: Some("nowhere".parse().unwrap()),
        ..sign_up("rui")
    };
    assert_eq!(code(house.auth.sign_up(nowhere, PEER).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn the_space_must_be_named_where_none_is_called_default() {
    let directory: Arc<dyn klatch_store::Directory> =
        Arc::new(klatch_store::memory::MemoryDirectory::new(Arc::default()));
    let clock = Arc::new(ManualClock::new(super::START));
    let auth = node(&directory, &clock, AuthConfig::default(), 1).await;
    assert_eq!(
        code(auth.login(login("ana", PASSWORD), PEER).await),
        ErrorCode::Invalid
    );
    for slug in ["one", "two"] {
        let policy = Policy::of(Profile::App);
        auth.create_space(slug.parse().unwrap(), slug.parse().unwrap(), policy, vec![])
            .await
            .unwrap();
    }
    assert_eq!(code(auth.sign_up(sign_up("ana"), PEER).await), ErrorCode::Invalid);
    assert_eq!(
        code(auth.login(login("ana", PASSWORD), PEER).await),
        ErrorCode::Invalid
    );
}

#[tokio::test]
async fn attempts_are_limited_before_any_work_is_done() {
    let house = House::new().await;
    house.sign_up("ana").await;
    let config = AuthConfig {
        rates: RateConfig::default(),
        ..AuthConfig::default()
    };
    let auth = node(&house.directory, &house.clock, config, 9).await;
    for _ in 0..5 {
        assert_eq!(
            code(auth.login(login("ana", "wrong horse battery"), PEER).await),
            ErrorCode::BadCredentials
        );
    }
    let worked = auth.password_verifications();
    let refused = auth
        .login(login("ana", PASSWORD), PEER)
        .await
        .unwrap_err()
        .problem();
    assert_eq!(refused.code, ErrorCode::RateLimited);
    assert!(refused.retry_after_ms.unwrap() > 1_000);
    assert_eq!(auth.password_verifications(), worked);
    for name in ["u1", "u2", "u3"] {
        auth.sign_up(sign_up(name), PEER).await.unwrap();
    }
    assert_eq!(
        code(auth.sign_up(sign_up("u4"), PEER).await),
        ErrorCode::RateLimited
    );
}

#[tokio::test]
async fn a_password_set_by_an_operator_signs_the_user_out_everywhere() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    house
        .auth
        .set_password(ana.user.id, "another horse battery")
        .await
        .unwrap();
    assert_eq!(
        code(house.auth.authenticate(&ana.access_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(
        code(house.login("ana", PASSWORD).await),
        ErrorCode::BadCredentials
    );
    assert!(house.login("ana", "another horse battery").await.is_ok());
    assert_eq!(
        code(house.auth.set_password(ana.user.id, "short").await),
        ErrorCode::Invalid
    );
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_comes_back_when_enabled() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    let token = house
        .auth
        .token_for(ana.user.id, Duration::from_secs(3_600))
        .await
        .unwrap();
    assert!(house.auth.authenticate(&token.access_token).await.is_ok());
    house.auth.disable_user(ana.user.id).await.unwrap();
    assert_eq!(
        code(house.auth.authenticate(&token.access_token).await),
        ErrorCode::Revoked
    );
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(
        code(house.auth.authenticate(&token.access_token).await),
        ErrorCode::Revoked
    );
    assert_eq!(
        code(house.auth.token_for(ana.user.id, Duration::from_secs(1)).await),
        ErrorCode::NotFound
    );
    house.auth.enable_user(ana.user.id).await.unwrap();
    assert!(house.auth.authenticate(&token.access_token).await.is_ok());
    assert_eq!(
        code(house.auth.authenticate(&ana.access_token).await),
        ErrorCode::Revoked,
        "the device stays out"
    );
}

#[test]
fn passwords_are_not_shown() {
    for shown in [
        format!("{:?}", sign_up("ana")),
        format!("{:?}", login("ana", PASSWORD)),
    ] {
        assert!(shown.contains("ana") && !shown.contains("horse"), "{shown}");
    }
}
