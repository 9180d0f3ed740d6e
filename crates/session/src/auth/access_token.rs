//! The server's own access tokens: JWTs (RFC 7519) signed with Ed25519 (RFC 8037), typed `at+jwt` (RFC 9068).
//!
//! The keys are made here, kept in the directory and shared by all nodes. The newest signs; all verify.

use super::jws::Jws;
use super::refusal;
use crate::SessionError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signature, Signer, SigningKey};
use klatch_store::row::SigningKeyRow;
use klatch_store::{Directory, StoreError};
use klatch_types::{ChannelId, Clock, DeviceId, Entropy, Millis, Role, SpaceId, UserId};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "at+jwt";
/// How far a node's clock may be behind that of the node that made the token.
const CLOCK_SKEW_MAX_S: i64 = 60;
/// A token of an unknown key makes the keys be read again, because another node may have made one; not more often
/// than this.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);
/// No key was looked up yet.
const NEVER: Millis = Millis(0);

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: UserId,
    pub(super) space: SpaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<DeviceId>,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    /// Channels that a guest is put into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) channels: Vec<(ChannelId, Role)>,
}

struct Key {
    kid: String,
    key: SigningKey,
}

/// The keys, oldest first, never empty.
struct Keys {
    keys: Vec<Key>,
    /// When an unknown key was last looked up.
    read_at: Millis,
}

/// Signs and verifies the server's own tokens.
pub(super) struct Keyring {
    directory: Arc<dyn Directory>,
    issuer: String,
    keys: RwLock<Arc<Keys>>,
}

impl Keyring {
    /// Reads the keys; makes the first one.
    pub(super) async fn load(
        directory: Arc<dyn Directory>,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        issuer: String,
    ) -> Result<Self, SessionError> {
        let mut rows = directory.signing_keys().await?;
        if rows.is_empty() {
            match directory.signing_key_add(new_key(clock.now(), entropy)?).await {
                Ok(()) | Err(StoreError::Exists) => rows = directory.signing_keys().await?,
                Err(error) => return Err(error.into()),
            }
        }
        // Nodes that start at once on an empty database may each make a key: the first unknown one is looked up at once.
        let keys = RwLock::new(Arc::new(Keys::read(&rows, NEVER)?));
        Ok(Self {
            directory,
            issuer,
            keys,
        })
    }

    /// The `iss` of the server's own tokens.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes a key that signs from now on; older ones go on verifying.
    pub(super) async fn rotate(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<(), SessionError> {
        self.directory
            .signing_key_add(new_key(clock.now(), entropy)?)
            .await?;
        self.reload(clock.now()).await
    }

    /// A token for these claims.
    pub(super) fn sign(&self, claims: &Claims) -> Result<String, SessionError> {
        let keys = Arc::clone(&self.keys.read());
        let newest = keys.keys.last().expect("a keyring is never empty");
        let header = serde_json::json!({ "alg": ALGORITHM, "typ": TYPE, "kid": newest.kid });
        let claims = serde_json::to_vec(claims).map_err(|error| SessionError::Internal(error.to_string()))?;
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = newest.key.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        Ok(token)
    }

    /// The claims of a token, if it is one of ours and holds now.
    pub(super) async fn verify(&self, jws: &Jws<'_>, now: Millis) -> Result<Claims, SessionError> {
        if jws.header.alg != ALGORITHM || jws.header.typ.as_deref() != Some(TYPE) {
            return Err(refusal::unauthenticated(
                "The token's `alg` or `typ` is not that of an access token.",
            ));
        }
        let kid = jws
            .header
            .kid
            .as_deref()
            .ok_or_else(|| refusal::unauthenticated("The token names no key."))?;
        self.verify_signature(jws, kid, now).await?;
        let claims: Claims = serde_json::from_slice(&jws.payload)
            .map_err(|_| refusal::unauthenticated("The token lacks claims that an access token has."))?;
        if claims.iss != self.issuer {
            return Err(refusal::unauthenticated("The token is from another issuer."));
        }
        check_times(claims.exp, Some(claims.nbf), now)?;
        Ok(claims)
    }

    async fn verify_signature(&self, jws: &Jws<'_>, kid: &str, now: Millis) -> Result<(), SessionError> {
        let mut keys = Arc::clone(&self.keys.read());
        if keys.find(kid).is_none() && keys.read_at.plus(RELOAD_INTERVAL) <= now {
            self.reload(now).await?;
            keys = Arc::clone(&self.keys.read());
        }
        let key = keys
            .find(kid)
            .ok_or_else(|| refusal::unauthenticated("The token's key is not known here."))?;
        let signature = Signature::from_slice(&jws.signature()?).map_err(|_| refusal::bad_signature())?;
        key.key
            .verifying_key()
            .verify_strict(jws.signed, &signature)
            .map_err(|_| refusal::bad_signature())
    }

    async fn reload(&self, now: Millis) -> Result<(), SessionError> {
        let keys = Keys::read(&self.directory.signing_keys().await?, now)?;
        *self.keys.write() = Arc::new(keys);
        Ok(())
    }
}

impl Keys {
    fn read(rows: &[SigningKeyRow], now: Millis) -> Result<Self, SessionError> {
        let read = |row: &SigningKeyRow| {
            let key = SigningKey::from_pkcs8_der(&row.private_der)
                .map_err(|_| SessionError::Internal(format!("signing key {} cannot be read", row.kid)))?;
            Ok(Key {
                kid: row.kid.clone(),
                key,
            })
        };
        let keys = rows.iter().map(read).collect::<Result<Vec<_>, SessionError>>()?;
        if keys.is_empty() {
            return Err(SessionError::Internal(
                "the directory lost its signing keys".to_owned(),
            ));
        }
        Ok(Self { keys, read_at: now })
    }

    fn find(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

/// Refuses a token that has ended or not begun.
pub(super) fn check_times(exp: i64, nbf: Option<i64>, now: Millis) -> Result<(), SessionError> {
    if exp <= now.seconds() {
        return Err(refusal::expired());
    }
    if nbf.is_some_and(|nbf| nbf > now.seconds().saturating_add(CLOCK_SKEW_MAX_S)) {
        return Err(refusal::unauthenticated(
            "The token is not valid yet; check the clock of its issuer.",
        ));
    }
    Ok(())
}

fn new_key(now: Millis, entropy: &dyn Entropy) -> Result<SigningKeyRow, SessionError> {
    let (mut kid, mut secret) = ([0u8; 9], [0u8; 32]);
    entropy.fill(&mut kid);
    entropy.fill(&mut secret);
    let der = SigningKey::from_bytes(&secret)
        .to_pkcs8_der()
        .map_err(|_| SessionError::Internal("a new signing key cannot be encoded".to_owned()))?;
    Ok(SigningKeyRow {
        kid: URL_SAFE_NO_PAD.encode(kid),
        private_der: der.as_bytes().to_vec(),
        created_at: now,
    })
}
