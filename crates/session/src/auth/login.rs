//! Signing up and logging in by password.

use super::{Auth, refusal};
use crate::SessionError;
use klatch_protocol::{ErrorCode, view};
use klatch_store::StoreError;
use klatch_store::row::{SpaceRow, UserRow};
use klatch_types::{DisplayName, SignUp as SignUpPolicy, Slug, UserId, UserKind, Username};
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;

/// The space meant when a server has several and the caller names none.
const DEFAULT_SPACE: &str = "default";
/// Username of a space's own user; nobody may sign up as it.
pub(super) const SYSTEM: &str = "system";

/// A new account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The space; may be left out where there is one, or one called `default`.
    #[serde(default)]
    pub space: Option<Slug>,
    /// Unique name in the space.
    pub username: Username,
    /// At least 12 characters, at most 256 bytes.
    pub password: String,
    /// Name to show; the username if left out.
    #[serde(default)]
    pub name: Option<DisplayName>,
    /// Name of the device.
    #[serde(default)]
    pub device: Option<DisplayName>,
}

/// A login by password.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The space; may be left out where there is one, or one called `default`.
    #[serde(default)]
    pub space: Option<Slug>,
    /// The user.
    pub username: Username,
    /// The password.
    pub password: String,
    /// Name of the device.
    #[serde(default)]
    pub device: Option<DisplayName>,
}

impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            space,
            username,
            password: _,
            name,
            device,
        } = self;
        let mut shown = f.debug_struct("SignUp");
        shown
            .field("space", space)
            .field("username", username)
            .field("name", name)
            .field("device", device);
        shown.finish_non_exhaustive()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            space,
            username,
            password: _,
            device,
        } = self;
        let mut shown = f.debug_struct("Login");
        shown
            .field("space", space)
            .field("username", username)
            .field("device", device);
        shown.finish_non_exhaustive()
    }
}

impl Auth {
    /// Makes an account and signs it in. Errors: `invalid` for the password or a space that must be named, `not_found`
    /// for the space, `sign_up_closed`, `exists` for the username, `rate_limited`, `overloaded`.
    pub async fn sign_up(&self, request: SignUp, peer: IpAddr) -> Result<view::SignedIn, SessionError> {
        let space = self.space_named(request.space.as_ref()).await?;
        let space = space.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        if space.policy.sign_up == SignUpPolicy::Closed {
            return Err(SessionError::code(ErrorCode::SignUpClosed));
        }
        super::password::check(&request.password)?;
        self.rates.check_sign_up(peer)?;
        let user = self
            .add_person(&space, request.username, request.name, Some(&request.password))
            .await?;
        self.open_device(&user, space.policy.several_devices, request.device)
            .await
    }

    /// Signs in by password. An unknown space or user, a disabled one, one without a password and a wrong password are
    /// told in the same words after the same work. Errors: `bad_credentials`, `invalid` if the space must be named,
    /// `rate_limited`, `overloaded`.
    pub async fn login(&self, request: Login, peer: IpAddr) -> Result<view::SignedIn, SessionError> {
        let space = self.space_named(request.space.as_ref()).await?;
        let username = request.username.as_str();
        self.rates
            .check_login(peer, space.as_ref().map(|space| space.id), username)?;
        let found = match &space {
            Some(space) => self.directory.user_by_username(space.id, username).await?,
            None => None,
        };
        let found = found.filter(|user| user.disabled_at.is_none());
        let hash = found.as_ref().and_then(|user| user.password_hash.as_deref());
        let matches = self.passwords.verify(hash, &request.password).await?;
        match (space, found) {
            (Some(space), Some(user)) if matches => {
                self.open_device(&user, space.policy.several_devices, request.device)
                    .await
            }
            _ => Err(refusal::bad_credentials()),
        }
    }

    /// The space meant. None if it is named and there is none such. Errors: `invalid` if it must be named.
    pub(super) async fn space_named(&self, slug: Option<&Slug>) -> Result<Option<SpaceRow>, SessionError> {
        if let Some(slug) = slug {
            return Ok(self.directory.space_by_slug(slug.as_str()).await?);
        }
        let mut spaces = self.directory.spaces().await?;
        let position = match spaces.len() {
            1 => Some(0),
            _ => spaces.iter().position(|space| space.slug == DEFAULT_SPACE),
        };
        match position {
            Some(position) => Ok(Some(spaces.swap_remove(position))),
            None => Err(refusal::invalid("`space` must name a space of this server.")),
        }
    }

    /// Adds a person. Errors: `exists`, `invalid` for the password, `overloaded`.
    pub(super) async fn add_person(
        &self,
        space: &SpaceRow,
        username: Username,
        name: Option<DisplayName>,
        password: Option<&str>,
    ) -> Result<UserRow, SessionError> {
        let taken =
            || SessionError::refused(ErrorCode::Exists, "This username is taken; choose another one.");
        if username.as_str() == SYSTEM {
            return Err(taken());
        }
        let password_hash = match password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let now = self.clock.now();
        let user = UserRow {
            id: UserId::new(now, &*self.entropy),
            space: space.id,
            name: name.map_or_else(|| username.as_str().to_owned(), String::from),
            username: username.into(),
            kind: UserKind::Person,
            external: None,
            password_hash,
            created_at: now,
            disabled_at: None,
        };
        match self.directory.user_add(user.clone()).await {
            Ok(()) => Ok(user),
            Err(StoreError::Exists) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }
}
