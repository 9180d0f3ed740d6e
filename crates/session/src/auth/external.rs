//! Tokens of external issuers that a space trusts. The issuer is looked up before anything else happens; then only
//! its own keys, with its one pinned algorithm, decide.

use super::claims::External;
use super::identity::Identity;
use super::jwks::{PublicAlgorithm, Source};
use super::jws::Jws;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use klatch_store::StoreError;
use klatch_store::row::{IssuerKeys, IssuerRow, UserRow};
use klatch_types::{DisplayName, UserId, UserKind, limits};
use std::sync::Arc;

/// Usernames tried for a user seen for the first time.
const USERNAME_TRIES: usize = 8;

impl Auth {
    /// The caller that another issuer's token stands for. Errors: `unauthenticated`, `token_expired`, `unavailable` if
    /// the issuer's keys cannot be had.
    pub(super) async fn authenticate_external(
        &self,
        jws: &Jws<'_>,
        issuer: &str,
    ) -> Result<Principal, SessionError> {
        let row = self.issuer_row(issuer).await?;
        let row = row.ok_or_else(|| refusal::unauthenticated("The token's issuer is not trusted here."))?;
        self.verify_external(jws, &row).await?;
        let claims = External::read(&jws.payload, &row, self.clock.now())?;
        let user = self.external_user(&row, &claims).await?;
        let identity = self
            .renamed(self.identity(user, None).await?, claims.name.as_ref())
            .await?;
        self.with_admin(identity.principal(None, claims.expires_at, claims.channels))
            .await
    }

    async fn issuer_row(&self, issuer: &str) -> Result<Option<Arc<IssuerRow>>, SessionError> {
        let now = self.clock.now();
        let issuer = issuer.to_owned();
        if let Some(row) = self.issuers.get(&issuer, now) {
            return Ok(Some(row));
        }
        let row = self.directory.issuer(&issuer).await?.map(Arc::new);
        if let Some(row) = &row {
            self.issuers.put(issuer, Arc::clone(row), now);
        }
        Ok(row)
    }

    async fn verify_external(&self, jws: &Jws<'_>, row: &IssuerRow) -> Result<(), SessionError> {
        let pinned = match &row.keys {
            IssuerKeys::Hs256 { .. } => "HS256",
            IssuerKeys::Jwks { algorithm, .. } => algorithm.as_str(),
        };
        if jws.header.alg != pinned {
            return Err(refusal::unauthenticated(
                "The token's `alg` is not the one agreed with its issuer.",
            ));
        }
        let verified = match &row.keys {
            IssuerKeys::Hs256 { secret } => {
                let key = DecodingKey::from_secret(secret);
                crypto::verify(jws.signature_text, jws.signed, &key, Algorithm::HS256).unwrap_or(false)
            }
            IssuerKeys::Jwks { url, algorithm } => {
                let algorithm: PublicAlgorithm = algorithm.parse()?;
                let source = Source {
                    issuer: row.id,
                    url,
                    algorithm,
                };
                let kid = jws.header.kid.as_deref();
                let key = self
                    .key_sets
                    .key(&self.outgoing, &source, kid, self.clock.now())
                    .await?;
                key.verifies(jws.signed, jws.signature_text)
            }
        };
        if verified {
            Ok(())
        } else {
            Err(refusal::bad_signature())
        }
    }

    /// The user of a subject, made when first seen.
    async fn external_user(&self, row: &IssuerRow, claims: &External) -> Result<UserId, SessionError> {
        let key = (row.id, claims.subject.clone());
        let now = self.clock.now();
        if let Some(user) = self.subjects.get(&key, now) {
            return Ok(user);
        }
        let user = match self.directory.user_by_external(row.id, &claims.subject).await? {
            Some(user) => user.id,
            None => self.add_external(row, claims).await?,
        };
        self.subjects.put(key, user, now);
        Ok(user)
    }

    async fn add_external(&self, row: &IssuerRow, claims: &External) -> Result<UserId, SessionError> {
        let wanted = claims.username.clone().or_else(|| claims.subject.parse().ok());
        let base = wanted
            .as_ref()
            .map_or_else(|| derived(&claims.subject), |name| name.as_str().to_owned());
        for attempt in 0..USERNAME_TRIES {
            let username = if attempt == 0 {
                base.clone()
            } else {
                self.unique(&base)
            };
            let now = self.clock.now();
            let user = UserRow {
                id: UserId::new(now, &*self.entropy),
                space: row.space,
                name: claims
                    .name
                    .as_ref()
                    .map_or_else(|| username.clone(), |name| name.as_str().to_owned()),
                username,
                kind: UserKind::Person,
                external: Some((row.id, claims.subject.clone())),
                password_hash: None,
                created_at: now,
                disabled_at: None,
            };
            let id = user.id;
            if user.username == super::login::SYSTEM {
                continue;
            }
            // A username that was made up out of a subject is nobody's claim.
            let username = (attempt == 0 && wanted.is_some()).then(|| user.username.clone());
            match self.directory.user_add(user).await {
                Ok(()) => return Ok(id),
                // The username is taken, perhaps by an account that a roster made for them, or another request made this
                // very user a moment ago.
                Err(StoreError::Exists) => {
                    if let Some(user) = self.directory.user_by_external(row.id, &claims.subject).await? {
                        return Ok(user.id);
                    }
                    if let Some(user) = self.first_entry(row, claims, username.as_deref()).await? {
                        return Ok(user);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(SessionError::Internal(
            "no free username was found for an external user".to_owned(),
        ))
    }

    /// The account that a roster made under the username that the token gives, if nobody has it yet: from now on it is
    /// theirs, and so are its channels (S0.3). The space trusts its issuers with its usernames.
    async fn first_entry(
        &self,
        row: &IssuerRow,
        claims: &External,
        username: Option<&str>,
    ) -> Result<Option<UserId>, SessionError> {
        let Some(username) = username else { return Ok(None) };
        let linked = self
            .directory
            .roster_user_link(row.space, username, row.id, &claims.subject)
            .await;
        match linked {
            // Another request of this very user came first.
            Err(StoreError::Exists) => {
                let user = self.directory.user_by_external(row.id, &claims.subject).await?;
                Ok(user.map(|user| user.id))
            }
            linked => Ok(linked?),
        }
    }

    /// A name like `base` that is hardly taken.
    pub(super) fn unique(&self, base: &str) -> String {
        let mut random = [0u8; 4];
        self.entropy.fill(&mut random);
        let suffix = format!("-{:08x}", u32::from_be_bytes(random));
        let room = limits::USERNAME_CHARS_MAX - suffix.len();
        format!("{}{suffix}", &base[..base.len().min(room)])
    }

    /// The identity under the name that the newest token gives it.
    async fn renamed(
        &self,
        identity: Identity,
        name: Option<&DisplayName>,
    ) -> Result<Identity, SessionError> {
        match name {
            Some(name) if name.as_str() != &*identity.name => {
                self.directory.user_rename(identity.user, name.as_str()).await?;
                self.identities.forget(Revoked::User(identity.user));
                Ok(Identity {
                    name: name.as_str().into(),
                    ..identity
                })
            }
            _ => Ok(identity),
        }
    }
}

/// A username out of a subject that is none.
fn derived(subject: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || "._-+@".contains(*c);
    let clean: String = subject
        .chars()
        .filter(fits)
        .take(limits::USERNAME_CHARS_MAX)
        .collect();
    if clean.is_empty() {
        "user".to_owned()
    } else {
        clean
    }
}
