//! Key sets of external issuers (RFC 7517), fetched when needed and kept by (issuer, kid).
//!
//! A set is fetched when it is old or when a token names a key that it lacks; for one issuer never twice at once and
//! never twice within half a minute, however many tokens with invented key ids come.

use super::outgoing::Outgoing;
use super::refusal;
use crate::SessionError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use klatch_protocol::ErrorCode;
use klatch_types::{IssuerId, Millis};
use parking_lot::Mutex;
use serde::Deserialize;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Two fetches of one issuer's keys are at least this far apart.
const FETCH_INTERVAL_MIN: Duration = Duration::from_secs(30);
/// A set older than this is fetched again, so that keys the issuer withdrew stop working.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// While the issuer cannot be reached, its last set is good for this long.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);
/// Keys read from one set.
const KEYS_MAX: usize = 64;
const RSA_BYTES_MIN: usize = 256;
const RSA_BYTES_MAX: usize = 512;

/// The algorithms of public keys that an issuer may be pinned to (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PublicAlgorithm {
    Es256,
    EdDsa,
    /// Verified only, never signed with (RUSTSEC-2023-0071 is about the private key).
    Rs256,
}

impl PublicAlgorithm {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }
}

impl FromStr for PublicAlgorithm {
    type Err = SessionError;

    fn from_str(text: &str) -> Result<Self, SessionError> {
        [Self::Es256, Self::EdDsa, Self::Rs256]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or_else(|| refusal::invalid("`algorithm` must be one of ES256, EdDSA and RS256."))
    }
}

/// A public key with the one algorithm it is used with.
#[derive(Clone)]
pub(super) enum PublicKey {
    Es256(DecodingKey),
    EdDsa(VerifyingKey),
    Rs256(DecodingKey),
}

impl PublicKey {
    /// Whether the signature over `signed` is this key's.
    pub(super) fn verifies(&self, signed: &[u8], signature: &str) -> bool {
        let by = |key, algorithm| crypto::verify(signature, signed, key, algorithm).unwrap_or(false);
        match self {
            Self::Es256(key) => by(key, Algorithm::ES256),
            Self::Rs256(key) => by(key, Algorithm::RS256),
            Self::EdDsa(key) => URL_SAFE_NO_PAD
                .decode(signature)
                .ok()
                .and_then(|bytes| Signature::from_slice(&bytes).ok())
                .is_some_and(|signature| key.verify_strict(signed, &signature).is_ok()),
        }
    }
}

/// A key as issuers publish it.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
}

impl Jwk {
    /// The key, if it is one for this algorithm.
    fn public_key(&self, algorithm: PublicAlgorithm) -> Option<PublicKey> {
        let signs = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        let meant = self.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str());
        if !signs || !meant {
            return None;
        }
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_ref()?).ok();
        match (algorithm, self.kty.as_str(), self.crv.as_deref()) {
            (PublicAlgorithm::Es256, "EC", Some("P-256")) => {
                let (x, y) = (self.x.as_ref()?, self.y.as_ref()?);
                let sized = bytes(&self.x)?.len() == 32 && bytes(&self.y)?.len() == 32;
                let key = sized.then(|| DecodingKey::from_ec_components(x, y).ok())??;
                Some(PublicKey::Es256(key))
            }
            (PublicAlgorithm::EdDsa, "OKP", Some("Ed25519")) => {
                let bytes: [u8; 32] = bytes(&self.x)?.try_into().ok()?;
                Some(PublicKey::EdDsa(VerifyingKey::from_bytes(&bytes).ok()?))
            }
            (PublicAlgorithm::Rs256, "RSA", _) => {
                let (n, e) = (bytes(&self.n)?, bytes(&self.e)?);
                let sized = (RSA_BYTES_MIN..=RSA_BYTES_MAX).contains(&n.len()) && e.len() <= 4;
                sized.then(|| PublicKey::Rs256(DecodingKey::from_rsa_raw_components(&n, &e)))
            }
            _ => None,
        }
    }
}

/// The keys of one issuer.
#[derive(Clone, Default)]
struct KeySet {
    /// Keys with their ids, in the issuer's order.
    keys: Vec<(Option<String>, PublicKey)>,
    /// When they were fetched.
    fetched_at: Option<Millis>,
    /// When they were last asked for, with or without success.
    tried_at: Option<Millis>,
}

