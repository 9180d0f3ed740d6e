use super::{House, START, code, login};
use crate::auth::{AuthConfig, NewIssuer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use klatch_protocol::ErrorCode;
use klatch_store::row::{ClaimNames, IssuerKeys};
use klatch_types::{ChannelId, Millis, Policy, Profile, Role, UserKind};
use serde_json::{Value, json};

pub(super) const ISSUER: &str = "https://id.example";
const SECRET: &[u8] = b"a secret of at least 32 bytes, for tests only";
const CHANNEL: &str = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";

/// A signing key of an issuer.
pub(super) struct Issuer {
    pub(super) algorithm: Algorithm,
    kid: String,
    key: EncodingKey,
}

impl Issuer {
    /// An Ed25519 key (RFC 8410) of these bytes.
    pub(super) fn eddsa(kid: &str, secret: [u8; 32]) -> Self {
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
        ];
        der.extend([0x04, 0x22, 0x04, 0x20]);
        der.extend(secret);
        Self {
            algorithm: Algorithm::EdDSA,
            kid: kid.to_owned(),
            key: EncodingKey::from_ed_der(&der),
        }
    }

    /// A P-256 key (RFC 5915 in RFC 5958) of these bytes.
    pub(super) fn es256(kid: &str, secret: [u8; 32]) -> Self {
        let mut der = vec![0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07];
        der.extend([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
        der.extend([0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
        der.extend([0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20]);
        der.extend(secret);
        Self {
            algorithm: Algorithm::ES256,
            kid: kid.to_owned(),
            key: EncodingKey::from_ec_der(&der),
        }
    }

    pub(super) fn token(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(self.algorithm)
        };
        encode(&header, claims, &self.key).unwrap()
    }

    pub(super) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.kid.clone());
        serde_json::to_value(jwk).unwrap()
    }
}

fn hs256(claims: &Value) -> String {
    encode(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(SECRET),
    )
    .unwrap()
}

pub(super) fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "subject-1", "name": "Ana Sousa", "exp": START.seconds() + 300 })
}

pub(super) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

pub(super) async fn house() -> House {
    let config = AuthConfig {
        outgoing_loopback: true,
        ..AuthConfig::default()
    };
    House::with(Policy::of(Profile::App), config).await
}

pub(super) async fn trust(house: &House, keys: IssuerKeys, claims: ClaimNames, audience: Option<&str>) {
    let audience = audience.map(str::to_owned);
    let new = NewIssuer {
        issuer: ISSUER.to_owned(),
        audience,
        keys,
        claims,
    };
    house.auth.add_issuer(house.space, new).await.unwrap();
}

async fn trusting_secret() -> House {
    let house = house().await;
    trust(
        &house,
        IssuerKeys::Hs256 {
            secret: SECRET.to_vec(),
        },
        ClaimNames::default(),
        None,
    )
    .await;
    house
}

/// S1.3: the token of the meeting product is enough.
#[tokio::test]
async fn a_subject_becomes_a_user_once_and_is_renamed_with_the_claim() {
    let house = trusting_secret().await;
    let who = house.auth.authenticate(&hs256(&claims())).await.unwrap();
    assert_eq!((&*who.username, &*who.name), ("subject-1", "Ana Sousa"));
    assert_eq!(
        (who.kind, who.device, who.space),
        (UserKind::Person, None, house.space)
    );
    assert_eq!(who.expires_at, Millis((START.seconds() + 300) * 1000));
    let renamed = house
        .auth
        .authenticate(&hs256(&with("name", json!("  Ana \u{7} Lima "))))
        .await
        .unwrap();
    assert_eq!((renamed.user, &*renamed.name), (who.user, "Ana  Lima"));
    assert_eq!(
        house.directory.user(who.user).await.unwrap().unwrap().name,
        "Ana  Lima"
    );
    let nameless = house
        .auth
        .authenticate(&hs256(&with("name", json!(7))))
        .await
        .unwrap();
    assert_eq!(
        &*nameless.name, "Ana  Lima",
        "a name that is none changes nothing"
    );
    let password = house
        .auth
        .login(login("subject-1", super::PASSWORD), super::PEER)
        .await;
    assert_eq!(code(password), ErrorCode::BadCredentials);
    house.auth.disable_user(who.user).await.unwrap();
    assert_eq!(
        code(house.auth.authenticate(&hs256(&claims())).await),
        ErrorCode::Revoked
    );
}

