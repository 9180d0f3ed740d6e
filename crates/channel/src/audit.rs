//! What administrators do to channels and rosters, noted in the audit log.

use crate::{Actor, ChannelError, Channels};
use klatch_store::AuditNote;
use klatch_types::{AuditAct, ChannelId, UserKind};

impl Channels {
    /// Notes what an administrator did to a channel, or to the space; nothing of what back ends do, which they do all day.
    pub(crate) async fn note(
        &self,
        actor: &Actor,
        act: AuditAct,
        channel: Option<ChannelId>,
        detail: String,
    ) -> Result<(), ChannelError> {
        if actor.kind != UserKind::Person {
            return Ok(());
        }
        let note = AuditNote {
            space: actor.space,
            actor: Some(actor.user),
            act,
            target: channel.map(|channel| channel.0),
            detail,
        };
        let parts = &self.parts;
        Ok(note.write(&*parts.directory, self.now(), &*parts.entropy).await?)
    }
}
