//! Writing to the audit log.

use crate::{Administration, StoreError};
use klatch_engine::row::AuditRow;
use klatch_types::{AuditAct, AuditId, Entropy, Millis, SpaceId, UserId, limits};
use uuid::Uuid;

/// Something to note in the audit log, after it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditNote {
    /// The space that it happened in.
    pub space: SpaceId,
    /// Who did it; none for the command line.
    pub actor: Option<UserId>,
    /// What was done.
    pub act: AuditAct,
    /// The user, channel, key or issuer that it was done to, if to one.
    pub target: Option<Uuid>,
    /// What a reader should know besides, in a few words. It is kept for good and read by every administrator: no secrets.
    pub detail: String,
}

impl AuditNote {
    /// Writes it down.
    ///
    /// # Errors
    /// Failures of the directory.
    pub async fn write<D: Administration + ?Sized>(
        self,
        directory: &D,
        now: Millis,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let Self {
            space,
            actor,
            act,
            target,
            detail,
        } = self;
        tracing::info!(%space, ?actor, %act, ?target, "audit");
        let line = AuditRow {
            id: AuditId::new(now, entropy),
            space,
            at: now,
            actor,
            act,
            target,
            detail: detail.chars().take(limits::AUDIT_DETAIL_CHARS_MAX).collect(),
        };
        directory.audit_add(line).await
    }
}
