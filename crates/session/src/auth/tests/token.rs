use super::{House, PEER, code, node, sign_up};
use crate::Principal;
use crate::auth::{AuthConfig, GUEST_CHANNELS_MAX, GuestRequest, Revoked};
use crate::rate::RateConfig;
use klatch_engine::memory::ChannelTable;
use klatch_engine::row::ChannelRow;
use klatch_protocol::ErrorCode;
use klatch_types::{
    ChannelId, ChannelKind, Millis, Ordinal, Policy, Profile, Role, Rules, SeededEntropy, Seq, SpaceId,
    UserKind, Visibility, limits,
};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

#[tokio::test]
async fn nodes_share_their_keys_and_old_ones_go_on_verifying() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    let other = house.another_node(2).await;
    assert!(other.authenticate(&ana.access_token).await.is_ok());
    assert_eq!(house.directory.signing_keys().await.unwrap().len(), 1);

    other.rotate_signing_key().await.unwrap();
    let newer = other
        .token_for(ana.user.id, Duration::from_secs(60))
        .await
        .unwrap();
    let key_of = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid;
    assert_ne!(key_of(&newer.access_token), key_of(&ana.access_token));
    assert!(
        house.auth.authenticate(&newer.access_token).await.is_ok(),
        "the first unknown key is looked up at once"
    );
    assert!(other.authenticate(&ana.access_token).await.is_ok());
}

#[tokio::test]
async fn a_principal_ends_with_its_token_unless_a_device_can_be_asked() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await;
    let who = house.auth.authenticate(&ana.access_token).await.unwrap();
    let guest = Principal {
        device: None,
        ..who.clone()
    };
    assert_eq!(who.expires_at, Millis((super::START.seconds() + 600) * 1000));
    house.clock.advance(Duration::from_millis(599_400));
    assert!(house.auth.recheck(&who).await.is_ok());
    assert!(house.auth.recheck(&guest).await.is_ok());
    house.clock.advance(Duration::from_millis(100));
    assert!(house.auth.recheck(&who).await.is_ok());
    assert_eq!(code(house.auth.recheck(&guest).await), ErrorCode::TokenExpired);
    assert_eq!(
        code(house.auth.authenticate(&ana.access_token).await),
        ErrorCode::TokenExpired
    );
}

#[tokio::test]
async fn an_api_key_acts_for_its_space_until_it_is_revoked() {
    let house = House::new().await;
    let (row, key) = house
        .auth
        .create_api_key(house.space, "meetings".parse().unwrap())
        .await
        .unwrap();
    assert!(key.starts_with("kk_") && key.len() == 46, "32 random bytes");
    let who = house.auth.authenticate(&key).await.unwrap();
    assert_eq!(
        (who.kind, who.space, who.device),
        (UserKind::System, house.space, None)
    );
    assert_eq!(who.user, house.auth.system_user(house.space).await.unwrap().id);
    assert_eq!(
        house.auth.api_keys(house.space).await.unwrap(),
        std::slice::from_ref(&row)
    );

    let (_, second) = house
        .auth
        .create_api_key(house.space, "other".parse().unwrap())
        .await
        .unwrap();
    let mut heard = house.auth.revocations();
    house.auth.revoke_api_key(house.space, row.id).await.unwrap();
    assert_eq!(heard.try_recv().unwrap().who, Revoked::User(who.user));
    assert_eq!(
        code(house.auth.authenticate(&key).await),
        ErrorCode::Unauthenticated
    );
    assert!(house.auth.authenticate(&second).await.is_ok());
    for wrong in ["kk_", "kk_wrong", &key[..45], &format!("{key}A")] {
        assert_eq!(
            code(house.auth.authenticate(wrong).await),
            ErrorCode::Unauthenticated
        );
    }
}

fn guest(life_s: u64, channels: Vec<(ChannelId, Role)>) -> GuestRequest {
    GuestRequest {
        name: "Visitor".parse().unwrap(),
        username: None,
        life_s,
        channels,
    }
}

/// S1.1: participants come by a token that the product's back end makes.
#[tokio::test]
async fn a_back_end_lets_guests_in_and_nobody_else_does() {
    let house = House::new().await;
    let system = house.auth.system_principal(house.space).await.unwrap();
    let token = house.auth.guest(&system, guest(3_600, vec![])).await.unwrap();
    assert_eq!((token.user.kind, token.expires_in_s), (UserKind::Guest, 3_600));
    let who = house.auth.authenticate(&token.access_token).await.unwrap();
    assert_eq!(
        (who.kind, &*who.name, who.device),
        (UserKind::Guest, "Visitor", None)
    );
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(
        code(house.auth.authenticate(&token.access_token).await),
        ErrorCode::TokenExpired
    );

    let ana = house.sign_up("ana").await;
    let ana = house.auth.authenticate(&ana.access_token).await.unwrap();
    assert_eq!(
        code(house.auth.guest(&ana, guest(60, vec![])).await),
        ErrorCode::Forbidden
    );
    assert_eq!(
        code(house.auth.guest(&who, guest(60, vec![])).await),
        ErrorCode::Forbidden
    );
    let provisioned = house
        .auth
        .provision(&ana, "rui".parse().unwrap(), None, None)
        .await;
    assert_eq!(code(provisioned), ErrorCode::Forbidden);
}