#[tokio::test]
async fn many_first_requests_at_once_make_one_user() {
    let house = trusting_secret().await;
    let token = hs256(&claims());
    let all = futures_util::future::join_all((0..8).map(|_| house.auth.authenticate(&token))).await;
    let mut users: Vec<_> = all.into_iter().map(|who| who.unwrap().user).collect();
    users.dedup();
    assert_eq!(users.len(), 1);
}

#[tokio::test]
async fn usernames_come_from_the_claim_and_are_made_unique() {
    let house = house().await;
    let names = ClaimNames {
        username: Some("login".to_owned()),
        ..ClaimNames::default()
    };
    trust(
        &house,
        IssuerKeys::Hs256 {
            secret: SECRET.to_vec(),
        },
        names,
        None,
    )
    .await;
    house.sign_up("ana").await;
    let username = async |subject: &str, login: Value| {
        let mut claims = with("sub", json!(subject));
        claims["login"] = login;
        house
            .auth
            .authenticate(&hs256(&claims))
            .await
            .unwrap()
            .username
            .to_string()
    };
    assert_eq!(username("1", json!("rui")).await, "rui");
    assert_eq!(
        username("1", json!("other")).await,
        "rui",
        "it stays what it was at first"
    );
    let taken = username("2", json!("ana")).await;
    assert!(taken.starts_with("ana-") && taken.len() == 12, "{taken}");
    assert!(
        username("3", json!("system")).await.starts_with("system-"),
        "nobody becomes the system"
    );
    assert_eq!(username("4", json!("not a username")).await, "4");
    assert_eq!(username("auth0|5", json!(null)).await, "auth05");
    assert_eq!(username("ÆØÅ", json!(null)).await, "user");
    assert!(username("ØØØ", json!(null)).await.starts_with("user-"));
    let long = username(&"s".repeat(255), json!(null)).await;
    assert_eq!(long, "s".repeat(64));
    let second = username(&"s".repeat(254), json!(null)).await;
    assert_eq!((second.len(), &second[..55]), (64, &*"s".repeat(55)));
}

/// S1.1, S1.3: the token names the meeting and the role.
#[tokio::test]
async fn channels_and_roles_come_from_the_claims() {
    let house = house().await;
    let names = ClaimNames {
        channels: "rooms".to_owned(),
        role: "as".to_owned(),
        ..ClaimNames::default()
    };
    trust(
        &house,
        IssuerKeys::Hs256 {
            secret: SECRET.to_vec(),
        },
        names,
        None,
    )
    .await;
    let channel: ChannelId = CHANNEL.parse().unwrap();
    let role = async |value: Value| {
        let mut claims = with("rooms", json!([CHANNEL, CHANNEL]));
        claims["as"] = value;
        let who = house.auth.authenticate(&hs256(&claims)).await.unwrap();
        assert_eq!(who.channels.len(), 1);
        assert_eq!(who.channels[0].0, channel);
        who.channels[0].1
    };
    for (claim, expected) in [
        (json!("owner"), Role::Owner),
        (json!("organizer"), Role::Owner),
        (json!("moderator"), Role::Moderator),
        (json!("member"), Role::Member),
        (json!("participant"), Role::Member),
        (json!("guest"), Role::Guest),
        (json!("superuser"), Role::Guest),
        (json!(4), Role::Guest),
        (json!([]), Role::Guest),
        (json!(["participant", "moderator"]), Role::Moderator),
        (json!(null), Role::Member),
    ] {
        assert_eq!(role(claim.clone()).await, expected, "{claim}");
    }
    assert!(
        house
            .auth
            .authenticate(&hs256(&claims()))
            .await
            .unwrap()
            .channels
            .is_empty()
    );
    for bad in [
        json!("all"),
        json!({ "id": CHANNEL }),
        json!([1]),
        json!(["general"]),
    ] {
        let refused = house.auth.authenticate(&hs256(&with("rooms", bad.clone()))).await;
        assert_eq!(code(refused), ErrorCode::Unauthenticated, "{bad}");
    }
}

