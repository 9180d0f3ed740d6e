//! How far a user has received and read.

use crate::access::Operation;
use crate::{Actor, ChannelError, Channels};
use klatch_fanout::Frame;
use klatch_protocol::{ServerFrame, codec, view};
use klatch_types::{ChannelId, Seq};

impl Channels {
    /// Moves the actor's cursors forward and tells their other devices.
    pub async fn move_cursor(
        &self,
        actor: &Actor,
        channel: ChannelId,
        read: Option<Seq>,
        received: Option<Seq>,
    ) -> Result<view::Cursor, ChannelError> {
        let state = self.check(actor, channel, Operation::MoveCursor).await?;
        let row = self
            .parts
            .directory
            .cursor_move(channel, actor.user, read, received)
            .await?;
        let cursor = view::Cursor {
            channel,
            read: row.read,
            received: row.received,
            unread: row.unread,
            mentions: row.mentions,
        };
        if row.read_moved || row.received_moved {
            self.note_receipt(&state, actor.user, &row);
        }
        if row.read_moved {
            let frame = Frame::text(&codec::write(&ServerFrame::Cursor(cursor.clone())));
            self.parts.hub.publish_user(actor.user, &frame);
            self.parts.peers.user(actor.user, frame.payload());
        }
        Ok(cursor)
    }
}
