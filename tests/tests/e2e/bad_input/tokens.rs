//! Tokens that let nobody in, for both transports.

use super::town::{PUBLISHING, SECRET, SHARING, Town};
use anyhow::{Context, Result};
use klatch_tests::token::{Issuer, hs256, open, unsigned, with_signature};
use serde_json::{Value, json};

/// A token and the code that refuses it.
pub(super) type Case = (String, String, &'static str);

const NO: &str = "unauthenticated";

/// Every one of them.
pub(super) async fn all(town: &Town) -> Result<Vec<Case>> {
    let mut cases = our_own(town)?;
    cases.extend(of_an_issuer(town)?);
    cases.extend(of_others(town).await?);
    cases.extend(
        [
            ("nothing but dots", "..".to_owned()),
            ("three words", "a.b.c".to_owned()),
            ("five parts", "a.b.c.d.e".to_owned()),
            ("a word", "please".to_owned()),
            ("an invented key", format!("kk_{}", "A".repeat(43))),
            ("only the prefix of a key", "kk_".to_owned()),
            ("a refresh token", format!("kr_{}", "A".repeat(43))),
            ("SQL", "' OR 1=1 --".to_owned()),
            ("8,000 letters", "a".repeat(8_000)),
            ("8,000 dots", ".".repeat(8_000)),
        ]
        .map(|(name, token)| (name.to_owned(), token, NO)),
    );
    Ok(cases)
}

/// Mallory's own token, changed; and tokens as the server makes them, made by another.
fn our_own(town: &Town) -> Result<Vec<Case>> {
    let good = town.word("t");
    let (header, claims) = open(good)?;
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let headed = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    let (signed, signature) = good.rsplit_once('.').unwrap_or_default();
    let payload = |header: &Value, claims: &Value| format!("{}.{signature}", unsigned(header, claims));
    let mut cases = vec![
        ("no signature", signed.to_owned()),
        ("an empty signature", format!("{signed}.")),
        ("a signature cut short", good[..good.len() - 2].to_owned()),
        (
            "a signature of noughts",
            with_signature(&header, &claims, &[0; 64]),
        ),
        (
            "another user",
            payload(&header, &changed("sub", json!(town.word("r")))),
        ),
        (
            "another space",
            payload(&header, &changed("space", json!(town.word("f")))),
        ),
        (
            "a later end",
            payload(&header, &changed("exp", json!(99_999_999_999_i64))),
        ),
        (
            "more channels",
            payload(&header, &changed("channels", json!([[town.word("q"), "owner"]]))),
        ),
        ("another key", payload(&headed("kid", json!("other")), &claims)),
        (
            "a key by path",
            payload(&headed("kid", json!("../../etc/passwd")), &claims),
        ),
        (
            "a key by SQL",
            payload(&headed("kid", json!("x' UNION SELECT 1 --")), &claims),
        ),
        (
            "a critical extension",
            payload(&headed("crit", json!(["exp"])), &claims),
        ),
        ("blanks in it", format!(" {} ", good.replace('.', " . "))),
        ("padding", format!("{good}=")),
    ];
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        cases.push((
            "alg none",
            format!("{}.", unsigned(&headed("alg", json!(alg)), &claims)),
        ));
    }
    let kid = header["kid"].as_str().unwrap_or_default().to_owned();
    for (name, secret) in [
        ("HS256 by nothing", ""),
        ("HS256 by a word", "secret"),
        ("HS256 by the key's name", &kid),
    ] {
        cases.push((
            name,
            hs256(&headed("alg", json!("HS256")), &claims, secret.as_bytes())?,
        ));
    }
    Ok(cases
        .into_iter()
        .map(|(name, token)| (format!("our own token with {name}"), token, NO))
        .collect())
}

/// What a token of the publishing issuer says, with changes.
fn issued(town: &Town, changes: &Value) -> Result<Value> {
    let mut claims = json!({ "iss": PUBLISHING, "sub": "eve", "exp": now(town)? + 600 });
    for (name, value) in changes.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    Ok(claims)
}

/// The server's time, seconds.
fn now(town: &Town) -> Result<i64> {
    open(town.word("t"))?.1["iat"]
        .as_i64()
        .context("a token tells when it was made")
}

