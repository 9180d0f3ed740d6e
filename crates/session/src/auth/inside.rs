//! Acting for a space or one of its users without a token: for routes of the internal listener only, where whoever comes
//! is trusted.

use super::login::SYSTEM;
use super::{Auth, Revoked};
use crate::{Principal, SessionError};
use klatch_protocol::ErrorCode;
use klatch_store::StoreError;
use klatch_types::{DisplayName, Millis, Slug, UserKind, Username};

impl Auth {
    /// The space itself, as its own user. Errors: `not_found`, `invalid` if it must be said which space is meant.
    pub async fn space_itself(&self, space: Option<&Slug>) -> Result<Principal, SessionError> {
        let space = self.space_named(space).await?;
        let space =
            space.ok_or_else(|| SessionError::refused(ErrorCode::NotFound, "There is no such space."))?;
        let system = self.system_user(space.id).await?;
        let identity = self.identity(system.id, None).await?;
        Ok(identity.principal(None, Millis(i64::MAX), Vec::new()))
    }

    /// A user of the caller's space, as if they had come themselves. Errors: `forbidden` unless the caller is a space
    /// itself, `not_found`, `revoked` if the account is disabled.
    pub async fn someone(&self, space: &Principal, username: &str) -> Result<Principal, SessionError> {
        only_a_space(space)?;
        let found = self.directory.user_by_username(space.space, username).await?;
        let found = found.filter(|user| user.kind != UserKind::System);
        let user =
            found.ok_or_else(|| SessionError::refused(ErrorCode::NotFound, "There is no such user."))?;
        let identity = self.identity(user.id, None).await?;
        Ok(identity.principal(None, Millis(i64::MAX), Vec::new()))
    }

    /// Changes a user's unique name and name to show. Errors: `forbidden` unless the caller is a space itself,
    /// `not_found`, `exists` if the name is taken.
    pub async fn update_user(
        &self,
        space: &Principal,
        username: &str,
        new_username: Option<Username>,
        new_name: Option<DisplayName>,
    ) -> Result<(), SessionError> {
        let user = self.someone(space, username).await?.user;
        if let Some(new) = new_username {
            let changed = match new.as_str() {
                SYSTEM => Err(StoreError::Exists),
                new => self.directory.user_username(user, new).await,
            };
            changed.map_err(|error| match error {
                StoreError::Exists => {
                    SessionError::refused(ErrorCode::Exists, "This username is taken; choose another one.")
                }
                other => other.into(),
            })?;
        }
        if let Some(new) = new_name {
            self.directory.user_rename(user, new.as_str()).await?;
        }
        self.identities.forget(Revoked::User(user));
        Ok(())
    }
}

fn only_a_space(who: &Principal) -> Result<(), SessionError> {
    match who.kind {
        UserKind::System => Ok(()),
        _ => Err(SessionError::refused(
            ErrorCode::Forbidden,
            "only a space itself may do this",
        )),
    }
}
