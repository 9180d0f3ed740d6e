//! Identity: signing up and in, devices, tokens, keys, and who a token stands for.
//!
//! Three kinds of secret let a caller in: the server's own access tokens ([`Auth::login`], [`Auth::refresh`],
//! [`Auth::guest`]), keys of products' back ends (`kk_…`), and tokens of issuers that a space trusts. Each ends as a
//! [`Principal`], and nothing else tells the rest of the server who is asking.

mod access_token;
mod admin;
mod api_key;
mod audit;
mod claims;
mod device;
mod external;
mod guest;
mod identity;
mod inside;
mod jwks;
mod jws;
mod login;
mod me;
mod operator;
pub mod origin;
pub mod outgoing;
mod password;
mod people;
mod refresh;
mod refusal;
mod seat;
mod space;
#[cfg(test)]
mod tests;

pub use guest::{GUEST_CHANNELS_MAX, GuestRequest};
pub use identity::{Announcement, Revoked, Seat};
pub use login::{Login, SignUp};
pub use operator::NewIssuer;
pub use password::make_up_password;

use crate::rate::{RateConfig, Rates};
use crate::recent::Recent;
use crate::{Principal, SessionError};
use access_token::Keyring;
use identity::Identities;
use jwks::KeySets;
use jws::Jws;
use klatch_store::Directory;
use klatch_store::row::{IssuerRow, SpaceRow};
use klatch_types::{AdminScope, Clock, Entropy, IssuerId, Millis, SpaceId, UserId, limits};
use outgoing::Outgoing;
use password::Passwords;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

const KEYS_CACHED_MAX: usize = 1_000;
const ISSUERS_CACHED_MAX: usize = 1_000;
const SUBJECTS_CACHED_MAX: usize = 50_000;
/// The chore of forgetting refresh tokens, and how often it is due in the whole cluster: a little less than the minute
/// between sweeps, so that a sweep that comes a moment early still does it.
const REFRESH_SWEEP: &str = "refresh_tokens";
const REFRESH_SWEEP_EVERY: Duration = Duration::from_secs(50);

/// How identity behaves; the defaults are those of the contract.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// The `iss` of the server's own tokens; the same on all nodes, and no external issuer may have it.
    pub issuer: String,
    /// Life of an access token.
    pub access_token_life: Duration,
    /// Life of a refresh token.
    pub refresh_token_life: Duration,
    /// How long the directory's word on users, devices and keys is believed before it is asked again; how long what
    /// another process revoked can go on.
    pub believed_for: Duration,
    /// Password hashes that run at once.
    pub password_hashes_at_once: usize,
    /// How often is too often.
    pub rates: RateConfig,
    /// Whether outgoing requests may be plain HTTP to this machine; for tests and development.
    pub outgoing_loopback: bool,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            issuer: "klatch".to_owned(),
            access_token_life: limits::ACCESS_TOKEN_LIFE,
            refresh_token_life: limits::REFRESH_TOKEN_LIFE,
            believed_for: Duration::from_secs(3),
            password_hashes_at_once: 2,
            rates: RateConfig::default(),
            outgoing_loopback: false,
        }
    }
}

/// Identity. One per node, shared behind an `Arc`.
pub struct Auth {
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    config: AuthConfig,
    keyring: Keyring,
    passwords: Passwords,
    rates: Arc<Rates>,
    identities: Identities,
    outgoing: Arc<Outgoing>,
    key_sets: KeySets,
    api_keys: Recent<[u8; 32], UserId>,
    issuers: Recent<String, Arc<IssuerRow>>,
    subjects: Recent<(IssuerId, String), UserId>,
    spaces: Recent<(), Arc<Vec<SpaceRow>>>,
    admins: Recent<(), Arc<HashMap<UserId, AdminScope>>>,
}

impl Auth {
    /// Reads the signing keys, or makes the first. Errors: failures of the directory, keys that cannot be read.
    pub async fn start(
        directory: Arc<dyn Directory>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        config: AuthConfig,
    ) -> Result<Self, SessionError> {
        let keyring =
            Keyring::load(Arc::clone(&directory), &*clock, &*entropy, config.issuer.clone()).await?;
        let believed_for = config.believed_for;
        Ok(Self {
            keyring,
            passwords: Passwords::new(Arc::clone(&entropy), config.password_hashes_at_once)?,
            rates: Arc::new(Rates::new(&config.rates)),
            identities: Identities::new(believed_for),
            outgoing: Arc::new(Outgoing::new(config.outgoing_loopback)),
            key_sets: KeySets::default(),
            api_keys: Recent::new(KEYS_CACHED_MAX, believed_for),
            issuers: Recent::new(ISSUERS_CACHED_MAX, believed_for),
            // Whose a subject is never changes; the bound is for memory only.
            subjects: Recent::new(SUBJECTS_CACHED_MAX, Duration::from_secs(24 * 3600)),
            spaces: Recent::new(1, believed_for),
            admins: Recent::new(1, believed_for),
            directory,
            clock,
            entropy,
            config,
        })
    }

