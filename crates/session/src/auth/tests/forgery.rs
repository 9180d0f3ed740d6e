//! Tokens that look like the server's own and are not.

use super::{House, START};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use klatch_protocol::ErrorCode;
use klatch_types::{DeviceId, SeededEntropy, SpaceId, UserId, limits};
use serde_json::{Value, json};

/// The real key of a server, and what a good token of it says.
struct Mint {
    kid: String,
    key: SigningKey,
    claims: Value,
}

impl Mint {
    async fn of(house: &House) -> Self {
        let ana = house.sign_up("ana").await;
        let row = house.directory.signing_keys().await.unwrap().remove(0);
        let now = START.seconds();
        let claims = json!({
            "iss": "klatch", "sub": ana.user.id, "space": house.space, "device": ana.device,
            "iat": now, "nbf": now, "exp": now + 600,
        });
        Self {
            kid: row.kid,
            key: SigningKey::from_pkcs8_der(&row.private_der).unwrap(),
            claims,
        }
    }

    fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid })
    }

    /// A token signed with the real key.
    fn token(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |signed| self.key.sign(signed).to_bytes().to_vec())
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.token(&header, &self.claims)
    }

    fn without_header(&self, name: &str) -> String {
        let mut header = self.header();
        header.as_object_mut().unwrap().remove(name);
        self.token(&header, &self.claims)
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.token(&self.header(), &claims)
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        self.token(&self.header(), &claims)
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Wrong signatures and keys.
fn wrongly_signed(mint: &Mint) -> Vec<(&'static str, String)> {
    let good = mint.token(&mint.header(), &mint.claims);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let none = |alg: &str| part(&json!({ "alg": alg, "typ": "at+jwt", "kid": mint.kid }));
    let public = mint.key.verifying_key();
    let by_secret = |secret: &[u8]| {
        let mut header = mint.header();
        header["alg"] = json!("HS256");
        let message = format!("{}.{payload}", part(&header));
        let key = EncodingKey::from_secret(secret);
        format!(
            "{message}.{}",
            crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap()
        )
    };
    let stranger = SigningKey::from_bytes(&[7; 32]);
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let mut other = mint.claims.clone();
    other["sub"] = json!(UserId::new(START, &SeededEntropy::new(99)));
    vec![
        ("alg none, no signature", format!("{}.{payload}.", none("none"))),
        ("alg None, no signature", format!("{}.{payload}.", none("None"))),
        (
            "alg none, old signature",
            format!("{}.{payload}.{signature}", none("none")),
        ),
        ("no signature", format!("{message}.")),
        ("no signature part", message.to_owned()),
        ("HS256 with the public key", by_secret(public.as_bytes())),
        (
            "HS256 with the public key in PKCS#8",
            by_secret(public.to_public_key_der().unwrap().as_bytes()),
        ),
        ("HS256 with an empty secret", by_secret(b"")),
        ("HS256 with the kid", by_secret(mint.kid.as_bytes())),
        (
            "a stranger's key",
            signed(&mint.header(), &mint.claims, |m| {
                stranger.sign(m).to_bytes().to_vec()
            }),
        ),
        (
            "one bit of the signature",
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(&flipped)),
        ),
        ("half a signature", format!("{message}.{}", &signature[..40])),
        ("a longer signature", format!("{good}AAAA")),
        (
            "zeros as signature",
            format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        ),
        (
            "other claims, old signature",
            format!("{header}.{}.{signature}", part(&other)),
        ),
        (
            "a padded signature",
            format!("{message}.{}", URL_SAFE.encode(&flipped)),
        ),
    ]
}

