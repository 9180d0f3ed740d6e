//! What a client asks for by an event, as commands of the session.

use super::door::Shared;
use super::event::{self, Asks, JoinRoom, LeaveRoom, Online, Say};
use super::room::Rooms;
use crate::compat::room;
use klatch_channel::Turn;
use klatch_protocol::command::channel::ChannelGet;
use klatch_protocol::command::member::{Join, Leave};
use klatch_protocol::command::message::Send;
use klatch_protocol::view::Reply;
use klatch_protocol::{Command, ErrorCode, Problem};
use klatch_session::{Principal, SessionError};
use klatch_types::{ChannelId, ClientKey, Millis, Seq};
use serde_json::{Value, json};

/// A room as the client named it.
pub(super) struct Named {
    name: String,
    /// The channel, if the client has joined it by this name.
    known: Option<ChannelId>,
}

/// What is asked for.
pub(super) enum Deed {
    /// `online`: the connection says it, and no more needs to be done.
    Online,
    /// `join room`: become a member where that is open to everyone, and hear the room.
    Join { room: Named, after: Option<Seq> },
    /// `leave room`: be a member no longer.
    Leave(Named),
    /// `leave`: hear the room no longer, and stay a member.
    Deafen(Named),
    /// `chat message`.
    Say {
        room: Named,
        text: String,
        key: Option<ClientKey>,
    },
}

/// What follows for the connection.
pub(super) enum Effect {
    None,
    Hear {
        channel: ChannelId,
        name: String,
        from: Seq,
    },
    Deafen(ChannelId),
}

impl Deed {
    /// Reads an event and its first argument.
    pub(super) fn read(event: &str, value: Value, who: &Principal, rooms: &Rooms) -> Result<Self, Problem> {
        let is_caller = |up: Option<String>| match up {
            Some(up) => room::check_sender(who, "up", &up).map_err(|error| error.problem()),
            None => Ok(()),
        };
        let named = |name: String| {
            let known = rooms.named(&name);
            Named { name, known }
        };
        match Asks::of(event)? {
            Asks::Online => {
                let Online { up } = event::read(value)?;
                is_caller(up)?;
                Ok(Self::Online)
            }
            Asks::JoinRoom => {
                let JoinRoom { up, room, after } = event::read(value)?;
                is_caller(up)?;
                Ok(Self::Join {
                    room: named(room),
                    after,
                })
            }
            Asks::LeaveRoom => {
                let LeaveRoom { up, room } = event::read(value)?;
                is_caller(up)?;
                Ok(Self::Leave(named(room)))
            }
            Asks::Leave => {
                let LeaveRoom { up, room } = event::read(value)?;
                is_caller(up)?;
                Ok(Self::Deafen(named(room)))
            }
            Asks::ChatMessage => {
                let Say {
                    message,
                    up,
                    room,
                    key,
                } = event::read(value)?;
                is_caller(up)?;
                Ok(Self::Say {
                    room: named(room),
                    text: message,
                    key,
                })
            }
        }
    }

    /// Does it: the acknowledgement, and what follows.
    pub(super) async fn run(
        self,
        shared: &Shared,
        who: &Principal,
        turn: Turn,
    ) -> Result<(Value, Effect), SessionError> {
        match self {
            Self::Online => Ok((json!({ "ok": true, "up": *who.username }), Effect::None)),
            Self::Join { room, after } => join(shared, who, room, after).await,
            Self::Leave(room) => {
                let channel = room.find(shared, who).await?;
                let command = Command::Leave(Leave { channel, key: None });
                shared.state.app.sessions.run(who, command).await?;
                Ok((told(&room.name, channel), Effect::Deafen(channel)))
            }
            Self::Deafen(room) => {
                let channel = room.find(shared, who).await?;
                Ok((told(&room.name, channel), Effect::Deafen(channel)))
            }
            Self::Say { room, text, key } => say(shared, who, &room, text, key, turn).await,
        }
    }
}

impl Named {
    async fn find(&self, shared: &Shared, who: &Principal) -> Result<ChannelId, SessionError> {
        match self.known {
            Some(channel) => Ok(channel),
            None => Box::pin(room::find(&shared.state.app.sessions, who, &self.name)).await,
        }
    }
}

async fn join(
    shared: &Shared,
    who: &Principal,
    room: Named,
    after: Option<Seq>,
) -> Result<(Value, Effect), SessionError> {
    let sessions = &shared.state.app.sessions;
    let channel = room.find(shared, who).await?;
    let Reply::Channel(seen) = sessions
        .run(who, Command::ChannelGet(ChannelGet { channel }))
        .await?
    else {
        return Err(SessionError::Internal(
            "a channel is answered with a channel".into(),
        ));
    };
    let mut head = seen.head;
    // Only members hear; an API key, which never is one, is refused here rather than promised what will not come.
    if seen.role.is_none() {
        let joined = sessions
            .run(who, Command::Join(Join { channel, key: None }))
            .await?;
        if let Reply::Ack(ack) = joined {
            head = ack.seq;
        }
    }
    if after.is_some_and(|after| after > head) {
        return Err(SessionError::refused(
            ErrorCode::Resync,
            "`after` is above the last position of the room; join without it",
        ));
    }
    let mut ack = told(&room.name, channel);
    ack["head"] = json!(head);
    Ok((
        ack,
        Effect::Hear {
            channel,
            name: room.name,
            from: after.unwrap_or(head),
        },
    ))
}

async fn say(
    shared: &Shared,
    who: &Principal,
    room: &Named,
    text: String,
    key: Option<ClientKey>,
    turn: Turn,
) -> Result<(Value, Effect), SessionError> {
    let app = &shared.state.app;
    let channel = room.find(shared, who).await?;
    let key = key.unwrap_or_else(|| ClientKey::new(shared.state.registry.now(), &*app.entropy));
    let command = Command::Send(Send {
        channel,
        key,
        text,
        reply_to: None,
    });
    let mut ack = told(&room.name, channel);
    if let Reply::Ack(sent) = app.sessions.run_in_turn(who, command, turn).await? {
        ack["id"] = json!(format!("{channel}:{}", sent.seq));
        ack["seq"] = json!(sent.seq);
        ack["prev"] = json!(sent.prev);
        ack["timestamp"] = json!(Millis(sent.at).rfc3339());
    }
    Ok((ack, Effect::None))
}

fn told(room: &str, channel: ChannelId) -> Value {
    json!({ "ok": true, "room": room, "channel": channel })
}