#[tokio::test]
async fn a_guest_of_the_same_username_is_the_same_guest() {
    let house = House::new().await;
    house.sign_up("ana").await;
    let system = house.auth.system_principal(house.space).await.unwrap();
    let named = |username: &str, name: &str| GuestRequest {
        name: name.parse().unwrap(),
        username: Some(username.parse().unwrap()),
        ..guest(60, vec![])
    };
    let first = house.auth.guest(&system, named("visitor-7", "Bo")).await.unwrap();
    let again = house
        .auth
        .guest(&system, named("visitor-7", "Bo Berg"))
        .await
        .unwrap();
    assert_eq!(first.user.id, again.user.id);
    assert_eq!(
        &*house.auth.authenticate(&again.access_token).await.unwrap().name,
        "Bo Berg"
    );
    assert_eq!(
        code(house.auth.guest(&system, named("ana", "Ana")).await),
        ErrorCode::Exists
    );
    assert_eq!(
        code(house.auth.guest(&system, named("system", "Root")).await),
        ErrorCode::Exists
    );
}

/// An empty channel, as the log would have made it.
fn add_channel(house: &House, space: SpaceId, seed: u64) -> ChannelId {
    let id = ChannelId::new(super::START, &SeededEntropy::new(seed));
    let row = ChannelRow {
        id,
        space,
        kind: ChannelKind::Meeting,
        visibility: Visibility::Private,
        name: Some("Standup".to_owned()),
        topic: None,
        pair: None,
        created_at: super::START,
        archived_at: None,
        head: Seq::ZERO,
        ordinal: Ordinal::default(),
        broadcasts: Ordinal::default(),
        access_seq: Seq::ZERO,
        members: 0,
        active_at: super::START,
        last_message: None,
        rules: Rules::default(),
    };
    let table = ChannelTable {
        row,
        events: Vec::new(),
        keys: HashMap::new(),
        amendments: BTreeMap::new(),
        members: BTreeMap::new(),
        bans: BTreeMap::new(),
        lobby: BTreeMap::new(),
        mentions: HashMap::new(),
        broadcasts: Vec::new(),
    };
    house.tables.write().channels.insert(id, table);
    id
}

#[tokio::test]
async fn a_guest_is_put_into_channels_of_the_space_and_no_other() {
    let house = House::new().await;
    let other = house.space_called("other", Policy::of(Profile::Meeting)).await;
    let (ours, theirs) = (
        add_channel(&house, house.space, 1),
        add_channel(&house, other.id, 2),
    );
    let system = house.auth.system_principal(house.space).await.unwrap();
    let token = house
        .auth
        .guest(&system, guest(60, vec![(ours, Role::Moderator)]))
        .await
        .unwrap();
    let who = house.auth.authenticate(&token.access_token).await.unwrap();
    assert_eq!(who.channels, [(ours, Role::Moderator)]);
    let both = guest(60, vec![(ours, Role::Member), (theirs, Role::Member)]);
    assert_eq!(code(house.auth.guest(&system, both).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn guest_tokens_are_bounded() {
    let house = House::new().await;
    let system = house.auth.system_principal(house.space).await.unwrap();
    let day = limits::GUEST_TOKEN_LIFE_MAX.as_secs();
    for life_s in [0, day + 1, u64::MAX] {
        assert_eq!(
            code(house.auth.guest(&system, guest(life_s, vec![])).await),
            ErrorCode::Invalid
        );
    }
    let entropy = SeededEntropy::new(5);
    let channel = || (ChannelId::new(super::START, &entropy), Role::Moderator);
    assert_eq!(
        code(house.auth.guest(&system, guest(60, vec![channel()])).await),
        ErrorCode::NotFound
    );
    let many = (0..=GUEST_CHANNELS_MAX).map(|_| channel()).collect();
    assert_eq!(
        code(house.auth.guest(&system, guest(60, many)).await),
        ErrorCode::Invalid
    );
    let most: Vec<_> = (0..GUEST_CHANNELS_MAX).map(|_| channel()).collect();
    let life = Duration::from_secs(60);
    let token = house
        .auth
        .access_token(system.user, house.space, None, life, most.clone())
        .unwrap();
    assert!(token.len() <= limits::TOKEN_BYTES_MAX, "{}", token.len());
    assert_eq!(house.auth.authenticate(&token).await.unwrap().channels, most);
}

#[tokio::test]
async fn the_default_limits_of_the_contract_stand() {
    let house = House::new().await;
    let config = AuthConfig {
        rates: RateConfig::default(),
        ..AuthConfig::default()
    };
    assert!(config.access_token_life <= Duration::from_secs(600));
    let auth = node(&house.directory, &house.clock, config, 3).await;
    let signed_in = auth.sign_up(sign_up("ana"), PEER).await.unwrap();
    assert_eq!(signed_in.expires_in_s, 600);
    auth.sweep().await.unwrap();
    assert_eq!(auth.rates().remembered(), 1);
}

#[tokio::test]
async fn one_node_forgets_tokens_for_all_and_every_node_its_own_limiters() {
    let house = House::new().await;
    let other = house.another_node(2).await;
    house.sign_up("ana").await;
    let tokens = || house.tables.read().refresh.len();
    house.auth.sweep().await.unwrap();
    house
        .clock
        .advance(limits::REFRESH_TOKEN_LIFE + Duration::from_secs(1));
    other.sweep().await.unwrap();
    assert_eq!(tokens(), 0, "whichever comes first when it is due");

    house.sign_up("rui").await;
    let life = limits::REFRESH_TOKEN_LIFE + Duration::from_secs(1);
    let expired = super::START.plus(life).plus(life);
    house
        .directory
        .chore_claim("refresh_tokens", Duration::from_secs(50), expired)
        .await
        .unwrap();
    house.clock.advance(life);
    house.auth.sweep().await.unwrap();
    assert_eq!(tokens(), 1, "another node is doing it");
    house.clock.advance(Duration::from_secs(60));
    house.auth.sweep().await.unwrap();
    assert_eq!(tokens(), 0);
}