/// Headers that the real key signed and that are still no good.
fn wrong_headers(mint: &Mint) -> Vec<(&'static str, String)> {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([9; 32]) });
    let stranger = SigningKey::from_bytes(&[7; 32]);
    let theirs = URL_SAFE_NO_PAD.encode(stranger.verifying_key().as_bytes());
    let mut embedded = mint.header();
    embedded["kid"] = json!("theirs");
    embedded["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "theirs", "x": theirs });
    let mut pointed = mint.header();
    pointed["kid"] = json!("theirs");
    pointed["jku"] = json!("https://evil.example/keys");
    let by_stranger = |header: &Value| signed(header, &mint.claims, |m| stranger.sign(m).to_bytes().to_vec());
    vec![
        ("another algorithm", mint.with_header("alg", json!("ES256"))),
        (
            "the algorithm in other letters",
            mint.with_header("alg", json!("eddsa")),
        ),
        ("a list of algorithms", mint.with_header("alg", json!(["EdDSA"]))),
        ("no algorithm", mint.without_header("alg")),
        ("another type", mint.with_header("typ", json!("JWT"))),
        ("no type", mint.without_header("typ")),
        ("no kid", mint.without_header("kid")),
        ("an unknown kid", mint.with_header("kid", json!("unknown"))),
        (
            "a path as kid",
            mint.with_header("kid", json!("../../etc/passwd")),
        ),
        ("a number as kid", mint.with_header("kid", json!(1))),
        ("a key of its own", by_stranger(&embedded)),
        ("an address of keys of its own", by_stranger(&pointed)),
        ("extensions", mint.with_header("crit", json!(["exp"]))),
        (
            "a key without its kid",
            signed(&json!({ "alg": "EdDSA", "jwk": jwk }), &mint.claims, |_| {
                vec![0; 64]
            }),
        ),
    ]
}

/// Claims that the real key signed and that are still no good.
fn wrong_claims(mint: &Mint) -> Vec<(&'static str, String)> {
    let (now, entropy) = (START.seconds(), SeededEntropy::new(99));
    vec![
        (
            "another issuer",
            mint.with_claim("iss", json!("https://evil.example")),
        ),
        (
            "an issuer in other letters",
            mint.with_claim("iss", json!("Klatch")),
        ),
        ("an empty issuer", mint.with_claim("iss", json!(""))),
        ("no issuer", mint.without_claim("iss")),
        ("no expiry", mint.without_claim("exp")),
        ("a text as expiry", mint.with_claim("exp", json!("4102444800"))),
        ("a list as expiry", mint.with_claim("exp", json!([now + 600]))),
        (
            "an expiry too large to be one",
            mint.with_claim("exp", json!(1e300)),
        ),
        ("no not-before", mint.without_claim("nbf")),
        ("not valid yet", mint.with_claim("nbf", json!(now + 120))),
        ("no subject", mint.without_claim("sub")),
        ("a subject that is no id", mint.with_claim("sub", json!("ana"))),
        (
            "an unknown user",
            mint.with_claim("sub", json!(UserId::new(START, &entropy))),
        ),
        (
            "another space",
            mint.with_claim("space", json!(SpaceId::new(START, &entropy))),
        ),
        ("no space", mint.without_claim("space")),
        (
            "an unknown device",
            mint.with_claim("device", json!(DeviceId::new(START, &entropy))),
        ),
        ("a list as claims", mint.token(&mint.header(), &json!(["klatch"]))),
        (
            "channels of another shape",
            mint.with_claim("channels", json!({ "all": true })),
        ),
    ]
}

/// Texts that are no token at all.
fn garbage(mint: &Mint) -> Vec<(&'static str, String)> {
    let good = mint.token(&mint.header(), &mint.claims);
    let wide = |byte: &str| format!("{good}{byte}");
    vec![
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("many dots", ".".repeat(limits::TOKEN_BYTES_MAX)),
        ("a word", "token".to_owned()),
        ("a JSON text", mint.claims.to_string()),
        ("four parts", format!("{good}.AAAA")),
        ("five parts, as an encrypted token has", "a.b.c.d.e".to_owned()),
        ("a scheme before it", format!("Bearer {good}")),
        ("a space after it", wide(" ")),
        ("a line break after it", wide("\n")),
        ("a NUL after it", wide("\0")),
        ("Unicode", "é.é.é".to_owned()),
        (
            "the other alphabet",
            format!("{}.{}.++//", STANDARD.encode("{}"), STANDARD.encode("{}")),
        ),
        (
            "a header that is no JSON",
            format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode("{"), part(&mint.claims)),
        ),
        (
            "deep JSON",
            format!(
                "{}.{}.AAAA",
                URL_SAFE_NO_PAD.encode("[".repeat(3_000)),
                part(&mint.claims)
            ),
        ),
        (
            "a header with two algorithms",
            format!(
                "{}.{}.AAAA",
                URL_SAFE_NO_PAD.encode(r#"{"alg":"none","alg":"EdDSA"}"#),
                part(&mint.claims)
            ),
        ),
        (
            "oversized",
            mint.with_claim("padding", json!("x".repeat(limits::TOKEN_BYTES_MAX))),
        ),
    ]
}

#[tokio::test]
async fn no_forged_token_is_believed_and_none_is_repeated() {
    let house = House::new().await;
    let mint = Mint::of(&house).await;
    let good = mint.token(&mint.header(), &mint.claims);
    assert!(
        house.auth.authenticate(&good).await.is_ok(),
        "the mint makes good tokens, else the table is worth nothing"
    );

    let cases = [
        wrongly_signed(&mint),
        wrong_headers(&mint),
        wrong_claims(&mint),
        garbage(&mint),
    ]
    .concat();
    assert!(cases.len() >= 60, "{}", cases.len());
    for (what, token) in &cases {
        let problem = house.auth.authenticate(token).await.expect_err(what).problem();
        assert_eq!(problem.code, ErrorCode::Unauthenticated, "{what}");
        let detail = problem.detail.expect(what);
        assert!(detail.len() > 10 && detail.ends_with('.'), "{what}: {detail}");
        let leaks = token
            .split('.')
            .any(|part| part.len() > 8 && detail.contains(part));
        assert!(!leaks, "{what}: {detail}");
    }
    assert!(house.auth.authenticate(&good).await.is_ok());
}

#[tokio::test]
async fn an_expired_token_is_told_from_a_bad_one() {
    let house = House::new().await;
    let mint = Mint::of(&house).await;
    let now = START.seconds();
    for exp in [now, now - 1, 0, -1] {
        let refused = house.auth.authenticate(&mint.with_claim("exp", json!(exp))).await;
        assert_eq!(super::code(refused), ErrorCode::TokenExpired, "{exp}");
    }
    let soon = mint.with_claim("nbf", json!(now + 30));
    assert!(
        house.auth.authenticate(&soon).await.is_ok(),
        "nodes' clocks may differ a little"
    );
}
