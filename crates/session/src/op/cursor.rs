//! Cursors and typing.

use super::done;
use crate::{SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::command::cursor::{Read, Received};
use klatch_protocol::command::typing::Typing;
use klatch_protocol::view::Reply;

impl Sessions {
    pub(crate) async fn read(&self, actor: &Actor, c: Read) -> Result<Reply, SessionError> {
        Ok(Reply::Cursor(
            self.channels
                .move_cursor(actor, c.channel, Some(c.seq), None)
                .await?,
        ))
    }

    pub(crate) async fn received(&self, actor: &Actor, c: Received) -> Result<Reply, SessionError> {
        Ok(Reply::Cursor(
            self.channels
                .move_cursor(actor, c.channel, None, Some(c.seq))
                .await?,
        ))
    }

    pub(crate) async fn typing(&self, actor: &Actor, c: Typing) -> Result<Reply, SessionError> {
        self.channels.typing(actor, c.channel, c.stop).await?;
        Ok(done())
    }
}
