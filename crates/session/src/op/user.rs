//! Finding people of one's space. Guests see only those they share a channel with: nobody by search.

use super::page;
use crate::{Principal, SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::ErrorCode;
use klatch_protocol::command::user::{UserGet, UserSearch};
use klatch_protocol::view::{Reply, User, Users};
use klatch_store::row::UserRow;
use klatch_types::{UserKind, Username, limits};

/// Most users in one answer.
const SEARCH_MAX: u32 = 50;
/// Users in an answer when the caller does not say.
const SEARCH_DEFAULT: u32 = 20;

impl Sessions {
    pub(crate) async fn user_get(&self, actor: &Actor, c: UserGet) -> Result<Reply, SessionError> {
        let user = self
            .directory
            .user(c.user)
            .await?
            .filter(|user| user.space == actor.space);
        Ok(Reply::User(view(
            user.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?,
        )))
    }

    pub(crate) async fn user_search(&self, actor: &Actor, c: UserSearch) -> Result<Reply, SessionError> {
        let limit = page(c.limit, SEARCH_DEFAULT, SEARCH_MAX)?;
        let characters = c.query.trim().chars().count();
        if !(1..=limits::NAME_CHARS_MAX).contains(&characters) || c.query.contains('\0') {
            let max = limits::NAME_CHARS_MAX;
            return Err(SessionError::refused(
                ErrorCode::Invalid,
                format!("`query` must have 1 to {max} characters"),
            ));
        }
        if actor.kind == UserKind::Guest {
            return Err(SessionError::refused(
                ErrorCode::Forbidden,
                "guests may not search for people",
            ));
        }
        let users = self
            .directory
            .users_search(actor.space, c.query.trim(), limit)
            .await?;
        Ok(Reply::Users(Users {
            users: users.into_iter().map(view).collect(),
        }))
    }
}

impl Sessions {
    /// The first user of the caller's space who has one of these names, for clients that know no ids: by id or exact
    /// username.
    ///
    /// # Errors
    /// `forbidden` for guests, who find nobody by name; failures of the directory.
    pub async fn user_named(&self, who: &Principal, names: &[&str]) -> Result<Option<User>, SessionError> {
        if who.kind == UserKind::Guest {
            return Err(SessionError::refused(
                ErrorCode::Forbidden,
                "guests may not search for people",
            ));
        }
        for name in names {
            let found = match name.parse() {
                Ok(id) => self.directory.user(id).await?,
                Err(_) if name.parse::<Username>().is_err() => None,
                Err(_) => self.directory.user_by_username(who.space, name).await?,
            };
            let found = found.filter(|user| user.space == who.space && user.kind != UserKind::System);
            if let Some(user) = found {
                return Ok(Some(view(user)));
            }
        }
        Ok(None)
    }
}

pub(super) fn view(user: UserRow) -> User {
    User {
        id: user.id,
        username: user.username,
        name: user.name,
        kind: user.kind,
    }
}