    /// Who a token or key stands for. Errors: `unauthenticated` or `token_expired` with a sentence that repeats
    /// nothing of the token, `revoked`, `unavailable` if an issuer's keys cannot be had, failures of the directory.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, SessionError> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return Err(refusal::unauthenticated("The token is too large."));
        }
        if token.starts_with(api_key::PREFIX) {
            return self.authenticate_api_key(token).await;
        }
        let jws = Jws::parse(token)?;
        let issuer = jws.unverified_issuer()?;
        if issuer == self.keyring.issuer() {
            self.authenticate_own(&jws).await
        } else {
            self.authenticate_external(&jws, &issuer).await
        }
    }

    async fn authenticate_own(&self, jws: &Jws<'_>) -> Result<Principal, SessionError> {
        let claims = self.keyring.verify(jws, self.clock.now()).await?;
        let identity = self.identity(claims.sub, claims.device).await?;
        if identity.space != claims.space {
            return Err(refusal::unauthenticated("The token is for another space."));
        }
        let expires_at = Millis(claims.exp.saturating_mul(1000));
        let who = identity.principal(claims.device, expires_at, claims.channels);
        // A token without a device was made on somebody's behalf: it is not they themselves who ask.
        match who.device {
            Some(_) => self.with_admin(who).await,
            None => Ok(who),
        }
    }

    /// How long a caller's token still holds; nothing if it has ended.
    pub fn rest_of_life(&self, who: &Principal) -> Duration {
        let rest_ms = who.expires_at.0.saturating_sub(self.clock.now().0);
        Duration::from_millis(u64::try_from(rest_ms).unwrap_or(0))
    }

    /// Announces whoever is revoked, on this node or as [`Auth::hear_revoked`] was told, so that sockets can be closed
    /// and other nodes told. A listener that lags has missed some and must [`Auth::recheck`] all its sockets.
    pub fn revocations(&self) -> broadcast::Receiver<Announcement> {
        self.identities.listen()
    }

    /// Another node revoked someone: what this one remembers of them is forgotten and read again.
    pub fn hear_revoked(&self, who: Revoked) {
        let now = self.clock.now();
        self.identities.hear(who, now, now.plus(self.config.believed_for));
        if let Revoked::User(user) = who {
            self.api_keys.forget_value_if(|owner| *owner == user);
        }
    }

    /// The limiters of this node, shared with sessions and transports.
    pub fn rates(&self) -> &Arc<Rates> {
        &self.rates
    }

    /// The client for everything this node asks of others.
    pub fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    /// Password verifications so far, for metrics.
    pub fn password_verifications(&self) -> u64 {
        self.passwords.verifications()
    }

    /// Makes a new signing key. Tokens of the older ones stay good until they expire.
    pub async fn rotate_signing_key(&self) -> Result<(), SessionError> {
        self.keyring.rotate(&*self.clock, &*self.entropy).await
    }

    /// Whether a page of `origin` may connect to a server reached as `host`. Before the first frame the space is not
    /// known; then the origins of all spaces count, and the caller asks again when it is. Errors: failures of the
    /// directory.
    pub async fn origin_allowed(
        &self,
        space: Option<SpaceId>,
        origin: &str,
        host: &str,
    ) -> Result<bool, SessionError> {
        if origin::allowed(origin, host, &[]) {
            return Ok(true);
        }
        let spaces = self.spaces_lately().await?;
        let mut meant = spaces
            .iter()
            .filter(|row| space.is_none_or(|space| space == row.id));
        Ok(meant.any(|row| origin::allowed(origin, host, &row.origins)))
    }

    /// All spaces, as the directory knew them a moment ago.
    async fn spaces_lately(&self) -> Result<Arc<Vec<SpaceRow>>, SessionError> {
        let now = self.clock.now();
        if let Some(spaces) = self.spaces.get(&(), now) {
            return Ok(spaces);
        }
        let spaces = Arc::new(self.directory.spaces().await?);
        self.spaces.put((), Arc::clone(&spaces), now);
        Ok(spaces)
    }

    /// What is due every minute or so: forgets limiters of callers long gone, and, if no other node has just done it,
    /// refresh tokens that expired. Errors: failures of the directory.
    pub async fn sweep(&self) -> Result<(), SessionError> {
        self.rates.retain_recent();
        let now = self.clock.now();
        let mine = self
            .directory
            .chore_claim(REFRESH_SWEEP, REFRESH_SWEEP_EVERY, now);
        if mine.await? {
            let forgotten = self.directory.refresh_sweep(now).await?;
            tracing::debug!(forgotten, "swept refresh tokens");
        }
        Ok(())
    }
}
