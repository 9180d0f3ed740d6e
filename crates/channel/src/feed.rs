//! Where a space's channels stand, for back ends that follow all of them.

use crate::access::{is_run_by_back_ends, may_follow_space};
use crate::{Actor, ChannelError, Channels};
use klatch_types::{ChannelId, Seq, limits};

impl Channels {
    /// The head of every channel of the space that a back end runs.
    ///
    /// # Errors
    /// `Forbidden` unless the actor is a back end, `LimitReached` if the space has too many channels to follow.
    pub async fn space_heads(&self, actor: &Actor) -> Result<Vec<(ChannelId, Seq)>, ChannelError> {
        may_follow_space(actor)?;
        let max = limits::FEED_CHANNELS_MAX;
        let heads = self.parts.directory.channel_heads(actor.space, max + 1).await?;
        if heads.len() > max as usize {
            return Err(ChannelError::LimitReached(format!(
                "a stream follows {max} channels at most; this space has more"
            )));
        }
        let run = heads.into_iter().filter(|head| is_run_by_back_ends(head.kind));
        Ok(run.map(|head| (head.id, head.head)).collect())
    }
}
