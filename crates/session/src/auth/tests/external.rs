use super::jwks_server::JwksServer;
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
use std::time::Duration;

const ISSUER: &str = "https://id.example";
const SECRET: &[u8] = b"a secret of at least 32 bytes, for tests only";
const CHANNEL: &str = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";

/// A token signed in the year 2026 with an RSA key that nobody kept; good until 2100.
const RS256_TOKEN: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InJzYS0xIn0",
    ".eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJzdWJqZWN0LXJzIiwibmFtZSI6IlJpdGEiLCJleHAiOjQxMDI0NDQ4MDB9",
    ".lWpYkqnFeMauZVtKRsYHlYMZZMCg4zCurwXcD2Mice0_8pm19cnFSvppHsRVgZLFgLX7W_S5iTBNqbZRUref7gzQ1QftPmTfP_5bbR5f",
    "Ty7w9USQjLuyLRbZvMFqsc0PyFuCCNOQx8kec5YGxZ-uUT7slOKhav_9YQZIfItGl4_wB4lMOPvLiNlGppN6ddSXhCfnZHHH1RfVfqS2",
    "NlGp3mJlxfzNliBQZF3QqI5-T5PqAB9XsTCzkGJhMszO_SiqpBkXlW_M7FV86MTZSAp5YvmhMXifGG49apO7s1eOe-mrefI_BS9GZBem",
    "Cciu8NvKeDAGtMnwYuRCxRvpTNKqmg"
);
const RS256_MODULUS: &str = concat!(
    "vu4o6SsdLD10PbLraL_OUIsle8wjWq4Xg66w9VYfjgYZTBJ9dED6KLATBQ_91B6fb32Tm74iLTo4eRbxDnJb2ZnETE9_FLPQNxmXSF48",
    "C1L_dgFv5olNuW7MQaPr9UO_GWwQnSv6b9XETovwpQDzEmfp08_36WHAJtU4MFo3_fd3QP213gSjYwAuxR5TPVLbqEc0xtViKfy5D0DU",
    "oNjGAQMEjn6azRm87LiYIL002b5C9DaQkyBfe0Oc2q7PWL59UVriB43bbf_GWIEl0XZOtTGLgCMSYxGpF9MNrA30MCt7kOdbOC7ltQax",
    "2hRaUx7tfeH6hYHjEQH2eidZ8An3DQ"
);

/// A signing key of an issuer.
struct Issuer {
    algorithm: Algorithm,
    kid: String,
    key: EncodingKey,
}