/// Tokens by the right key that say what does not do.
fn of_an_issuer(town: &Town) -> Result<Vec<Case>> {
    let now = now(town)?;
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" });
    let rows = [
        ("that says it is ours", json!({ "iss": "klatch" }), NO),
        ("that has ended", json!({ "exp": now - 1 }), "token_expired"),
        ("that ended in 1970", json!({ "exp": 0 }), "token_expired"),
        ("that never ends", json!({ "exp": null }), NO),
        ("whose end is a text", json!({ "exp": "9999999999" }), NO),
        ("whose end is beyond all numbers", json!({ "exp": 1e300 }), NO),
        ("that has not begun", json!({ "nbf": now + 3_600 }), NO),
        ("without a subject", json!({ "sub": null }), NO),
        ("with an empty subject", json!({ "sub": "" }), NO),
        (
            "with a subject of 256 letters",
            json!({ "sub": "a".repeat(256) }),
            NO,
        ),
        ("with NUL in its subject", json!({ "sub": "a\0b" }), NO),
        ("with channels that are none", json!({ "channels": ["x"] }), NO),
        (
            "of the issuer that shares a secret",
            json!({ "iss": SHARING }),
            NO,
        ),
    ];
    let mut cases = Vec::new();
    for (name, changes, code) in rows {
        cases.push((
            format!("issued token {name}"),
            town.issuer.sign(&header, &issued(town, &changes)?),
            code,
        ));
    }
    for (name, header) in [
        (
            "with another algorithm in its header",
            json!({ "alg": "RS256", "kid": "k1" }),
        ),
        ("without an algorithm", json!({ "kid": "k1" })),
        ("of an unknown key", json!({ "alg": "EdDSA", "kid": "k2" })),
    ] {
        cases.push((
            format!("issued token {name}"),
            town.issuer.sign(&header, &issued(town, &json!({}))?),
            NO,
        ));
    }
    Ok(cases)
}

/// Tokens by keys that are not the issuer's.
async fn of_others(town: &Town) -> Result<Vec<Case>> {
    let (header, claims) = (
        json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" }),
        issued(town, &json!({}))?,
    );
    let hs = json!({ "alg": "HS256", "typ": "JWT", "kid": "k1" });
    let other = Issuer::start(8).await?;
    let bring = json!({ "alg": "EdDSA", "kid": "k1", "jwk": other.jwk() });
    let name = json!({ "alg": "EdDSA", "kid": "k1", "jku": other.url() });
    let sharing = issued(town, &json!({ "iss": SHARING }))?;
    let mut cases = vec![
        ("by a stranger's key", other.sign(&header, &claims)),
        (
            "by an issuer that nobody trusts",
            other.sign(&header, &issued(town, &json!({ "iss": other.url() }))?),
        ),
        ("that brings its own key", other.sign(&bring, &claims)),
        ("that names where its key is", other.sign(&name, &claims)),
        (
            "by the secret of another issuer",
            hs256(&hs, &claims, SECRET.as_bytes())?,
        ),
        ("by a guessed secret", hs256(&hs, &sharing, b"guess")?),
        (
            "without a signature",
            format!("{}.", unsigned(&json!({ "alg": "none" }), &sharing)),
        ),
    ];
    // HS256 with the public key for a secret: the mix-up of algorithms (RFC 8725 section 2.1).
    for (form, secret) in town.issuer.public_forms() {
        cases.push((form, hs256(&hs, &claims, &secret)?));
    }
    Ok(cases
        .into_iter()
        .map(|(name, token)| (format!("forged token {name}"), token, NO))
        .collect())
}

/// Tokens of both issuers that are good, so that the refusals above mean something.
pub(super) fn good(town: &Town) -> Result<Vec<String>> {
    let now = now(town)?;
    let claims = |issuer: &str| json!({ "iss": issuer, "sub": "eve", "exp": now + 600 });
    Ok(vec![
        town.issuer
            .sign(&json!({ "alg": "EdDSA", "kid": "k1" }), &claims(PUBLISHING)),
        hs256(&json!({ "alg": "HS256" }), &claims(SHARING), SECRET.as_bytes())?,
    ])
}
