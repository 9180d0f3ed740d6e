//! Tokens of external issuers that a space trusts. The issuer is looked up before anything else happens; then only
//! its own keys, with its one pinned algorithm, decide.

use super::access_token::check_times;
use super::identity::Identity;
use super::jwks::{PublicAlgorithm, Source};
use super::jws::Jws;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use klatch_store::StoreError;
use klatch_store::row::{ClaimNames, IssuerKeys, IssuerRow, UserRow};
use klatch_types::{ChannelId, DisplayName, Millis, Role, UserId, UserKind, Username, limits};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Longest `sub` (OpenID Connect Core, section 2).
const SUBJECT_BYTES_MAX: usize = 255;
/// Usernames tried for a user seen for the first time.
const USERNAME_TRIES: usize = 8;

/// The claims of an external token, after it was verified.
struct External {
    subject: String,
    username: Option<Username>,
    name: Option<DisplayName>,
    channels: Vec<(ChannelId, Role)>,
    expires_at: Millis,
}

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
        Ok(identity.principal(None, claims.expires_at, claims.channels))
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
            match self.directory.user_add(user).await {
                Ok(()) => return Ok(id),
                // Either the username is taken, or another request made this very user a moment ago.
                Err(StoreError::Exists) => {
                    if let Some(user) = self.directory.user_by_external(row.id, &claims.subject).await? {
                        return Ok(user.id);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(SessionError::Internal(
            "no free username was found for an external user".to_owned(),
        ))
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

impl External {
    fn read(payload: &[u8], row: &IssuerRow, now: Millis) -> Result<Self, SessionError> {
        let claims: Map<String, Value> = serde_json::from_slice(payload)
            .map_err(|_| refusal::unauthenticated("The token's claims are not a JSON object."))?;
        let exp = claims.get("exp").and_then(seconds);
        let exp = exp.ok_or_else(|| refusal::unauthenticated("The token must have a numeric `exp`."))?;
        let nbf = match claims.get("nbf") {
            None => None,
            Some(value) => {
                let nbf = seconds(value);
                Some(nbf.ok_or_else(|| refusal::unauthenticated("The token's `nbf` must be a number."))?)
            }
        };
        check_times(exp, nbf, now)?;
        if row
            .audience
            .as_deref()
            .is_some_and(|audience| !has_audience(&claims, audience))
        {
            return Err(refusal::unauthenticated(
                "The token is not meant for this service (`aud`).",
            ));
        }
        let names = &row.claims;
        Ok(Self {
            subject: subject(&claims, names)?,
            username: names
                .username
                .as_ref()
                .and_then(|key| claims.get(key)?.as_str()?.parse().ok()),
            name: claims.get(&names.name).and_then(Value::as_str).and_then(shown),
            channels: channels(&claims, names)?,
            expires_at: Millis(exp.saturating_mul(1000)),
        })
    }
}

/// A NumericDate (RFC 7519, section 2), which may have a fraction. One so large that it cannot be meant is refused.
fn seconds(value: &Value) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)] // the range is checked first
    let whole = |number: f64| (0.0..9e12).contains(&number).then_some(number as i64);
    value.as_f64().and_then(whole)
}

fn has_audience(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

fn subject(claims: &Map<String, Value>, names: &ClaimNames) -> Result<String, SessionError> {
    let subject = match claims.get(&names.subject) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        _ => String::new(),
    };
    if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.chars().any(char::is_control) {
        return Err(refusal::unauthenticated(
            "The token must have a subject of 1 to 255 bytes.",
        ));
    }
    Ok(subject)
}

/// The channels that the token names, each with the role it gives.
fn channels(claims: &Map<String, Value>, names: &ClaimNames) -> Result<Vec<(ChannelId, Role)>, SessionError> {
    let malformed =
        || refusal::unauthenticated("The token's list of channels must be a list of channel ids.");
    let listed = match claims.get(&names.channels) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(malformed()),
    };
    let role = role(claims.get(&names.role));
    let mut channels = Vec::with_capacity(listed.len());
    for channel in listed {
        let channel: ChannelId = channel
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(malformed)?;
        if !channels.iter().any(|(known, _)| *known == channel) {
            channels.push((channel, role));
        }
    }
    Ok(channels)
}

/// The strongest of the roles named; an ordinary member if none is named, the weakest if none of them is known.
fn role(claim: Option<&Value>) -> Role {
    let named = |value: &Value| match value.as_str() {
        Some("organizer") => Role::Owner,
        Some("participant") => Role::Member,
        Some(text) => text.parse().unwrap_or(Role::Guest),
        None => Role::Guest,
    };
    match claim {
        None | Some(Value::Null) => Role::Member,
        Some(Value::Array(several)) => several.iter().map(named).max().unwrap_or(Role::Guest),
        Some(one) => named(one),
    }
}

/// A name to show out of whatever an issuer calls a name.
fn shown(text: &str) -> Option<DisplayName> {
    let clean: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(limits::NAME_CHARS_MAX)
        .collect();
    clean.parse().ok()
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
