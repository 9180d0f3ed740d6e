use super::external::{Issuer, claims, house, trust, with};
use super::jwks_server::JwksServer;
use super::{House, START, code};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use klatch_protocol::ErrorCode;
use klatch_store::row::{ClaimNames, IssuerKeys};
use serde_json::{Value, json};
use std::time::Duration;

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

fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
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