impl Issuer {
    /// An Ed25519 key (RFC 8410) of these bytes.
    fn eddsa(kid: &str, secret: [u8; 32]) -> Self {
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
    fn es256(kid: &str, secret: [u8; 32]) -> Self {
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

    fn token(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(self.algorithm)
        };
        encode(&header, claims, &self.key).unwrap()
    }

    fn jwk(&self) -> Value {
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

fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "subject-1", "name": "Ana Sousa", "exp": START.seconds() + 300 })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

async fn house() -> House {
    let config = AuthConfig {
        outgoing_loopback: true,
        ..AuthConfig::default()
    };
    House::with(Policy::of(Profile::App), config).await
}

async fn trust(house: &House, keys: IssuerKeys, claims: ClaimNames, audience: Option<&str>) {
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

async fn trusting_jwks(algorithm: &str, document: &str) -> (House, JwksServer) {
    let (house, server) = (house().await, JwksServer::start(document).await);
    let keys = IssuerKeys::Jwks {
        url: server.url(),
        algorithm: algorithm.to_owned(),
    };
    trust(&house, keys, ClaimNames::default(), None).await;
    (house, server)
}

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
    for (what, token) in [
        ("none", format!("{}.{payload}.", header(r#"{"alg":"none"}"#))),
        (
            "none with a signature",
            format!("{}.{payload}.{signature}", header(r#"{"alg":"none"}"#)),
        ),
        ("no signature", format!("{message}.")),
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

#[tokio::test]
async fn public_keys_verify_with_their_one_algorithm() {
    let (ed, es) = (Issuer::eddsa("ed-1", [3; 32]), Issuer::es256("es-1", [4; 32]));
    let document = key_set(&[
        ed.jwk(),
        es.jwk(),
        json!({ "kty": "oct", "k": "AAAA", "kid": "oct-1" }),
        json!(7),
    ]);
    for (algorithm, good, bad) in [("EdDSA", &ed, &es), ("ES256", &es, &ed)] {
        let (house, server) = trusting_jwks(algorithm, &document).await;
        let who = house.auth.authenticate(&good.token(&claims())).await.unwrap();
        assert_eq!(&*who.name, "Ana Sousa");
        assert!(house.auth.authenticate(&good.token(&claims())).await.is_ok());
        assert_eq!(server.fetches(), 1, "the key is kept");
        assert_eq!(
            code(house.auth.authenticate(&bad.token(&claims())).await),
            ErrorCode::Unauthenticated
        );
        let impostor = match good.algorithm {
            Algorithm::EdDSA => Issuer::eddsa("ed-1", [5; 32]),
            _ => Issuer::es256("es-1", [5; 32]),
        };
        assert_eq!(
            code(house.auth.authenticate(&impostor.token(&claims())).await),
            ErrorCode::Unauthenticated
        );
        let mut changed = good.token(&claims());
        changed.replace_range(changed.len() - 20..changed.len() - 19, "_");
        changed.replace_range(changed.len() - 18..changed.len() - 17, "-");
        assert_eq!(
            code(house.auth.authenticate(&changed).await),
            ErrorCode::Unauthenticated
        );
    }
}

#[tokio::test]
async fn rs256_is_verified() {
    let jwk = json!({ "kty": "RSA", "kid": "rsa-1", "use": "sig", "n": RS256_MODULUS, "e": "AQAB" });
    let (house, _server) = trusting_jwks("RS256", &key_set(&[jwk])).await;
    let who = house.auth.authenticate(RS256_TOKEN).await.unwrap();
    assert_eq!((&*who.username, &*who.name), ("subject-rs", "Rita"));
    let (message, _) = RS256_TOKEN.rsplit_once('.').unwrap();
    let header = message.split_once('.').unwrap().0;
    let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
    let moved = RS256_TOKEN.replace(message, &format!("{header}.{payload}"));
    assert_eq!(
        code(house.auth.authenticate(&moved).await),
        ErrorCode::Unauthenticated
    );
    // The public key as an HMAC secret: the oldest trick against verifiers that trust the header.
    let modulus = URL_SAFE_NO_PAD.decode(RS256_MODULUS).unwrap();
    let header = Header {
        kid: Some("rsa-1".to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let confused = encode(&header, &claims(), &EncodingKey::from_secret(&modulus)).unwrap();
    assert_eq!(
        code(house.auth.authenticate(&confused).await),
        ErrorCode::Unauthenticated
    );
}

#[tokio::test]
async fn weak_or_misused_keys_of_a_set_are_passed_over() {
    let ed = Issuer::eddsa("k", [3; 32]);
    let change = |name: &str, value: Value| {
        let mut jwk = ed.jwk();
        jwk[name] = value;
        jwk
    };
    for (what, jwk) in [
        ("for encryption", change("use", json!("enc"))),
        ("another algorithm", change("alg", json!("ES256"))),
        ("another curve", change("crv", json!("Ed448"))),
        ("too short", change("x", json!("AAAA"))),
        ("too long", change("x", json!("A".repeat(86)))),
        ("another id", change("kid", json!("other"))),
    ] {
        let (house, _server) = trusting_jwks("EdDSA", &key_set(&[jwk])).await;
        assert_eq!(
            code(house.auth.authenticate(&ed.token(&claims())).await),
            ErrorCode::Unauthenticated,
            "{what}"
        );
    }
    let short = json!({ "kty": "RSA", "kid": "rsa-1", "n": "AQAB", "e": "AQAB" });
    let (house, _server) = trusting_jwks("RS256", &key_set(&[short])).await;
    assert_eq!(
        code(house.auth.authenticate(RS256_TOKEN).await),
        ErrorCode::Unauthenticated
    );
}

#[tokio::test]
async fn unknown_key_ids_cause_no_storm_of_fetches() {
    let known = Issuer::eddsa("known", [3; 32]);
    let (house, server) = trusting_jwks("EdDSA", &key_set(&[known.jwk()])).await;
    for n in 0..50 {
        let invented = Issuer::eddsa(&format!("kid-{n}"), [9; 32]);
        assert_eq!(
            code(house.auth.authenticate(&invented.token(&claims())).await),
            ErrorCode::Unauthenticated
        );
    }
    assert_eq!(server.fetches(), 1);
    assert!(house.auth.authenticate(&known.token(&claims())).await.is_ok());
    assert_eq!(server.fetches(), 1);

    let rotated = Issuer::eddsa("rotated", [8; 32]);
    server.answer("200 OK", &key_set(&[rotated.jwk()]));
    assert_eq!(
        code(house.auth.authenticate(&rotated.token(&claims())).await),
        ErrorCode::Unauthenticated
    );
    house.clock.advance(Duration::from_secs(31));
    assert!(
        house.auth.authenticate(&rotated.token(&claims())).await.is_ok(),
        "the set is asked for again"
    );
    assert_eq!(
        code(house.auth.authenticate(&known.token(&claims())).await),
        ErrorCode::Unauthenticated
    );
    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn first_requests_at_once_wait_for_one_fetch() {
    let issuer = Issuer::es256("k", [3; 32]);
    let (house, server) = trusting_jwks("ES256", &key_set(&[issuer.jwk()])).await;
    let token = issuer.token(&claims());
    let all = futures_util::future::join_all((0..8).map(|_| house.auth.authenticate(&token))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_told_from_a_bad_token_and_its_old_keys_last_a_day() {
    let issuer = Issuer::eddsa("k", [3; 32]);
    let (house, server) = trusting_jwks("EdDSA", &key_set(&[issuer.jwk()])).await;
    server.answer("503 Service Unavailable", "");
    let lasting = issuer.token(&with("exp", json!(START.seconds() + 10 * 24 * 3600)));
    let refused = house.auth.authenticate(&lasting).await.unwrap_err().problem();
    assert_eq!(refused.code, ErrorCode::Unavailable);
    assert!(refused.retry_after_ms.is_some());
    house.clock.advance(Duration::from_secs(31));
    server.answer("200 OK", &key_set(&[issuer.jwk()]));
    assert!(house.auth.authenticate(&lasting).await.is_ok());

    server.answer("200 OK", "this is no key set");
    house.clock.advance(Duration::from_secs(23 * 3600));
    assert!(house.auth.authenticate(&lasting).await.is_ok());
    house.clock.advance(Duration::from_secs(2 * 3600));
    assert_eq!(
        code(house.auth.authenticate(&lasting).await),
        ErrorCode::Unavailable
    );
}

#[tokio::test]
async fn an_unknown_issuer_causes_no_fetch_and_a_removed_one_is_forgotten() {
    let issuer = Issuer::eddsa("k", [3; 32]);
    let (house, server) = trusting_jwks("EdDSA", &key_set(&[issuer.jwk()])).await;
    let stranger = issuer.token(&with("iss", json!(server.url())));
    assert_eq!(
        code(house.auth.authenticate(&stranger).await),
        ErrorCode::Unauthenticated
    );
    assert_eq!(server.fetches(), 0);
    assert!(house.auth.authenticate(&issuer.token(&claims())).await.is_ok());
    let row = house.auth.issuers(house.space).await.unwrap().remove(0);
    house.auth.remove_issuer(house.space, row.id).await.unwrap();
    assert_eq!(
        code(house.auth.authenticate(&issuer.token(&claims())).await),
        ErrorCode::Unauthenticated
    );
    assert_eq!(
        code(house.auth.remove_issuer(house.space, row.id).await),
        ErrorCode::NotFound
    );
}
