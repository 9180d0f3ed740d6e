//! The transcript.

use super::page;
use crate::{SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::command::transcript::Transcript;
use klatch_protocol::view::Reply;
use klatch_types::Seq;
use klatch_types::limits::{PAGE_DEFAULT, PAGE_MAX};

impl Sessions {
    pub(crate) async fn transcript(&self, actor: &Actor, c: Transcript) -> Result<Reply, SessionError> {
        let limit = page(c.limit, PAGE_DEFAULT, PAGE_MAX)?;
        let after = c.after.unwrap_or(Seq::ZERO);
        Ok(Reply::Transcript(
            self.channels.transcript(actor, c.channel, after, limit).await?,
        ))
    }
}
