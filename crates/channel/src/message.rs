//! Sending, editing and deleting messages.

use crate::access::{self, Operation};
use crate::fact::{Fact, kind};
use crate::publish::Draft;
use crate::{Actor, ChannelError, ChannelState, Channels, Turn};
use klatch_engine::row::EventRow;
use klatch_log::{Change, Receipt};
use klatch_types::{ChannelId, ClientKey, Policy, Seq, UserId, UserKind};

impl Channels {
    /// Posts a message; answered when it is durable.
    ///
    /// # Errors
    /// `TooLong` and `Invalid` for the text, `Invalid` if `reply_to` is not a message one may see, and what
    /// [`access::may`] refuses.
    pub async fn send(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: ClientKey,
        text: String,
        reply_to: Option<Seq>,
        turn: Turn,
    ) -> Result<Receipt, ChannelError> {
        let space = self.space(actor.space).await?;
        let checked = check_text(&text, &space.policy);
        let reply = match reply_to {
            Some(seq) => Box::pin(self.message_row(channel, seq))
                .await
                .map(|_| ())
                .map_err(|_| bad_reply()),
            None => Ok(()),
        };
        let (users, mention_all) = if text.contains('@') {
            Box::pin(self.mentioned(actor, &text)).await?
        } else {
            Default::default()
        };
        // What the client asked for, without what we made of it: mentions depend on who is a member now.
        let digest = klatch_log::digest(kind::MESSAGE_POSTED, reply_to, text.as_bytes());
        let leave = self.leave_to_send(actor, channel, key).await?;
        let sent = self.commit_in_turn(actor, channel, Some(key), turn, |state| {
            let now = self.now();
            access::may(state, actor, Operation::Send, now)?;
            checked.clone()?;
            reply.clone()?;
            let pause = state
                .members
                .get(&actor.user)
                .and_then(|member| state.rules.pause_of(member.role));
            if let (Some(leave), Some(pause)) = (&leave, pause) {
                leave.take(now, pause)?;
            }
            let hears = |user: &UserId| *user != actor.user && state.members.contains_key(user);
            let mentions: Vec<UserId> = users.iter().map(|user| user.id).filter(hears).collect();
            let mut changes = Vec::new();
            if !mentions.is_empty() {
                changes.push(Change::Mention {
                    users: mentions.clone(),
                });
            }
            if mention_all {
                changes.push(Change::MentionAll);
            }
            let fact = Fact::MessagePosted {
                text: text.clone(),
                reply_to,
                mentions,
                mention_all,
            };
            Ok(Draft {
                fact,
                target: None,
                digest,
                changes,
                work: Vec::new(),
            })
        });
        let sent = sent.await;
        if let (Some(leave), Err(_)) = (&leave, &sent) {
            leave.give_back();
        }
        sent
    }

    /// Replaces the text of one's own message.
    ///
    /// # Errors
    /// `Gone` if it was deleted, `Forbidden` if it is another's, and as for [`Channels::send`].
    pub async fn edit(
        &self,
        actor: &Actor,
        channel: ChannelId,
        target: Seq,
        text: String,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        let space = self.space(actor.space).await?;
        let checked = check_text(&text, &space.policy);
        self.check(actor, channel, Operation::View).await?;
        let message = self.message_row(channel, target).await;
        self.commit_as(actor, channel, key, Operation::EditOwn, |state| {
            let message = message.as_ref().map_err(Clone::clone)?;
            visible(state, actor, target)?;
            checked.clone()?;
            if message.actor != actor.user {
                return Err(ChannelError::Forbidden("only its author may edit a message"));
            }
            if message.tombstone {
                return Err(ChannelError::Gone("the message was deleted"));
            }
            Ok(Draft::new(
                Fact::MessageEdited { text: text.clone() },
                Some(target),
                Vec::new(),
            ))
        })
        .await
    }

    /// Deletes a message: its content is erased in the same transaction, its place stays.
    ///
    /// # Errors
    /// `Gone` if it was deleted before, and what [`access::may`] refuses.
    pub async fn delete(
        &self,
        actor: &Actor,
        channel: ChannelId,
        target: Seq,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.check(actor, channel, Operation::View).await?;
        let now = self.now();
        let message = self.message_row(channel, target).await;
        let deleted = self
            .commit(actor, channel, key, |state| {
                access::may(state, actor, Operation::ReadHistory, now)?;
                let message = message.as_ref().map_err(Clone::clone)?;
                visible(state, actor, target)?;
                let own = message.actor == actor.user;
                access::may(
                    state,
                    actor,
                    if own {
                        Operation::DeleteOwn
                    } else {
                        Operation::DeleteOther
                    },
                    now,
                )?;
                if !own && message_author_outranks(state, actor, message) {
                    return Err(ChannelError::Forbidden("the author's role is above yours"));
                }
                if message.tombstone {
                    return Err(ChannelError::Gone("the message was deleted before"));
                }
                let erase = Change::Erase {
                    target,
                    edit_kind: kind::MESSAGE_EDITED,
                };
                Ok(Draft::new(Fact::MessageDeleted, Some(target), vec![erase]))
            })
            .await?;
        // Before it is answered: from now on nobody is given what was erased.
        self.ranges.erased(channel);
        Ok(deleted)
    }

    /// The row of a message; `NotFound` if the position holds none.
    pub(crate) async fn message_row(&self, channel: ChannelId, seq: Seq) -> Result<EventRow, ChannelError> {
        let row = self.parts.log.get(channel, seq).await?;
        row.filter(|row| row.kind == kind::MESSAGE_POSTED)
            .ok_or(ChannelError::NotFound)
    }
}

/// What lies before a member's time does not exist for them.
pub(crate) fn visible(state: &ChannelState, actor: &Actor, seq: Seq) -> Result<(), ChannelError> {
    match state.members.get(&actor.user) {
        Some(member) if seq > member.visible_after => Ok(()),
        None if actor.kind == UserKind::System => Ok(()),
        _ => Err(ChannelError::NotFound),
    }
}

fn message_author_outranks(state: &ChannelState, actor: &Actor, message: &EventRow) -> bool {
    let rank = |user: UserId| state.members.get(&user).map(|member| member.role);
    actor.kind != UserKind::System && rank(message.actor) > rank(actor.user)
}

fn check_text(text: &str, policy: &Policy) -> Result<(), ChannelError> {
    if text.trim().is_empty() {
        return Err(ChannelError::Invalid("`text` must not be empty".into()));
    }
    if text.contains('\0') {
        return Err(ChannelError::Invalid("`text` must not contain U+0000".into()));
    }
    // Bytes are never fewer than characters, so most texts need no counting.
    let characters_max = policy.characters_max;
    if text.len() > characters_max as usize {
        let characters = text.chars().count();
        if characters > characters_max as usize {
            return Err(ChannelError::TooLong {
                characters_max,
                characters,
            });
        }
    }
    Ok(())
}

fn bad_reply() -> ChannelError {
    ChannelError::Invalid("`reply_to` must be the position of a message of this channel".into())
}
