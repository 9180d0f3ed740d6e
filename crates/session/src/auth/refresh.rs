//! Refresh tokens: random, kept as hashes, good once. Using one twice means that two parties hold it, so the device
//! is signed out (RFC 9700, section 4.14.2).

use super::{Auth, Revoked, refusal};
use crate::SessionError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use klatch_protocol::view;
use klatch_store::Rotation;
use klatch_types::Entropy;
use sha2::{Digest, Sha256};

/// Marks a refresh token, so that scanners of leaked secrets can recognise one.
const PREFIX: &str = "kr_";
const TEXT_BYTES: usize = PREFIX.len() + 43;

/// A refresh token in clear; only its hash is stored.
pub(super) struct RefreshToken([u8; 32]);

impl RefreshToken {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        let mut random = [0u8; 32];
        entropy.fill(&mut random);
        Self(random)
    }

    pub(super) fn text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(&self.text())
    }
}

/// SHA-256 of a random secret, which needs no slow hash.
pub(super) fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Auth {
    /// Gives new tokens for a refresh token, which is then spent. Errors: `revoked` if it was spent before (the device
    /// is then signed out) or the account is disabled; `unauthenticated` if it is unknown, expired or of a device that
    /// was signed out.
    pub async fn refresh(&self, refresh_token: &str) -> Result<view::SignedIn, SessionError> {
        let unknown = || refusal::unauthenticated("The refresh token is not valid any more; sign in again.");
        if refresh_token.len() != TEXT_BYTES || !refresh_token.starts_with(PREFIX) {
            return Err(unknown());
        }
        let now = self.clock.now();
        let next = RefreshToken::new(&*self.entropy);
        let next_expires_at = now.plus(self.config.refresh_token_life);
        let rotation = self
            .directory
            .refresh_rotate(sha256(refresh_token), next.hash(), next_expires_at, now)
            .await?;
        let device = match rotation {
            Rotation::Rotated(device) => device,
            Rotation::Reused(device) => {
                tracing::warn!(device = %device.id, user = %device.user, "a refresh token was used twice");
                metrics::counter!("klatch_refresh_reused_total").increment(1);
                self.announce_device(Revoked::Device(device.id));
                return Err(refusal::revoked());
            }
            Rotation::Refused => return Err(unknown()),
        };
        let user = self.directory.user(device.user).await?.ok_or_else(unknown)?;
        if user.disabled_at.is_some() {
            self.revoke(device.id).await?;
            return Err(refusal::revoked());
        }
        self.signed_in(&user, device.id, &next)
    }
}
