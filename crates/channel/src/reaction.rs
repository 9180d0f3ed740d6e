//! Reacting to messages.

use crate::access::Operation;
use crate::fact::{Fact, kind};
use crate::message::visible;
use crate::publish::Draft;
use crate::{Actor, ChannelError, Channels};
use klatch_engine::row::EventRow;
use klatch_log::Receipt;
use klatch_types::{ChannelId, ClientKey, Seq, limits};

impl Channels {
    /// Adds the actor's reaction; if it is there already, the receipt is that of the event that put it there.
    ///
    /// # Errors
    /// `Invalid` for the emoji, `Gone` for a deleted message, `LimitReached` when the message has had its fill.
    pub async fn react(
        &self,
        actor: &Actor,
        channel: ChannelId,
        target: Seq,
        emoji: String,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.reaction(actor, channel, target, emoji, key, true).await
    }

    /// Takes the actor's reaction back; if there is none, the receipt is that of the event that took it, or of the
    /// message.
    ///
    /// # Errors
    /// As for [`Channels::react`].
    pub async fn unreact(
        &self,
        actor: &Actor,
        channel: ChannelId,
        target: Seq,
        emoji: String,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.reaction(actor, channel, target, emoji, key, false).await
    }

    async fn reaction(
        &self,
        actor: &Actor,
        channel: ChannelId,
        target: Seq,
        emoji: String,
        key: Option<ClientKey>,
        add: bool,
    ) -> Result<Receipt, ChannelError> {
        let state = self.check(actor, channel, Operation::React).await?;
        visible(&state.read(), actor, target)?;
        check_emoji(&emoji)?;
        let message = self.message_row(channel, target).await?;
        if message.tombstone {
            return Err(ChannelError::Gone("the message was deleted"));
        }
        let limit = limits::AMENDMENTS_PER_MESSAGE_MAX as u32;
        let earlier = self.parts.log.amendments(channel, target, target, limit).await?;
        let last = earlier
            .iter()
            .rev()
            .find(|row| row.actor == actor.user && emoji_of(row) == Some(emoji.as_str().into()));
        let there = last.is_some_and(|row| row.kind == kind::REACTION_ADDED);
        if there == add {
            return Ok(receipt_of(last.unwrap_or(&message)));
        }
        if earlier.len() >= limits::AMENDMENTS_PER_MESSAGE_MAX && add {
            let limit = limits::AMENDMENTS_PER_MESSAGE_MAX;
            return Err(ChannelError::LimitReached(format!(
                "a message may have {limit} edits and reactions"
            )));
        }
        self.commit_as(actor, channel, key, Operation::React, |_| {
            let emoji = emoji.clone();
            let fact = if add {
                Fact::ReactionAdded { emoji }
            } else {
                Fact::ReactionRemoved { emoji }
            };
            Ok(Draft::new(fact, Some(target), Vec::new()))
        })
        .await
    }
}

fn emoji_of(row: &EventRow) -> Option<std::borrow::Cow<'static, str>> {
    match Fact::of(row)? {
        Fact::ReactionAdded { emoji } | Fact::ReactionRemoved { emoji } => Some(emoji.into()),
        _ => None,
    }
}

fn receipt_of(row: &EventRow) -> Receipt {
    Receipt {
        seq: row.seq,
        prev: row.seq.prev(),
        ordinal: row.ordinal,
        at: row.at,
        duplicate: true,
    }
}

fn check_emoji(emoji: &str) -> Result<(), ChannelError> {
    let fits = !emoji.is_empty() && emoji.len() <= limits::REACTION_BYTES_MAX;
    if fits && !emoji.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Ok(())
    } else {
        let max = limits::REACTION_BYTES_MAX;
        Err(ChannelError::Invalid(format!(
            "`emoji` must be 1 to {max} bytes without white space"
        )))
    }
}
