use super::{House, START, code};
use crate::auth::NewIssuer;
use klatch_protocol::ErrorCode;
use klatch_store::row::{ClaimNames, IssuerKeys};
use klatch_types::{Policy, Profile, SeededEntropy, SpaceId, UserKind};

#[tokio::test]
async fn a_space_comes_with_its_own_user() {
    let house = House::new().await;
    let space = house.space_called("campus", Policy::of(Profile::Campus)).await;
    let system = house.auth.system_user(space.id).await.unwrap();
    assert_eq!(
        (system.kind, system.username.as_str(), system.space),
        (UserKind::System, "system", space.id)
    );
    assert_eq!(house.auth.system_user(space.id).await.unwrap().id, system.id);
    assert_ne!(house.auth.system_user(house.space).await.unwrap().id, system.id);
    let nowhere = SpaceId::new(START, &SeededEntropy::new(9));
    assert_eq!(code(house.auth.system_user(nowhere).await), ErrorCode::NotFound);
    assert_eq!(
        code(house.auth.create_api_key(nowhere, "k".parse().unwrap()).await),
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn a_space_is_refused_for_its_name_policy_or_origins() {
    let house = House::new().await;
    let make = |slug: &str, policy: Policy, origin: &str| {
        let (slug, name) = (slug.parse().unwrap(), "Space".parse().unwrap());
        house
            .auth
            .create_space(slug, name, policy, vec![origin.to_owned()])
    };
    let fine = Policy::of(Profile::App);
    let bad = Policy {
        characters_max: 0,
        ..fine.clone()
    };
    assert_eq!(
        code(make("default", fine.clone(), "https://a.example").await),
        ErrorCode::Exists
    );
    assert_eq!(
        code(make("new", bad, "https://a.example").await),
        ErrorCode::Invalid
    );
    for origin in [
        "*",
        "a.example",
        "https://a.example/",
        "null",
        "https://A.example",
    ] {
        assert_eq!(
            code(make("new", fine.clone(), origin).await),
            ErrorCode::Invalid,
            "{origin}"
        );
    }
    assert!(make("new", fine, "https://a.example:8443").await.is_ok());
}

#[tokio::test]
async fn origins_are_those_of_the_space_once_it_is_known() {
    let house = House::new().await;
    let (slug, name) = ("embedded".parse().unwrap(), "Embedded".parse().unwrap());
    let origins = vec!["https://app.example".to_owned()];
    let made = house
        .auth
        .create_space(slug, name, Policy::of(Profile::App), origins)
        .await
        .unwrap();
    let allowed = async |space, origin: &str| {
        house
            .auth
            .origin_allowed(space, origin, "chat.example")
            .await
            .unwrap()
    };
    assert!(
        allowed(None, "https://app.example").await,
        "before the first frame any space's origin will do"
    );
    assert!(allowed(Some(made.id), "https://app.example").await);
    assert!(!allowed(Some(house.space), "https://app.example").await);
    assert!(
        allowed(Some(house.space), "https://chat.example").await,
        "the server's own pages"
    );
    assert!(!allowed(None, "https://evil.example").await);
    assert!(!allowed(None, "null").await);
}

#[tokio::test]
async fn accounts_are_made_by_operators_and_back_ends() {
    let house = House::new().await;
    let make = |username: &str, password| {
        house
            .auth
            .create_user(house.space, username.parse().unwrap(), None, password)
    };
    let ana = make("ana", Some(super::PASSWORD)).await.unwrap();
    assert_eq!((ana.kind, ana.name.as_str()), (UserKind::Person, "ana"));
    assert!(house.login("ana", super::PASSWORD).await.is_ok());
    assert_eq!(code(make("ana", None).await), ErrorCode::Exists);
    assert_eq!(code(make("system", None).await), ErrorCode::Exists);
    assert_eq!(code(make("rui", Some("short")).await), ErrorCode::Invalid);
    let system = house.auth.system_principal(house.space).await.unwrap();
    let name = Some("Marta Reis".parse().unwrap());
    let marta = house
        .auth
        .provision(&system, "marta".parse().unwrap(), name, None)
        .await
        .unwrap();
    assert_eq!(
        (marta.kind, marta.name.as_str()),
        (UserKind::Person, "Marta Reis")
    );
    let unknown = klatch_types::UserId::new(START, &SeededEntropy::new(9));
    assert_eq!(code(house.auth.disable_user(unknown).await), ErrorCode::NotFound);
    assert_eq!(
        code(house.auth.set_password(unknown, super::PASSWORD).await),
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn issuers_are_refused_for_weak_secrets_inner_addresses_and_unknown_algorithms() {
    let house = House::new().await;
    let add = |issuer: &str, keys: IssuerKeys| {
        let issuer = issuer.to_owned();
        let new = NewIssuer {
            issuer,
            audience: None,
            keys,
            claims: ClaimNames::default(),
        };
        house.auth.add_issuer(house.space, new)
    };
    let secret = |bytes: usize| IssuerKeys::Hs256 {
        secret: vec![7; bytes],
    };
    let jwks = |url: &str, algorithm: &str| IssuerKeys::Jwks {
        url: url.to_owned(),
        algorithm: algorithm.to_owned(),
    };
    for (issuer, keys) in [
        ("https://id.example", secret(31)),
        ("", secret(32)),
        ("klatch", secret(32)),
        ("https://id.example", jwks("http://id.example/keys", "ES256")),
        ("https://id.example", jwks("https://127.0.0.1/keys", "ES256")),
        ("https://id.example", jwks("https://169.254.169.254/", "ES256")),
        ("https://id.example", jwks("https://id.example/keys", "HS256")),
        ("https://id.example", jwks("https://id.example/keys", "none")),
        ("https://id.example", jwks("https://id.example/keys", "es256")),
    ] {
        assert_eq!(
            code(add(issuer, keys.clone()).await),
            ErrorCode::Invalid,
            "{issuer} {keys:?}"
        );
    }
    add("https://id.example", jwks("https://id.example/keys", "ES256"))
        .await
        .unwrap();
    assert_eq!(
        code(add("https://id.example", secret(32)).await),
        ErrorCode::Exists
    );
    assert_eq!(house.auth.issuers(house.space).await.unwrap().len(), 1);
}
