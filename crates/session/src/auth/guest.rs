//! What a product's back end may make for its people: accounts, and tokens for guests.

use super::device::view_of;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use klatch_protocol::{ErrorCode, view};
use klatch_store::StoreError;
use klatch_store::row::UserRow;
use klatch_types::{ChannelId, DisplayName, Role, UserId, UserKind, Username, limits};
use std::time::Duration;

/// Most channels one guest token may name; with more it would outgrow `limits::TOKEN_BYTES_MAX`.
pub const GUEST_CHANNELS_MAX: usize = 50;
const NAME_TRIES: usize = 4;

/// A guest to let in.
#[derive(Clone, Debug)]
pub struct GuestRequest {
    /// Name to show.
    pub name: DisplayName,
    /// Unique name; the same one later means the same guest. Made up if left out.
    pub username: Option<Username>,
    /// Life of the token, seconds; at most `limits::GUEST_TOKEN_LIFE_MAX`.
    pub life_s: u64,
    /// Channels of the space that the guest is put into, and as what.
    pub channels: Vec<(ChannelId, Role)>,
}

impl Auth {
    /// Makes a guest and a token that puts them into channels. Errors: `forbidden` unless the caller is a back end,
    /// `invalid` for life or number of channels, `not_found` for a channel that is not in the space, `exists` if the
    /// username is that of someone with an account.
    pub async fn guest(&self, who: &Principal, request: GuestRequest) -> Result<view::Token, SessionError> {
        only_system(who)?;
        let life = Duration::from_secs(request.life_s);
        if life.is_zero() || life > limits::GUEST_TOKEN_LIFE_MAX {
            let longest = limits::GUEST_TOKEN_LIFE_MAX.as_secs();
            return Err(refusal::invalid(format!("`life_s` must be from 1 to {longest}.")));
        }
        if request.channels.len() > GUEST_CHANNELS_MAX {
            return Err(refusal::invalid(format!(
                "`channels` must be at most {GUEST_CHANNELS_MAX}."
            )));
        }
        for (channel, _) in &request.channels {
            let row = self
                .directory
                .channel(*channel)
                .await?
                .filter(|row| row.space == who.space);
            row.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        }
        let user = match request.username {
            Some(username) => self.named_guest(who, username.into(), &request.name).await?,
            None => self.unnamed_guest(who, &request.name).await?,
        };
        let access_token = self.access_token(user.id, user.space, None, life, request.channels)?;
        Ok(view::Token {
            user: view_of(&user),
            access_token,
            expires_in_s: life.as_secs(),
        })
    }

    /// Makes an account. Errors: `forbidden` unless the caller is a back end, `exists`, `invalid` for the password,
    /// `overloaded`.
    pub async fn provision(
        &self,
        who: &Principal,
        username: Username,
        name: Option<DisplayName>,
        password: Option<&str>,
    ) -> Result<view::User, SessionError> {
        only_system(who)?;
        let space = self.space_row(who.space).await?;
        let user = self.add_person(&space, username, name, password).await?;
        Ok(view_of(&user))
    }

    /// A token for a user of the back end's space. Errors: `forbidden` unless the caller is a back end, `not_found` if
    /// there is no such user there or the account is disabled.
    pub async fn token_on_behalf(&self, who: &Principal, user: UserId) -> Result<view::Token, SessionError> {
        only_system(who)?;
        let row = self
            .directory
            .user(user)
            .await?
            .filter(|row| row.space == who.space);
        row.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        self.token_for(user, limits::ACCESS_TOKEN_LIFE).await
    }

    /// A token for a user, without device or refresh token, for the command line. Errors: `not_found` if there is no
    /// such user or the account is disabled.
    pub async fn token_for(&self, user: UserId, life: Duration) -> Result<view::Token, SessionError> {
        let user = self
            .directory
            .user(user)
            .await?
            .filter(|user| user.disabled_at.is_none());
        let user = user.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        let access_token = self.access_token(user.id, user.space, None, life, Vec::new())?;
        Ok(view::Token {
            user: view_of(&user),
            access_token,
            expires_in_s: life.as_secs(),
        })
    }

    async fn named_guest(
        &self,
        who: &Principal,
        username: String,
        name: &DisplayName,
    ) -> Result<UserRow, SessionError> {
        match self.add_guest(who, username.clone(), name).await {
            Err(SessionError::Store(StoreError::Exists)) => {}
            added => return added,
        }
        let taken = || {
            SessionError::refused(
                ErrorCode::Exists,
                "`username` belongs to someone who is no guest.",
            )
        };
        let found = self.directory.user_by_username(who.space, &username).await?;
        let found = found.filter(|user| user.kind == UserKind::Guest && user.disabled_at.is_none());
        let mut user = found.ok_or_else(taken)?;
        if user.name != name.as_str() {
            self.directory.user_rename(user.id, name.as_str()).await?;
            self.identities.forget(Revoked::User(user.id));
            user.name = name.as_str().to_owned();
        }
        Ok(user)
    }

    async fn unnamed_guest(&self, who: &Principal, name: &DisplayName) -> Result<UserRow, SessionError> {
        for _ in 0..NAME_TRIES {
            match self.add_guest(who, self.unique("guest"), name).await {
                Err(SessionError::Store(StoreError::Exists)) => {}
                added => return added,
            }
        }
        Err(SessionError::Internal(
            "no free username was found for a guest".to_owned(),
        ))
    }

    async fn add_guest(
        &self,
        who: &Principal,
        username: String,
        name: &DisplayName,
    ) -> Result<UserRow, SessionError> {
        let now = self.clock.now();
        let user = UserRow {
            id: UserId::new(now, &*self.entropy),
            space: who.space,
            username,
            name: name.as_str().to_owned(),
            kind: UserKind::Guest,
            external: None,
            password_hash: None,
            created_at: now,
            disabled_at: None,
        };
        self.directory.user_add(user.clone()).await?;
        Ok(user)
    }
}

fn only_system(who: &Principal) -> Result<(), SessionError> {
    if who.kind == UserKind::System {
        return Ok(());
    }
    Err(SessionError::refused(
        ErrorCode::Forbidden,
        "Only an API key may do this.",
    ))
}
