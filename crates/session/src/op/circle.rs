//! The social circle.

use super::page;
use crate::{SessionError, Sessions};
use klatch_channel::{Actor, CircleMembers};
use klatch_protocol::ErrorCode;
use klatch_protocol::command::circle::{Circle, CircleCreate};
use klatch_protocol::view::{ChannelCreated, Reply};
use klatch_types::limits;

impl Sessions {
    pub(crate) async fn circle(&self, actor: &Actor, c: Circle) -> Result<Reply, SessionError> {
        let limit = page(c.limit, limits::CIRCLE_DEFAULT, limits::CIRCLE_MAX)?;
        Ok(Reply::Circle(self.channels.circle(actor, limit).await?))
    }

    pub(crate) async fn circle_create(&self, actor: &Actor, c: CircleCreate) -> Result<Reply, SessionError> {
        self.rates.check_send(actor.user)?;
        let max = limits::CIRCLE_MAX;
        let members = match (c.users, c.nearest) {
            (Some(users), None) if (1..=max as usize).contains(&users.len()) => CircleMembers::Users(users),
            (None, Some(nearest)) if (1..=max).contains(&nearest) => CircleMembers::Nearest(nearest),
            _ => {
                let text = format!("say whom: 1 to {max} `users`, or how many of the `nearest`, 1 to {max}");
                return Err(SessionError::refused(ErrorCode::Invalid, text));
            }
        };
        let made = self.channels.circle_create(actor, c.name, members, c.key).await?;
        let (id, existed) = made;
        Ok(Reply::ChannelCreated(ChannelCreated {
            channel: self.channels.get(actor, id).await?,
            existed,
        }))
    }
}
