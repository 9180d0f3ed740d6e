//! A space's rules and origins, for its administrators and the command line.

use super::{Auth, origin, refusal};
use crate::{Principal, SessionError};
use klatch_channel::access;
use klatch_protocol::command::admin::AdminSpaceUpdate;
use klatch_protocol::view::{AdminSpace, AdminSpaces};
use klatch_store::row::SpaceRow;
use klatch_types::{AdminScope, AuditAct, SpaceId, UserId, limits};

impl Auth {
    /// The caller's space. Errors: `forbidden` for all but administrators, failures of the directory.
    pub async fn admin_space(&self, who: &Principal) -> Result<AdminSpace, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        Ok(shown(self.space_row(who.space).await?))
    }

    /// All spaces of the server. Errors: `forbidden` for all but administrators of the server, failures of the directory.
    pub async fn admin_spaces(&self, who: &Principal) -> Result<AdminSpaces, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Server)?;
        let spaces = self.directory.spaces().await?;
        Ok(AdminSpaces {
            spaces: spaces.into_iter().map(shown).collect(),
        })
    }

    /// Changes rules and origins of the caller's space. Errors: `forbidden` for all but administrators, `invalid`, failures
    /// of the directory.
    pub async fn admin_update_space(
        &self,
        who: &Principal,
        change: AdminSpaceUpdate,
    ) -> Result<AdminSpace, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        let row = self.change_space(Some(who.user), who.space, change).await?;
        Ok(shown(row))
    }

    /// Changes rules and origins of a space, for the command line. Errors: `not_found`, `invalid`, failures of the
    /// directory.
    pub async fn update_space(
        &self,
        space: SpaceId,
        change: AdminSpaceUpdate,
    ) -> Result<SpaceRow, SessionError> {
        self.change_space(None, space, change).await
    }

    async fn change_space(
        &self,
        by: Option<UserId>,
        space: SpaceId,
        change: AdminSpaceUpdate,
    ) -> Result<SpaceRow, SessionError> {
        let before = self.space_row(space).await?;
        let AdminSpaceUpdate { policy, origins } = change;
        let mut told = Vec::new();
        let mut after = before.clone();
        if let Some(rules) = policy {
            after.policy = rules
                .of(&before.policy)
                .map_err(|error| refusal::invalid(error.to_string()))?;
            told.push(
                serde_json::to_string(&rules).map_err(|error| SessionError::Internal(error.to_string()))?,
            );
        }
        if let Some(origins) = origins {
            check_origins(&origins)?;
            told.push(format!("origins: {}", origins.join(" ")));
            after.origins = origins;
        }
        if after == before {
            return Ok(before);
        }
        self.directory
            .space_update(space, after.policy.clone(), after.origins.clone())
            .await?;
        self.spaces.forget(&());
        self.note(space, by, AuditAct::SpaceChanged, space.0, told.join("; "))
            .await?;
        Ok(after)
    }
}

fn check_origins(origins: &[String]) -> Result<(), SessionError> {
    if origins.len() > limits::ORIGINS_MAX {
        let max = limits::ORIGINS_MAX;
        return Err(refusal::invalid(format!("`origins` must be at most {max}.")));
    }
    let is_wrong = |origin: &&String| origin.len() > limits::ORIGIN_BYTES_MAX || !origin::is_origin(origin);
    match origins.iter().find(is_wrong) {
        Some(wrong) => {
            let wrong: String = wrong.chars().take(limits::ORIGIN_BYTES_MAX).collect();
            Err(refusal::invalid(format!(
                "`{wrong}` is not an exact origin such as https://www.example.org."
            )))
        }
        None => Ok(()),
    }
}

fn shown(row: SpaceRow) -> AdminSpace {
    AdminSpace {
        id: row.id,
        slug: row.slug,
        name: row.name,
        policy: row.policy,
        origins: row.origins,
        created_at: row.created_at.0,
    }
}
