//! The accounts of a space, for its administrators.

use super::device::view_of;
use super::{Auth, Revoked};
use crate::op::page;
use crate::{Principal, SessionError};
use klatch_channel::access;
use klatch_protocol::ErrorCode;
use klatch_protocol::command::admin::{AdminUserCreate, AdminUserUpdate};
use klatch_protocol::view::{self, AdminUser, AdminUserCreated, AdminUsers};
use klatch_store::row::{UserOverviewRow, UserRow};
use klatch_types::{AdminScope, AuditAct, UserId, UserKind, limits};

impl Auth {
    /// All accounts of the caller's space whose username or name has a text in it, after a username. Errors: `forbidden`
    /// for all but administrators, `invalid`, failures of the directory.
    pub async fn admin_users(
        &self,
        who: &Principal,
        query: &str,
        after: &str,
        limit: Option<u32>,
    ) -> Result<AdminUsers, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        let limit = page(limit, limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
        let query = crate::op::admin::part(query)?;
        if after.len() > limits::USERNAME_CHARS_MAX || after.contains('\0') {
            return Err(super::refusal::invalid("`after` must be a username."));
        }
        let rows = self
            .directory
            .users_overview(who.space, query, after, limit)
            .await?;
        Ok(AdminUsers {
            users: rows.iter().map(shown).collect(),
        })
    }

    /// Makes an account in the caller's space. Errors: `forbidden` for all but administrators, `exists`, `invalid` for the
    /// password, `overloaded`.
    pub async fn admin_create_user(
        &self,
        who: &Principal,
        new: AdminUserCreate,
    ) -> Result<AdminUserCreated, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        let space = self.space_row(who.space).await?;
        let made_up = new
            .password
            .is_none()
            .then(|| super::make_up_password(&*self.entropy));
        let password = new.password.as_deref().or(made_up.as_deref());
        let user = self.add_person(&space, new.username, new.name, password).await?;
        self.note_user(Some(who.user), AuditAct::UserCreated, &user, None)
            .await?;
        Ok(AdminUserCreated {
            user: shown(&UserOverviewRow {
                user,
                admin: None,
                devices: 0,
            }),
            password: made_up,
        })
    }

    /// Changes an account of the caller's space. Errors: `forbidden` for all but administrators, for changes of what
    /// somebody administers for all but those of the server, and for whoever would shut themselves out; `not_found`,
    /// `invalid`, `limit_reached`, failures of the directory.
    pub async fn admin_update_user(
        &self,
        who: &Principal,
        id: UserId,
        change: AdminUserUpdate,
    ) -> Result<AdminUser, SessionError> {
        let user = self.administered(who, id).await?;
        let by = Some(who.user);
        if let Some(admin) = change.admin {
            access::may_administer(&who.actor(), AdminScope::Server)?;
            if id == who.user && admin.scope() < who.admin {
                return Err(forbidden(
                    "nobody takes their own rights away; ask another administrator",
                ));
            }
        }
        if id == who.user && change.disabled == Some(true) {
            return Err(forbidden(
                "nobody disables their own account; ask another administrator",
            ));
        }
        if let Some(name) = change.name.filter(|name| name.as_str() != user.name) {
            self.directory.user_rename(id, name.as_str()).await?;
            self.identities.forget(Revoked::User(id));
            self.note_user(by, AuditAct::UserRenamed, &user, Some(name.as_str()))
                .await?;
        }
        if let Some(admin) = change.admin {
            self.change_admin(by, &user, admin.scope()).await?;
        }
        match change.disabled {
            Some(true) if user.disabled_at.is_none() => self.disable(by, &user).await?,
            Some(false) if user.disabled_at.is_some() => self.enable(by, &user).await?,
            _ => {}
        }
        self.overview(id).await
    }

    /// Signs an account of the caller's space out on all its devices. Errors: `forbidden` for all but administrators,
    /// `not_found`, failures of the directory.
    pub async fn admin_sign_out(&self, who: &Principal, id: UserId) -> Result<view::Done, SessionError> {
        let user = self.administered(who, id).await?;
        self.revoke_all(id).await?;
        self.note_user(Some(who.user), AuditAct::UserSignedOut, &user, None)
            .await?;
        Ok(view::Done {})
    }

    /// An account that the caller administers: of their space, not the space's own, and not of someone who administers
    /// more than they do.
    async fn administered(&self, who: &Principal, id: UserId) -> Result<UserRow, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        let user = self.directory.user(id).await?;
        let user = user.filter(|user| user.space == who.space);
        let user = user.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        if user.kind == UserKind::System {
            return Err(forbidden("the space's own account is not for administrators"));
        }
        if self.directory.admin(id).await? > who.admin {
            return Err(forbidden("only an administrator of the server may change one"));
        }
        Ok(user)
    }

    async fn overview(&self, id: UserId) -> Result<AdminUser, SessionError> {
        let user = self.directory.user(id).await?;
        let user = user.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        Ok(shown(&UserOverviewRow {
            user,
            admin: self.directory.admin(id).await?,
            devices: self.directory.devices_of(id).await?.len() as u64,
        }))
    }
}

fn forbidden(detail: &'static str) -> SessionError {
    SessionError::refused(ErrorCode::Forbidden, detail)
}

fn shown(row: &UserOverviewRow) -> AdminUser {
    let view::User {
        id,
        username,
        name,
        kind,
    } = view_of(&row.user);
    AdminUser {
        id,
        username,
        name,
        kind,
        created_at: row.user.created_at.0,
        disabled_at: row.user.disabled_at.map(|at| at.0),
        admin: row.admin,
        devices: row.devices,
    }
}
