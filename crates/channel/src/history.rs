//! Reading the past: messages with everything later applied, and raw events.

use crate::access::Operation;
use crate::fact::Fact;
use crate::{Actor, ChannelError, Channels, to_wire};
use klatch_engine::row::EventRow;
use klatch_log::{Order, ReadPage};
use klatch_protocol::{Event, view};
use klatch_types::{ChannelId, Millis, Seq, UserKind, limits};
use std::collections::HashMap;

/// Later events read for one page of messages; a page with more is answered shorter.
const AMENDMENTS_PER_PAGE_MAX: u32 = 20_000;

/// Which messages to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryPage {
    /// Below a position (or from the end), newest first.
    Before(Option<Seq>),
    /// Above a position, oldest first.
    After(Seq),
    /// From a time on, oldest first.
    Since(Millis),
}

impl Channels {
    /// A page of messages with edits, deletions and reactions applied.
    pub async fn history(
        &self,
        actor: &Actor,
        channel: ChannelId,
        page: HistoryPage,
        limit: u32,
    ) -> Result<view::Messages, ChannelError> {
        let floor = self.floor(actor, channel).await?;
        let after = match page {
            HistoryPage::Before(_) => floor,
            HistoryPage::After(after) => after.max(floor),
            HistoryPage::Since(at) => self.last_before(channel, floor, at).await?,
        };
        let read = match page {
            HistoryPage::Before(before) => ReadPage {
                after,
                before,
                order: Order::Descending,
                messages_only: true,
                limit: limit + 1,
            },
            HistoryPage::After(_) | HistoryPage::Since(_) => ReadPage {
                after,
                before: None,
                order: Order::Ascending,
                messages_only: true,
                limit: limit + 1,
            },
        };
        let mut rows = self.parts.log.read(channel, read).await?;
        let mut more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let later = loop {
            let (Some(low), Some(high)) =
                (rows.iter().map(|r| r.seq).min(), rows.iter().map(|r| r.seq).max())
            else {
                break Vec::new();
            };
            let later = self
                .parts
                .log
                .amendments(channel, low, high, AMENDMENTS_PER_PAGE_MAX)
                .await?;
            if later.len() < AMENDMENTS_PER_PAGE_MAX as usize || rows.len() == 1 {
                break later;
            }
            rows.truncate(rows.len().div_ceil(2));
            more = true;
        };
        let head = self.head(channel).await?;
        Ok(view::Messages {
            messages: fold(&rows, &later),
            more,
            head,
            epoch: self.parts.log.epoch().to_owned(),
        })
    }

    /// The last position above `floor` whose event is older than `at`, or `floor`. Events are in the order of their times but
    /// for the clocks of nodes that differ, so halving finds it to that.
    async fn last_before(&self, channel: ChannelId, floor: Seq, at: Millis) -> Result<Seq, ChannelError> {
        let (mut older, mut newer) = (floor, self.head(channel).await?.next());
        while newer.0 - older.0 > 1 {
            let middle = Seq(older.0 + (newer.0 - older.0) / 2);
            match self.parts.log.get(channel, middle).await? {
                Some(row) if row.at < at => older = middle,
                _ => newer = middle,
            }
        }
        Ok(older)
    }

    /// One message with edits, deletion and reactions applied.
    pub async fn message(
        &self,
        actor: &Actor,
        channel: ChannelId,
        seq: Seq,
    ) -> Result<view::Message, ChannelError> {
        let floor = self.floor(actor, channel).await?;
        if seq <= floor {
            return Err(ChannelError::NotFound);
        }
        let row = self.message_row(channel, seq).await?;
        let later = self
            .parts
            .log
            .amendments(channel, seq, seq, AMENDMENTS_PER_PAGE_MAX)
            .await?;
        fold(&[row], &later).pop().ok_or(ChannelError::NotFound)
    }

