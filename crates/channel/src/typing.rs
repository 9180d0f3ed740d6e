//! The sign that someone is typing: best effort, never logged.

use crate::access::Operation;
use crate::{Actor, ChannelError, Channels};
use klatch_fanout::Frame;
use klatch_protocol::frame::TypingSignal;
use klatch_protocol::{ServerFrame, codec};
use klatch_types::ChannelId;

impl Channels {
    /// Tells the channel's other listeners that the actor types, where the policy shows presence.
    pub async fn typing(&self, actor: &Actor, channel: ChannelId) -> Result<(), ChannelError> {
        self.check(actor, channel, Operation::Typing).await?;
        if self.space(actor.space).await?.policy.presence {
            let signal = ServerFrame::Typing(TypingSignal {
                channel,
                user: actor.user,
            });
            let frame = Frame::text(&codec::write(&signal));
            self.parts.hub.publish_lossy(channel, &frame, actor.user);
            self.parts.peers.signal(channel, actor.user, frame.payload());
        }
        Ok(())
    }
}
