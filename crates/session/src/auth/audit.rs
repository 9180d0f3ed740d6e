//! The audit log: what administrators and the command line did.

use super::Auth;
use super::device::view_of;
use crate::op::page;
use crate::{Principal, SessionError};
use klatch_channel::access;
use klatch_protocol::view;
use klatch_store::AuditNote;
use klatch_store::row::UserRow;
use klatch_types::{AdminScope, AuditAct, AuditId, SpaceId, UserId, limits};
use std::collections::HashMap;
use uuid::Uuid;

impl Auth {
    /// Notes what was done in a space. Errors: failures of the directory.
    pub(super) async fn note(
        &self,
        space: SpaceId,
        actor: Option<UserId>,
        act: AuditAct,
        target: Uuid,
        detail: impl Into<String>,
    ) -> Result<(), SessionError> {
        let note = AuditNote {
            space,
            actor,
            act,
            target: Some(target),
            detail: detail.into(),
        };
        Ok(note
            .write(&*self.directory, self.clock.now(), &*self.entropy)
            .await?)
    }

    /// Notes what was done to an account. Errors: failures of the directory.
    pub(super) async fn note_user(
        &self,
        actor: Option<UserId>,
        act: AuditAct,
        user: &UserRow,
        detail: Option<&str>,
    ) -> Result<(), SessionError> {
        // The username, so that the log can be read without looking ids up.
        let detail = match detail {
            Some(detail) => format!("{}: {detail}", user.username),
            None => user.username.clone(),
        };
        self.note(user.space, actor, act, user.id.0, detail).await
    }

    /// The audit log of the caller's space before a line, or from the newest on, newest first. Errors: `forbidden` for all
    /// but administrators, `invalid` for the limit, failures of the directory.
    pub async fn admin_audit(
        &self,
        who: &Principal,
        before: Option<AuditId>,
        limit: Option<u32>,
    ) -> Result<view::AuditLines, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        let limit = page(limit, limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
        let rows = self.directory.audit_of(who.space, before, limit).await?;
        let mut actors: Vec<UserId> = rows.iter().filter_map(|row| row.actor).collect();
        actors.sort_unstable();
        actors.dedup();
        let actors = self.directory.users(&actors).await?;
        let actors: HashMap<UserId, view::User> =
            actors.iter().map(|user| (user.id, view_of(user))).collect();
        let lines = rows.into_iter().map(|row| view::AuditLine {
            id: row.id,
            at: row.at.0,
            actor: row.actor.and_then(|actor| actors.get(&actor).cloned()),
            act: row.act,
            target: row.target,
            detail: row.detail,
        });
        Ok(view::AuditLines {
            lines: lines.collect(),
        })
    }
}
