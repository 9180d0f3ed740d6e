//! The channel list, and one channel as a user sees it.

use crate::access::Operation;
use crate::fact::{Fact, kind};
use crate::receipt::ShownReceipts;
use crate::{Actor, ChannelError, Channels};
use klatch_protocol::view;
use klatch_store::{ChannelListRow, PreviewRow};
use klatch_types::{ChannelId, ChannelKind, Millis, Rules, Seq, UserId, UserKind};

/// Characters of a preview.
const PREVIEW_CHARS_MAX: usize = 140;

impl Channels {
    /// The actor's channels, last activity first.
    pub async fn list(&self, actor: &Actor, limit: u32) -> Result<view::Channels, ChannelError> {
        let rows = self
            .parts
            .directory
            .channel_list(actor.user, kind::MESSAGE_EDITED, limit)
            .await?;
        let shown = self.shown_receipts(actor).await?;
        let now = self.now();
        Ok(view::Channels {
            channels: rows
                .into_iter()
                .map(|row| channel_view(row, actor.user, shown, now))
                .collect(),
        })
    }

    /// Channels of the space that anyone may join, by name. Guests see none.
    pub async fn list_open(&self, actor: &Actor, limit: u32) -> Result<view::Channels, ChannelError> {
        if actor.kind == UserKind::Guest {
            return Ok(view::Channels { channels: Vec::new() });
        }
        let rows = self
            .parts
            .directory
            .channels_open(actor.space, actor.user, limit)
            .await?;
        let now = self.now();
        Ok(view::Channels {
            channels: rows
                .into_iter()
                .map(|row| channel_view(row, actor.user, ShownReceipts::NONE, now))
                .collect(),
        })
    }

    /// One channel. One who is not a member sees that an open channel is there, and nothing of its content.
    pub async fn get(&self, actor: &Actor, channel: ChannelId) -> Result<view::Channel, ChannelError> {
        if let Err(refusal) = self.check(actor, channel, Operation::View).await {
            return Err(self.waiting_or(actor, channel, refusal).await);
        }
        let row = self
            .parts
            .directory
            .channel_line(actor.user, channel, kind::MESSAGE_EDITED)
            .await?;
        let shown = self.shown_receipts(actor).await?;
        Ok(channel_view(
            row.ok_or(ChannelError::NotFound)?,
            actor.user,
            shown,
            self.now(),
        ))
    }
}

fn channel_view(line: ChannelListRow, user: UserId, shown: ShownReceipts, now: Millis) -> view::Channel {
    let ChannelListRow {
        row,
        member,
        peer,
        preview,
    } = line;
    let floor = member.as_ref().map(|member| member.visible_after);
    let unread = member
        .as_ref()
        .map_or(0, |member| row.ordinal.since(member.read_ordinal));
    let mentions = member.as_ref().map_or(0, |member| {
        member.mentions.since(member.read_mentions) + row.broadcasts.since(member.read_broadcasts)
    });
    let peer = peer.filter(|peer| peer.id != user);
    let own_name = row.name.unwrap_or_default();
    let name = match (&row.kind, &peer) {
        (ChannelKind::Direct, Some(peer)) => peer.name.clone(),
        _ => own_name,
    };
    view::Channel {
        id: row.id,
        kind: row.kind,
        name,
        topic: row.topic,
        visibility: row.visibility,
        peer: peer.as_ref().map(|peer| peer.id),
        peer_read: peer
            .as_ref()
            .filter(|peer| shown.read && !peer.hides_reading)
            .map(|peer| peer.read),
        peer_received: peer.filter(|_| shown.received).map(|peer| peer.received),
        role: member.as_ref().map(|member| member.role),
        members: row.members,
        head: row.head,
        read: member.as_ref().map_or(Seq::ZERO, |member| member.read),
        received: member.as_ref().map_or(Seq::ZERO, |member| member.received),
        unread,
        mentions,
        active_at: row.active_at.0,
        rules: (row.rules != Rules::default()).then_some(row.rules),
        archived: row.archived_at.is_some() || row.rules.is_over(now),
        preview: preview
            .filter(|preview| floor.is_some_and(|floor| preview.seq > floor))
            .as_ref()
            .map(preview_view),
    }
}

fn preview_view(row: &PreviewRow) -> view::Preview {
    // The payload is that of the message or of its newest edit; both keep their text in the same place.
    let text = match Fact::from_payload(kind::MESSAGE_EDITED, &row.payload) {
        Some(Fact::MessageEdited { text }) if !row.tombstone => {
            text.chars().take(PREVIEW_CHARS_MAX).collect()
        }
        _ => String::new(),
    };
    view::Preview {
        seq: row.seq,
        at: row.at.0,
        actor: row.actor,
        text,
        deleted: row.tombstone,
    }
}