    /// A page of raw events after a position.
    ///
    /// # Errors
    /// `Resync` if `epoch` is another history's or `after` is above the head.
    pub async fn events(
        &self,
        actor: &Actor,
        channel: ChannelId,
        after: Seq,
        limit: u32,
        epoch: Option<&str>,
    ) -> Result<view::Events, ChannelError> {
        let floor = self.floor(actor, channel).await?;
        let head = self.head(channel).await?;
        if epoch.is_some_and(|epoch| epoch != self.parts.log.epoch()) || after > head {
            return Err(ChannelError::Resync);
        }
        let mut events = self.events_after(channel, after.max(floor), limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        Ok(view::Events {
            events,
            more,
            head,
            epoch: self.parts.log.epoch().to_owned(),
        })
    }

    /// Raw events after a position, for those whose access was checked (resume).
    pub async fn events_after(
        &self,
        channel: ChannelId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Event>, ChannelError> {
        let page = ReadPage {
            after,
            before: None,
            order: Order::Ascending,
            messages_only: false,
            limit,
        };
        let rows = self.parts.log.read(channel, page).await?;
        Ok(rows.iter().filter_map(to_wire::event).collect())
    }

    pub(crate) async fn head(&self, channel: ChannelId) -> Result<Seq, ChannelError> {
        let heads = self.parts.log.heads(&[channel]).await?;
        heads
            .first()
            .copied()
            .flatten()
            .map(|head| head.seq)
            .ok_or(ChannelError::NotFound)
    }

    /// The position up to which the past is not the actor's to see.
    pub(crate) async fn floor(&self, actor: &Actor, channel: ChannelId) -> Result<Seq, ChannelError> {
        let state = self.check(actor, channel, Operation::ReadHistory).await?;
        let state = state.read();
        match state.members.get(&actor.user) {
            Some(member) => Ok(member.visible_after),
            None if actor.kind == UserKind::System => Ok(Seq::ZERO),
            None => Err(ChannelError::NotFound),
        }
    }
}

/// Applies later events to messages. `later` is ascending.
fn fold(rows: &[EventRow], later: &[EventRow]) -> Vec<view::Message> {
    let mut messages: Vec<view::Message> = rows.iter().filter_map(plain).collect();
    let places: HashMap<Seq, usize> = messages
        .iter()
        .enumerate()
        .map(|(place, m)| (m.seq, place))
        .collect();
    for event in later {
        let Some(message) = event
            .target
            .and_then(|target| places.get(&target))
            .map(|place| &mut messages[*place])
        else {
            continue;
        };
        match Fact::of(event) {
            Some(Fact::MessageEdited { text }) if !message.deleted => {
                message.text = text;
                message.edited_at = Some(event.at.0);
            }
            Some(Fact::MessageDeleted) => erase(message),
            Some(Fact::ReactionAdded { emoji }) if !message.deleted => {
                match message
                    .reactions
                    .iter_mut()
                    .find(|reaction| reaction.emoji == emoji)
                {
                    Some(reaction) if reaction.users.contains(&event.actor) => {}
                    Some(reaction) => reaction.users.push(event.actor),
                    None => message.reactions.push(view::Reaction {
                        emoji,
                        users: vec![event.actor],
                    }),
                }
            }
            Some(Fact::ReactionRemoved { emoji }) => {
                for reaction in &mut message.reactions {
                    if reaction.emoji == emoji {
                        reaction.users.retain(|user| *user != event.actor);
                    }
                }
                message.reactions.retain(|reaction| !reaction.users.is_empty());
            }
            _ => {}
        }
    }
    messages
}

fn erase(message: &mut view::Message) {
    message.deleted = true;
    message.text.clear();
    message.reactions.clear();
    message.mentions.clear();
    message.mention_all = false;
}

fn plain(row: &EventRow) -> Option<view::Message> {
    let Some(Fact::MessagePosted {
        text,
        reply_to,
        mentions,
        mention_all,
    }) = Fact::of(row)
    else {
        return None;
    };
    Some(view::Message {
        channel: row.channel,
        seq: row.seq,
        prev: row.seq.prev(),
        at: row.at.0,
        actor: row.actor,
        key: row.key,
        ordinal: row.ordinal.0,
        text,
        reply_to,
        mentions,
        mention_all,
        edited_at: None,
        deleted: row.tombstone,
        reactions: Vec::new(),
    })
}

const _: () = assert!(AMENDMENTS_PER_PAGE_MAX as usize > limits::AMENDMENTS_PER_MESSAGE_MAX);