impl KeySet {
    fn read(document: &[u8], algorithm: PublicAlgorithm) -> Option<Vec<(Option<String>, PublicKey)>> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document = serde_json::from_slice(document).ok()?;
        // Keys of kinds unknown here are passed over (RFC 7517, section 5).
        let known = document
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let usable = known.filter_map(|jwk| Some((jwk.kid.clone(), jwk.public_key(algorithm)?)));
        Some(usable.take(KEYS_MAX).collect())
    }

    /// The key of this id. A token without one may only mean the only key.
    fn find(&self, kid: Option<&str>) -> Option<PublicKey> {
        let found = match kid {
            Some(kid) => self.keys.iter().find(|(id, _)| id.as_deref() == Some(kid)),
            None if self.keys.len() == 1 => self.keys.first(),
            None => None,
        };
        found.map(|(_, key)| key.clone())
    }

    fn younger_than(&self, age: Duration, now: Millis) -> bool {
        self.fetched_at.is_some_and(|at| at <= now && now.since(at) < age)
    }

    fn tried_lately(&self, now: Millis) -> bool {
        self.tried_at
            .is_some_and(|at| at <= now && now.since(at) < FETCH_INTERVAL_MIN)
    }
}

/// Where an issuer's keys are, and what they may be used for.
pub(super) struct Source<'a> {
    pub(super) issuer: IssuerId,
    pub(super) url: &'a str,
    pub(super) algorithm: PublicAlgorithm,
}

/// The key sets of all issuers.
#[derive(Default)]
pub(super) struct KeySets {
    sets: Mutex<HashMap<IssuerId, KeySet>>,
    /// Who fetches an issuer's keys now. Others wait for the outcome instead of asking too; no longer than the
    /// client's time-out. There are as many as issuers that operators have added.
    fetching: Mutex<HashMap<IssuerId, Arc<tokio::sync::Mutex<()>>>>,
}

impl KeySets {
    /// The key that a token names. Errors: `unauthenticated` if there is none such, `unavailable` if the issuer's keys
    /// cannot be had.
    pub(super) async fn key(
        &self,
        outgoing: &Outgoing,
        source: &Source<'_>,
        kid: Option<&str>,
        now: Millis,
    ) -> Result<PublicKey, SessionError> {
        if let Some(key) = self.settled(source, kid, now) {
            return key;
        }
        let turn = Arc::clone(self.fetching.lock().entry(source.issuer).or_default());
        let _turn = turn.lock().await;
        if let Some(key) = self.settled(source, kid, now) {
            return key;
        }
        self.fetch(outgoing, source, now).await;
        let set = self.sets.lock().get(&source.issuer).cloned().unwrap_or_default();
        answer(&set, kid, now)
    }

    /// Forgets the keys of an issuer that was removed.
    pub(super) fn forget(&self, issuer: IssuerId) {
        self.sets.lock().remove(&issuer);
        self.fetching.lock().remove(&issuer);
    }

    /// The answer that needs no fetch: the key is there and fresh, or the issuer was asked a moment ago.
    fn settled(
        &self,
        source: &Source<'_>,
        kid: Option<&str>,
        now: Millis,
    ) -> Option<Result<PublicKey, SessionError>> {
        let sets = self.sets.lock();
        let set = sets.get(&source.issuer)?;
        let fresh = set.younger_than(FRESH_FOR, now).then(|| set.find(kid)).flatten();
        match fresh {
            Some(key) => Some(Ok(key)),
            None if set.tried_lately(now) => Some(answer(set, kid, now)),
            None => None,
        }
    }

    async fn fetch(&self, outgoing: &Outgoing, source: &Source<'_>, now: Millis) {
        let fetched = match outgoing.get(source.url).await {
            Ok(document) => {
                let keys = KeySet::read(&document, source.algorithm);
                if keys.is_none() {
                    tracing::warn!(issuer = %source.issuer, "the address of an issuer's keys holds no key set");
                }
                keys
            }
            Err(error) => {
                tracing::warn!(issuer = %source.issuer, %error, "an issuer's keys could not be fetched");
                None
            }
        };
        let mut sets = self.sets.lock();
        let set = sets.entry(source.issuer).or_default();
        set.tried_at = Some(now);
        if let Some(keys) = fetched {
            set.keys = keys;
            set.fetched_at = Some(now);
        }
    }
}

fn answer(set: &KeySet, kid: Option<&str>, now: Millis) -> Result<PublicKey, SessionError> {
    if !set.younger_than(GOOD_FOR, now) {
        return Err(SessionError::refused(
            ErrorCode::Unavailable,
            "The keys of the token's issuer cannot be had just now.",
        ));
    }
    set.find(kid)
        .ok_or_else(|| refusal::unauthenticated("The token's key is not among its issuer's keys."))
}
