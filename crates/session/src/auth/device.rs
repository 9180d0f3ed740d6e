//! Devices: what a user is signed in on. A device is also the family of its refresh tokens.

use super::access_token::Claims;
use super::refresh::RefreshToken;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use klatch_protocol::{ErrorCode, view};
use klatch_store::StoreError;
use klatch_store::row::{DeviceRow, RefreshRow, UserRow};
use klatch_types::{ChannelId, DeviceId, DisplayName, Millis, Role, SpaceId, UserId, limits};
use std::cmp::Reverse;
use std::time::Duration;

const UNNAMED: &str = "Unnamed device";

impl Auth {
    /// The devices that the caller is signed in on, last used first.
    pub async fn devices(&self, who: &Principal) -> Result<view::Devices, SessionError> {
        let rows = self.directory.devices_of(who.user).await?;
        Ok(view::Devices {
            devices: rows.into_iter().map(|row| device_view(who, row)).collect(),
        })
    }

    /// Gives one of the caller's devices another name. Errors: `not_found` if it is not theirs, or was signed out.
    pub async fn rename_device(
        &self,
        who: &Principal,
        id: DeviceId,
        name: DisplayName,
    ) -> Result<view::Device, SessionError> {
        let device = self.own_device(who, id).await?;
        let device = Some(device).filter(|device| device.revoked_at.is_none());
        let device = device.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        self.directory.device_rename(id, name.as_str()).await?;
        let name = name.into();
        Ok(device_view(who, DeviceRow { name, ..device }))
    }

    /// Signs one of the caller's devices out. Errors: `not_found` if it is not theirs.
    pub async fn revoke_device(&self, who: &Principal, id: DeviceId) -> Result<view::Done, SessionError> {
        self.own_device(who, id).await?;
        self.revoke(id).await?;
        Ok(view::Done {})
    }

    /// Signs all of the caller's devices out but the one asking. Errors: failures of the directory.
    pub async fn revoke_other_devices(&self, who: &Principal) -> Result<view::Done, SessionError> {
        for device in self.directory.devices_of(who.user).await? {
            if who.device != Some(device.id) {
                self.revoke(device.id).await?;
            }
        }
        Ok(view::Done {})
    }

    async fn own_device(&self, who: &Principal, id: DeviceId) -> Result<DeviceRow, SessionError> {
        let device = self.directory.device(id).await?;
        let device = device.filter(|device| device.user == who.user);
        device.ok_or_else(|| SessionError::code(ErrorCode::NotFound))
    }

    /// Signs the caller's own device out. Errors: `invalid` for tokens that have no device.
    pub async fn logout(&self, who: &Principal) -> Result<view::Done, SessionError> {
        let id = who
            .device
            .ok_or_else(|| refusal::invalid("This token belongs to no device; let it expire."))?;
        self.revoke(id).await?;
        Ok(view::Done {})
    }

    /// Signs a device out, everywhere.
    pub(super) async fn revoke(&self, id: DeviceId) -> Result<(), SessionError> {
        self.end_device(id, Revoked::Device(id)).await
    }

    /// Ends a device, everywhere, and announces why.
    async fn end_device(&self, id: DeviceId, why: Revoked) -> Result<(), SessionError> {
        match self.directory.device_revoke(id, self.clock.now()).await {
            // One that was revoked before is announced too: the first time may have been on another node.
            Ok(_) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        self.announce_device(why);
        Ok(())
    }

    /// Refuses a device that the directory holds as revoked, at once and on this node.
    pub(super) fn announce_device(&self, why: Revoked) {
        let now = self.clock.now();
        self.identities
            .revoke(why, now, now.plus(self.config.access_token_life));
    }

    /// Signs every device of a user out.
    pub(super) async fn revoke_all(&self, user: UserId) -> Result<(), SessionError> {
        for device in self.directory.devices_of(user).await? {
            self.revoke(device.id).await?;
        }
        Ok(())
    }

    /// Signs a user in on a new device, within the policy of the space. Where two sign in at once, on whichever nodes,
    /// each adds its device before it looks who is there, and all agree who stays; one that does not stay is answered
    /// like one that was replaced a moment later.
    pub(super) async fn open_device(
        &self,
        user: &UserRow,
        several_devices: bool,
        name: Option<DisplayName>,
    ) -> Result<view::SignedIn, SessionError> {
        let kept = if several_devices {
            limits::DEVICES_PER_USER_MAX as usize
        } else {
            1
        };
        let now = self.clock.now();
        let others = self.directory.devices_of(user.id).await?;
        // After those who are there, also when they came through a node whose clock is ahead.
        let last = others
            .iter()
            .map(|other| Millis(other.seen_at.0.saturating_add(1)))
            .max();
        let device = DeviceRow {
            id: DeviceId::new(now, &*self.entropy),
            user: user.id,
            name: name.map_or_else(|| UNNAMED.to_owned(), String::from),
            created_at: now,
            seen_at: last.map_or(now, |last| last.max(now)),
            revoked_at: None,
        };
        let token = RefreshToken::new(&*self.entropy);
        let refresh = RefreshRow {
            hash: token.hash(),
            device: device.id,
            expires_at: now.plus(self.config.refresh_token_life),
            used_at: None,
        };
        self.directory.device_add(device.clone(), refresh).await?;
        let mut devices = self.directory.devices_of(user.id).await?;
        devices.sort_unstable_by_key(|device| Reverse((device.seen_at, device.id)));
        for device in devices.iter().skip(kept) {
            let why = if several_devices {
                Revoked::Device(device.id)
            } else {
                Revoked::Replaced(device.id)
            };
            self.end_device(device.id, why).await?;
        }
        self.signed_in(user, device.id, &token)
    }

    /// The answer to a sign-in or a refresh.
    pub(super) fn signed_in(
        &self,
        user: &UserRow,
        device: DeviceId,
        refresh: &RefreshToken,
    ) -> Result<view::SignedIn, SessionError> {
        let life = self.config.access_token_life;
        Ok(view::SignedIn {
            user: view_of(user),
            device,
            access_token: self.access_token(user.id, user.space, Some(device), life, Vec::new())?,
            expires_in_s: life.as_secs(),
            refresh_token: refresh.text(),
        })
    }

    /// Signs an access token that ends after `life`.
    pub(super) fn access_token(
        &self,
        user: UserId,
        space: SpaceId,
        device: Option<DeviceId>,
        life: Duration,
        channels: Vec<(ChannelId, Role)>,
    ) -> Result<String, SessionError> {
        let now = self.clock.now().seconds();
        let life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        self.keyring.sign(&Claims {
            iss: self.keyring.issuer().to_owned(),
            sub: user,
            space,
            device,
            iat: now,
            nbf: now,
            exp: now.saturating_add(life),
            channels,
        })
    }
}

fn device_view(who: &Principal, row: DeviceRow) -> view::Device {
    view::Device {
        current: who.device == Some(row.id),
        id: row.id,
        name: row.name,
        created_at: row.created_at.0,
        seen_at: row.seen_at.0,
    }
}

/// A user as clients see them.
pub(super) fn view_of(row: &UserRow) -> view::User {
    view::User {
        id: row.id,
        username: row.username.clone(),
        name: row.name.clone(),
        kind: row.kind,
    }
}
