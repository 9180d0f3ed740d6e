//! Keys of back ends, issuers, signing keys.

use super::World;
use super::world::{NOW, later};
use crate::StoreError;
use klatch_engine::row::{ApiKeyRow, ClaimNames, IssuerKeys, IssuerRow, SigningKeyRow};
use klatch_types::{ApiKeyId, IssuerId, Millis, SpaceId, UserId};
use uuid::Uuid;

fn api_key(world: &World, user: UserId, created_at: Millis) -> ApiKeyRow {
    ApiKeyRow {
        id: ApiKeyId::new(created_at, &world.entropy),
        space: world.space,
        user,
        name: "back end".into(),
        hash: world.hash(),
        created_at,
        revoked_at: None,
    }
}

/// Keys of back ends are found by hash, also after they were revoked, and listed by space.
pub async fn back_end_keys_are_kept(world: &World) {
    let directory = &world.directory;
    let user = world.user("system").await;
    let elsewhere = world.other_space().await;
    let (new, old) = (api_key(world, user, later(2)), api_key(world, user, later(1)));
    directory.api_key_add(new.clone()).await.unwrap();
    directory.api_key_add(old.clone()).await.unwrap();
    let other = ApiKeyRow {
        space: elsewhere,
        ..api_key(world, user, NOW)
    };
    directory.api_key_add(other.clone()).await.unwrap();
    assert_eq!(directory.api_key(new.hash).await.unwrap(), Some(new.clone()));
    assert_eq!(directory.api_key(world.hash()).await.unwrap(), None);
    assert_eq!(
        directory.api_keys_of(world.space).await.unwrap(),
        [old.clone(), new.clone()]
    );
    assert_eq!(directory.api_keys_of(elsewhere).await.unwrap(), [other]);

    directory.api_key_revoke(old.id, later(8)).await.unwrap();
    directory.api_key_revoke(old.id, later(9)).await.unwrap();
    let revoked = ApiKeyRow {
        revoked_at: Some(later(8)),
        ..old.clone()
    };
    assert_eq!(directory.api_key(old.hash).await.unwrap(), Some(revoked.clone()));
    assert_eq!(
        directory.api_keys_of(world.space).await.unwrap(),
        [revoked, new.clone()]
    );

    let same_hash = ApiKeyRow {
        hash: new.hash,
        ..api_key(world, user, NOW)
    };
    assert!(matches!(
        directory.api_key_add(same_hash).await,
        Err(StoreError::Exists)
    ));
    let nobody = api_key(world, UserId(Uuid::from_u128(7)), NOW);
    assert!(matches!(
        directory.api_key_add(nobody).await,
        Err(StoreError::NotFound)
    ));
    let unknown = ApiKeyId(Uuid::from_u128(7));
    assert!(matches!(
        directory.api_key_revoke(unknown, NOW).await,
        Err(StoreError::NotFound)
    ));
}

/// Issuers are found by their exact name, both kinds of keys are kept, and a removed one is gone.
pub async fn issuers_are_kept(world: &World) {
    let directory = &world.directory;
    let elsewhere = world.other_space().await;
    let shared = IssuerRow {
        id: IssuerId::new(NOW, &world.entropy),
        space: world.space,
        issuer: "https://login.example/".into(),
        audience: Some("chat".into()),
        keys: IssuerKeys::Hs256 { secret: vec![7; 32] },
        claims: ClaimNames {
            username: Some("preferred_username".into()),
            ..ClaimNames::default()
        },
        created_at: later(2),
    };
    let public = IssuerRow {
        id: IssuerId::new(NOW, &world.entropy),
        issuer: "https://keys.example".into(),
        audience: None,
        keys: IssuerKeys::Jwks {
            url: "https://keys.example/jwks".into(),
            algorithm: "ES256".into(),
        },
        claims: ClaimNames::default(),
        created_at: later(1),
        ..shared.clone()
    };
    for issuer in [&shared, &public] {
        directory.issuer_add(issuer.clone()).await.unwrap();
        assert_eq!(
            directory.issuer(&issuer.issuer).await.unwrap().as_ref(),
            Some(issuer)
        );
    }
    assert_eq!(
        directory.issuer("https://login.example").await.unwrap(),
        None,
        "the slash counts"
    );
    assert_eq!(
        directory.issuers_of(world.space).await.unwrap(),
        [public.clone(), shared.clone()]
    );
    assert_eq!(directory.issuers_of(elsewhere).await.unwrap(), []);

    let same_name = IssuerRow {
        id: IssuerId::new(NOW, &world.entropy),
        space: elsewhere,
        ..shared.clone()
    };
    assert!(matches!(
        directory.issuer_add(same_name.clone()).await,
        Err(StoreError::Exists)
    ));
    let no_space = IssuerRow {
        space: SpaceId(Uuid::from_u128(9)),
        issuer: "x".into(),
        ..same_name.clone()
    };
    assert!(matches!(
        directory.issuer_add(no_space).await,
        Err(StoreError::NotFound)
    ));

    directory.issuer_remove(shared.id).await.unwrap();
    assert_eq!(directory.issuer(&shared.issuer).await.unwrap(), None);
    assert!(matches!(
        directory.issuer_remove(shared.id).await,
        Err(StoreError::NotFound)
    ));
    directory.issuer_add(same_name).await.unwrap();
    assert_eq!(directory.issuers_of(world.space).await.unwrap(), [public]);
}

/// The server's own keys come oldest first.
pub async fn signing_keys_are_kept(world: &World) {
    let directory = &world.directory;
    assert_eq!(directory.signing_keys().await.unwrap(), []);
    let key = |kid: &str, at| SigningKeyRow {
        kid: kid.into(),
        private_der: vec![1, 2, 3],
        created_at: later(at),
    };
    for (kid, at) in [("b", 5), ("c", 1), ("a", 5)] {
        directory.signing_key_add(key(kid, at)).await.unwrap();
    }
    let kept = directory.signing_keys().await.unwrap();
    assert_eq!(kept, [key("c", 1), key("a", 5), key("b", 5)]);
    assert!(matches!(
        directory.signing_key_add(key("a", 9)).await,
        Err(StoreError::Exists)
    ));
}
