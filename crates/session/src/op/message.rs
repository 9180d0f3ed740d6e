//! Sending, editing, deleting, reacting.

use super::ack;
use crate::{SessionError, Sessions};
use klatch_channel::{Actor, Turn};
use klatch_protocol::command::message::{Delete, Edit, Send};
use klatch_protocol::command::reaction::{React, Unreact};
use klatch_protocol::view::Reply;

impl Sessions {
    pub(crate) async fn send(&self, actor: &Actor, c: Send, turn: Turn) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self
            .channels
            .send(actor, c.channel, c.key, c.text, c.reply_to, turn)
            .await?))
    }

    pub(crate) async fn edit(&self, actor: &Actor, c: Edit) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self
            .channels
            .edit(actor, c.channel, c.target, c.text, c.key)
            .await?))
    }

    pub(crate) async fn delete(&self, actor: &Actor, c: Delete) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self
            .channels
            .delete(actor, c.channel, c.target, c.key)
            .await?))
    }

    pub(crate) async fn react(&self, actor: &Actor, c: React) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self
            .channels
            .react(actor, c.channel, c.target, c.emoji, c.key)
            .await?))
    }

    pub(crate) async fn unreact(&self, actor: &Actor, c: Unreact) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        Ok(ack(self
            .channels
            .unreact(actor, c.channel, c.target, c.emoji, c.key)
            .await?))
    }
}
