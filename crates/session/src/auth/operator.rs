//! What operators do from the command line: spaces, accounts, issuers.

use super::login::SYSTEM;
use super::{Auth, Revoked, origin, refusal};
use crate::{Principal, SessionError};
use klatch_protocol::ErrorCode;
use klatch_store::StoreError;
use klatch_store::row::{ClaimNames, IssuerKeys, IssuerRow, SpaceRow, UserRow};
use klatch_types::{AuditAct, DisplayName, IssuerId, Policy, Slug, SpaceId, UserId, UserKind, Username};

/// Shortest secret that HS256 is accepted with (RFC 7518, section 3.2).
const HS256_SECRET_BYTES_MIN: usize = 32;
const ISSUER_BYTES_MAX: usize = 512;

/// An external issuer to trust.
#[derive(Clone)]
pub struct NewIssuer {
    /// Exact `iss` of its tokens.
    pub issuer: String,
    /// Exact `aud` that its tokens must have, if any.
    pub audience: Option<String>,
    /// How its tokens are verified.
    pub keys: IssuerKeys,
    /// What its claims mean.
    pub claims: ClaimNames,
}

impl Auth {
    /// Makes a space and its own user. Errors: `invalid` for policy or origins, `exists` for the short name.
    pub async fn create_space(
        &self,
        slug: Slug,
        name: DisplayName,
        policy: Policy,
        origins: Vec<String>,
    ) -> Result<SpaceRow, SessionError> {
        policy
            .check()
            .map_err(|error| refusal::invalid(error.to_string()))?;
        if let Some(bad) = origins.iter().find(|origin| !origin::is_origin(origin)) {
            return Err(refusal::invalid(format!(
                "`{bad}` is not an origin such as https://chat.example:8443."
            )));
        }
        let now = self.clock.now();
        let space = SpaceRow {
            id: SpaceId::new(now, &*self.entropy),
            slug: slug.into(),
            name: name.into(),
            policy,
            origins,
            created_at: now,
        };
        self.directory.space_add(space.clone()).await?;
        self.spaces.forget(&());
        self.system_user(space.id).await?;
        self.note(
            space.id,
            None,
            AuditAct::SpaceCreated,
            space.id.0,
            space.slug.as_str(),
        )
        .await?;
        Ok(space)
    }

