//! Who is an administrator. All of a server's are few, so every node reads all of them once in a while, rather than each
//! person's entry with each person.

use super::{Auth, refusal};
use crate::{Principal, SessionError};
use klatch_protocol::ErrorCode;
use klatch_store::row::UserRow;
use klatch_types::{AdminScope, AuditAct, UserId, UserKind, limits};
use std::collections::HashMap;
use std::sync::Arc;

impl Auth {
    /// The caller with what they administer, as the directory knew it a moment ago. Errors: failures of the directory.
    pub(super) async fn with_admin(&self, who: Principal) -> Result<Principal, SessionError> {
        if who.kind != UserKind::Person {
            return Ok(who);
        }
        let admin = self.admins_lately().await?.get(&who.user).copied();
        Ok(Principal { admin, ..who })
    }

    async fn admins_lately(&self) -> Result<Arc<HashMap<UserId, AdminScope>>, SessionError> {
        let now = self.clock.now();
        if let Some(admins) = self.admins.get(&(), now) {
            return Ok(admins);
        }
        let rows = self.directory.admins(None).await?;
        let admins: Arc<HashMap<_, _>> =
            Arc::new(rows.into_iter().map(|row| (row.user, row.scope)).collect());
        self.admins.put((), Arc::clone(&admins), now);
        Ok(admins)
    }

    /// Makes a user an administrator of this, or of nothing, for the command line. Takes effect here at once, and on other
    /// nodes within [`super::AuthConfig::believed_for`]. Errors: `not_found`, `invalid` for guests and for a space's own
    /// user, `limit_reached` if there are as many administrators as a server may have.
    pub async fn set_admin(&self, user: UserId, scope: Option<AdminScope>) -> Result<(), SessionError> {
        let user = self.directory.user(user).await?;
        let user = user.ok_or_else(|| SessionError::code(ErrorCode::NotFound))?;
        self.change_admin(None, &user, scope).await
    }

    /// The same, done by someone.
    pub(super) async fn change_admin(
        &self,
        by: Option<UserId>,
        user: &UserRow,
        scope: Option<AdminScope>,
    ) -> Result<(), SessionError> {
        if scope.is_some() && user.kind != UserKind::Person {
            return Err(refusal::invalid("Only a person can be an administrator."));
        }
        let before = self.directory.admin(user.id).await?;
        if before == scope {
            return Ok(());
        }
        if before.is_none() {
            let there = self.directory.admins(None).await?.len();
            if there >= limits::ADMINS_MAX as usize {
                let detail = format!("a server has at most {} administrators", limits::ADMINS_MAX);
                return Err(SessionError::refused(ErrorCode::LimitReached, detail));
            }
        }
        self.directory.admin_set(user.id, scope).await?;
        self.admins.forget(&());
        let told = scope.map_or("none", AdminScope::as_str);
        self.note_user(by, AuditAct::UserAdminChanged, user, Some(told))
            .await
    }
}
