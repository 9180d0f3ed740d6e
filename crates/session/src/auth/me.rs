//! Oneself: who one is, and under which name.

use super::device::view_of;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use klatch_protocol::ErrorCode;
use klatch_protocol::view;
use klatch_types::{DisplayName, UserKind};
use std::net::IpAddr;

impl Auth {
    /// The caller, their space and its rules. Errors: `unauthenticated` if the account or the space is gone, failures
    /// of the directory.
    pub async fn me(&self, who: &Principal) -> Result<view::Me, SessionError> {
        let gone = || refusal::unauthenticated("The token's user is not known here.");
        let user = self.directory.user(who.user).await?.ok_or_else(gone)?;
        let space = self.directory.space(who.space).await?.ok_or_else(gone)?;
        let space = view::Space {
            id: space.id,
            slug: space.slug,
            name: space.name,
            policy: space.policy,
        };
        Ok(view::Me {
            user: view_of(&user),
            space,
            device: who.device,
            admin: who.admin,
        })
    }

    /// Changes the caller's name to show. Errors: `forbidden` for guests, whose name is their token's; failures of the
    /// directory.
    pub async fn rename(&self, who: &Principal, name: DisplayName) -> Result<view::User, SessionError> {
        if who.kind == UserKind::Guest {
            let detail = "A guest's name comes with the token.";
            return Err(SessionError::refused(ErrorCode::Forbidden, detail));
        }
        self.directory.user_rename(who.user, name.as_str()).await?;
        self.identities.forget(Revoked::User(who.user));
        Ok(view::User {
            id: who.user,
            username: who.username.as_ref().to_owned(),
            name: name.into(),
            kind: who.kind,
        })
    }

    /// Changes the caller's password and signs their other devices out (S4.2). The current password is asked for, and
    /// wrong ones count as logins. Errors: `forbidden` for accounts that log in elsewhere, `bad_credentials`, `invalid`
    /// for the new one, `rate_limited`, `overloaded`.
    pub async fn change_password(
        &self,
        who: &Principal,
        current: &str,
        new: &str,
        peer: IpAddr,
    ) -> Result<view::Done, SessionError> {
        let user = self.directory.user(who.user).await?;
        let Some(hash) = user.and_then(|user| user.password_hash) else {
            let detail = "This account has no password here; change it where you sign in.";
            return Err(SessionError::refused(ErrorCode::Forbidden, detail));
        };
        super::password::check(new)?;
        self.rates.check_login(peer, Some(who.space), &who.username)?;
        if !self.passwords.verify(Some(&hash), current).await? {
            return Err(refusal::bad_credentials());
        }
        let hash = self.passwords.hash(new).await?;
        self.directory.user_password(who.user, &hash).await?;
        let devices = self.directory.devices_of(who.user).await?;
        for other in devices.iter().filter(|device| who.device != Some(device.id)) {
            self.revoke(other.id).await?;
        }
        Ok(view::Done {})
    }
}