    /// The user that acts for a space; made if it is not there. Errors: `not_found` for the space.
    pub async fn system_user(&self, space: SpaceId) -> Result<UserRow, SessionError> {
        let space = self.space_row(space).await?;
        let now = self.clock.now();
        let user = UserRow {
            id: UserId::new(now, &*self.entropy),
            space: space.id,
            username: SYSTEM.to_owned(),
            name: space.name,
            kind: UserKind::System,
            external: None,
            password_hash: None,
            created_at: now,
            disabled_at: None,
        };
        if let Some(found) = self.directory.user_by_username(space.id, SYSTEM).await? {
            return system(found);
        }
        match self.directory.user_add(user.clone()).await {
            Ok(()) => Ok(user),
            Err(StoreError::Exists) => {
                let found = self.directory.user_by_username(space.id, SYSTEM).await?;
                system(found.ok_or(StoreError::NotFound)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an account. Errors: `not_found` for the space, `exists`, `invalid` for the password, `overloaded`.
    pub async fn create_user(
        &self,
        space: SpaceId,
        username: Username,
        name: Option<DisplayName>,
        password: Option<&str>,
    ) -> Result<UserRow, SessionError> {
        let space = self.space_row(space).await?;
        let user = self.add_person(&space, username, name, password).await?;
        self.note_user(None, AuditAct::UserCreated, &user, None).await?;
        Ok(user)
    }

    /// The id of a user by name. Errors: `not_found`, `invalid` if it must be said which space is meant.
    pub async fn find_user(&self, space: Option<&Slug>, username: &Username) -> Result<UserId, SessionError> {
        let space = self.space_named(space).await?;
        let found = match space {
            Some(space) => {
                self.directory
                    .user_by_username(space.id, username.as_str())
                    .await?
            }
            None => None,
        };
        let user = found.map(|user| user.id);
        user.ok_or_else(|| SessionError::refused(ErrorCode::NotFound, "There is no such user."))
    }

    /// Changes a password and signs the user out everywhere. Errors: `not_found`, `invalid`, `overloaded`.
    pub async fn set_password(&self, user: UserId, password: &str) -> Result<(), SessionError> {
        let row = self.user_row(user).await?;
        let hash = self.passwords.hash(password).await?;
        self.directory.user_password(user, &hash).await?;
        self.revoke_all(user).await?;
        self.note_user(None, AuditAct::UserPasswordChanged, &row, None)
            .await
    }

    /// Disables an account: signed out everywhere, and not let in again. Errors: `not_found`.
    pub async fn disable_user(&self, user: UserId) -> Result<(), SessionError> {
        let row = self.user_row(user).await?;
        self.disable(None, &row).await
    }

    /// The same, done by someone.
    pub(super) async fn disable(&self, by: Option<UserId>, user: &UserRow) -> Result<(), SessionError> {
        let now = self.clock.now();
        self.directory.user_disable(user.id, Some(now)).await?;
        // Until then answers of the directory from before may be believed; afterwards it is asked again.
        let until = now.plus(self.config.believed_for).plus(self.config.believed_for);
        self.identities.revoke(Revoked::User(user.id), now, until);
        self.revoke_all(user.id).await?;
        self.note_user(by, AuditAct::UserDisabled, user, None).await
    }

    /// Lets a disabled account in again. Errors: `not_found`.
    pub async fn enable_user(&self, user: UserId) -> Result<(), SessionError> {
        let row = self.user_row(user).await?;
        self.enable(None, &row).await
    }

    /// The same, done by someone.
    pub(super) async fn enable(&self, by: Option<UserId>, user: &UserRow) -> Result<(), SessionError> {
        self.directory.user_disable(user.id, None).await?;
        self.identities.restore(Revoked::User(user.id));
        self.note_user(by, AuditAct::UserEnabled, user, None).await
    }

    /// Trusts an external issuer. Errors: `invalid` for secret, algorithm, address or `iss`; `exists` if some space
    /// trusts the same `iss`; `not_found` for the space.
    pub async fn add_issuer(&self, space: SpaceId, new: NewIssuer) -> Result<IssuerRow, SessionError> {
        let NewIssuer {
            issuer,
            audience,
            keys,
            claims,
        } = new;
        if issuer.is_empty() || issuer.len() > ISSUER_BYTES_MAX || issuer == self.keyring.issuer() {
            return Err(refusal::invalid(
                "`issuer` must be the exact `iss` of another issuer's tokens.",
            ));
        }
        match &keys {
            IssuerKeys::Hs256 { secret } if secret.len() < HS256_SECRET_BYTES_MIN => {
                return Err(refusal::invalid(format!(
                    "the secret must have at least {HS256_SECRET_BYTES_MIN} bytes."
                )));
            }
            IssuerKeys::Hs256 { .. } => {}
            IssuerKeys::Jwks { url, algorithm } => {
                algorithm.parse::<super::jwks::PublicAlgorithm>()?;
                self.outgoing
                    .check(url)
                    .map_err(|error| refusal::invalid(format!("`url`: {error}.")))?;
            }
        }
        let space = self.space_row(space).await?;
        let now = self.clock.now();
        let row = IssuerRow {
            id: IssuerId::new(now, &*self.entropy),
            space: space.id,
            issuer,
            audience,
            keys,
            claims,
            created_at: now,
        };
        self.directory.issuer_add(row.clone()).await?;
        self.note(
            space.id,
            None,
            AuditAct::IssuerAdded,
            row.id.0,
            row.issuer.as_str(),
        )
        .await?;
        Ok(row)
    }

    /// The issuers of a space, oldest first.
    pub async fn issuers(&self, space: SpaceId) -> Result<Vec<IssuerRow>, SessionError> {
        Ok(self.directory.issuers_of(space).await?)
    }

    /// Trusts an issuer no longer. Errors: `not_found`.
    pub async fn remove_issuer(&self, space: SpaceId, id: IssuerId) -> Result<(), SessionError> {
        let issuers = self.directory.issuers_of(space).await?;
        let row = issuers.into_iter().find(|row| row.id == id);
        let row = row.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        self.directory.issuer_remove(id).await?;
        self.issuers.forget(&row.issuer);
        self.key_sets.forget(id);
        self.note(space, None, AuditAct::IssuerRemoved, id.0, row.issuer)
            .await
    }

    /// The caller that the command line acts as in a space. Errors: `not_found` for the space.
    pub async fn system_principal(&self, space: SpaceId) -> Result<Principal, SessionError> {
        let user = self.system_user(space).await?;
        let identity = self.identity(user.id, None).await?;
        Ok(identity.principal(None, klatch_store::row::FOR_GOOD, Vec::new()))
    }

    async fn user_row(&self, user: UserId) -> Result<UserRow, SessionError> {
        let row = self.directory.user(user).await?;
        row.ok_or_else(|| SessionError::refused(ErrorCode::NotFound, "There is no such user."))
    }

    pub(super) async fn space_row(&self, space: SpaceId) -> Result<SpaceRow, SessionError> {
        let row = self.directory.space(space).await?;
        row.ok_or_else(|| SessionError::refused(ErrorCode::NotFound, "There is no such space."))
    }
}

fn system(found: UserRow) -> Result<UserRow, SessionError> {
    if found.kind == UserKind::System {
        return Ok(found);
    }
    Err(SessionError::Internal(format!(
        "the user `{SYSTEM}` of space {} is not its own",
        found.space
    )))
}