#[tokio::test]
async fn times_subject_and_audience_are_checked() {
    let house = house().await;
    trust(
        &house,
        IssuerKeys::Hs256 {
            secret: SECRET.to_vec(),
        },
        ClaimNames::default(),
        Some("klatch-a"),
    )
    .await;
    let now = START.seconds();
    let base = with("aud", json!("klatch-a"));
    let with = |name: &str, value: Value| {
        let mut claims = base.clone();
        claims[name] = value;
        claims
    };
    let mut endless = base.clone();
    endless.as_object_mut().unwrap().remove("exp");
    for (claims, expected) in [
        (base.clone(), None),
        (with("aud", json!(["other", "klatch-a"])), None),
        (with("exp", json!(now as f64 + 10.5)), None),
        (with("nbf", json!(now + 30)), None),
        (with("sub", json!(12345)), None),
        (endless, Some(ErrorCode::Unauthenticated)),
        (with("exp", json!("soon")), Some(ErrorCode::Unauthenticated)),
        (with("exp", json!(1e18)), Some(ErrorCode::Unauthenticated)),
        (with("exp", json!(-1)), Some(ErrorCode::Unauthenticated)),
        (with("exp", json!(now)), Some(ErrorCode::TokenExpired)),
        (with("exp", json!(0)), Some(ErrorCode::TokenExpired)),
        (with("nbf", json!(now + 90)), Some(ErrorCode::Unauthenticated)),
        (with("nbf", json!("soon")), Some(ErrorCode::Unauthenticated)),
        (with("aud", json!("klatch-b")), Some(ErrorCode::Unauthenticated)),
        (with("aud", json!("klatch-ab")), Some(ErrorCode::Unauthenticated)),
        (with("aud", json!([])), Some(ErrorCode::Unauthenticated)),
        (with("aud", json!(null)), Some(ErrorCode::Unauthenticated)),
        (with("sub", json!("")), Some(ErrorCode::Unauthenticated)),
        (with("sub", json!(null)), Some(ErrorCode::Unauthenticated)),
        (with("sub", json!("a\u{0}b")), Some(ErrorCode::Unauthenticated)),
        (
            with("sub", json!("s".repeat(256))),
            Some(ErrorCode::Unauthenticated),
        ),
        (
            with("iss", json!("https://other.example")),
            Some(ErrorCode::Unauthenticated),
        ),
    ] {
        let outcome = house.auth.authenticate(&hs256(&claims)).await;
        assert_eq!(
            outcome.err().map(|error| error.problem().code),
            expected,
            "{claims}"
        );
    }
}

#[tokio::test]
async fn the_pinned_algorithm_and_key_decide() {
    let house = trusting_secret().await;
    let good = hs256(&claims());
    assert!(house.auth.authenticate(&good).await.is_ok());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let payload = message.split_once('.').unwrap().1;
    let header = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let ed = Issuer::eddsa("k", [3; 32]);
    let wrong_secret = EncodingKey::from_secret(b"another secret of at least 32 bytes");
    // The right key and signature under a header that claims another algorithm.
    let mislabelled = |alg: &str| {
        let message = format!("{}.{payload}", header(&json!({ "alg": alg }).to_string()));
        let key = EncodingKey::from_secret(SECRET);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    };
    assert!(house.auth.authenticate(&mislabelled("HS256")).await.is_ok());
    for (what, token) in [
        ("none", format!("{}.{payload}.", header(r#"{"alg":"none"}"#))),
        (
            "none with a signature",
            format!("{}.{payload}.{signature}", header(r#"{"alg":"none"}"#)),
        ),
        ("no signature", format!("{message}.")),
        ("mislabelled none", mislabelled("none")),
        ("mislabelled ES256", mislabelled("ES256")),
        ("cut", format!("{message}.{}", &signature[..20])),
        (
            "another secret",
            encode(&Header::new(Algorithm::HS256), &claims(), &wrong_secret).unwrap(),
        ),
        (
            "HS384",
            encode(
                &Header::new(Algorithm::HS384),
                &claims(),
                &EncodingKey::from_secret(SECRET),
            )
            .unwrap(),
        ),
        ("EdDSA", ed.token(&claims())),
    ] {
        assert_eq!(
            code(house.auth.authenticate(&token).await),
            ErrorCode::Unauthenticated,
            "{what}"
        );
    }
}
