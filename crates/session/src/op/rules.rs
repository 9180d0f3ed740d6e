//! The rules of a channel.

use super::ack;
use crate::{SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::command::rules::ChannelRules;
use klatch_protocol::view::Reply;

impl Sessions {
    pub(crate) async fn channel_rules(&self, actor: &Actor, c: ChannelRules) -> Result<Reply, SessionError> {
        Ok(ack(self
            .channels
            .change_rules(actor, c.channel, &c.rules, c.key)
            .await?))
    }
}
