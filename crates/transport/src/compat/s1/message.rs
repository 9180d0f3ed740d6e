//! `POST /messages` and `GET /messages/:user_id` (S1.4).

use crate::compat::room;
use crate::error::TransportError;
use crate::http::{Answer, App, At, Body, Caller, Params, RetryHeader, RetryKey, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::command::channel::{ChannelCreate, ChannelList, ChannelScope};
use klatch_protocol::command::cursor::Read;
use klatch_protocol::command::history::History;
use klatch_protocol::command::message::Send;
use klatch_protocol::view::{Ack, Channel, Message, Reply};
use klatch_protocol::{Command, ErrorCode};
use klatch_session::{Principal, SessionError};
use klatch_types::{ChannelId, ChannelKind, ClientKey, Millis, Seq, UserId, UserKind, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(send_meeting_message))
        .routes(routes!(list_unread_messages))
}

/// The only type of message there is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum MessageType {
    #[default]
    Text,
}

/// A message to a user or a meeting.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeetingMessageBody {
    /// Username or id of the caller, with or without a leading `@`.
    #[serde(rename = "sender_ID")]
    #[schema(example = "+1234567890")]
    sender: String,
    /// Username or id of a user, with or without a leading `@`; or id or name of a meeting or group.
    #[serde(rename = "receiver_ID")]
    #[schema(example = "@johndoe")]
    receiver: String,
    /// `text`; may be left out.
    #[serde(rename = "type", default)]
    #[schema(inline, required = false)]
    _kind: MessageType,
    /// The text.
    text: String,
}

/// A message.
#[derive(Serialize, ToSchema)]
struct MeetingMessage {
    /// Its id: the channel's and the position, with a colon between them.
    id: String,
    /// Username of who sent it.
    #[serde(rename = "sender_ID")]
    sender: String,
    /// Username of the user it is for, or the id of the meeting or group.
    #[serde(rename = "receiver_ID")]
    receiver: String,
    /// `text`.
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: MessageType,
    /// The text; empty if the message was deleted.
    text: String,
    /// When it was committed, RFC 3339 in UTC.
    timestamp: String,
    /// The channel that it is in.
    channel: ChannelId,
    /// Its position there.
    seq: Seq,
}

/// A user.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ReaderPath {
    /// Username or id of the caller, with or without a leading `@`.
    user_id: String,
}

/// What becomes of the messages that are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Mark {
    #[default]
    Read,
    None,
}

/// How to read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UnreadQuery {
    /// `read`: what is answered is unread no longer. `none`: it stays unread.
    #[serde(default)]
    #[param(inline, required = false)]
    mark: Mark,
}

/// Posts a message to a user, in the direct channel of the two, or to a meeting or group.
#[utoipa::path(post, path = "/messages", tag = "s1", params(RetryHeader), request_body = MeetingMessageBody,
    responses((status = 201, description = "The message; it is durable.", body = MeetingMessage)))]
async fn send_meeting_message(
    State(app): State<App>,
    Caller(who): Caller,
    retry: RetryKey,
    Body(body): Body<MeetingMessageBody>,
) -> Answer {
    room::check_sender(&who, "sender_ID", &body.sender)?;
    let now = app.sessions.channels().now();
    let key = retry.take().unwrap_or_else(|| ClientKey::new(now, &*app.entropy));
    let receiver = receiver(&app, &who, &body.receiver).await?;
    let (channel, ack) = deliver(&app, &who, &receiver, key, &body.text).await?;
    let message = MeetingMessage {
        id: format!("{channel}:{}", ack.seq),
        sender: who.username.as_ref().to_owned(),
        receiver: match receiver {
            Receiver::User(_, username) => username,
            Receiver::Channel(channel) => channel.to_string(),
        },
        kind: MessageType::Text,
        text: body.text,
        timestamp: Millis(ack.at).rfc3339(),
        channel,
        seq: ack.seq,
    };
    Ok(json(StatusCode::CREATED, &message))
}

enum Receiver {
    User(UserId, String),
    Channel(ChannelId),
}

/// Whom or what a client means.
async fn receiver(app: &App, who: &Principal, named: &str) -> Result<Receiver, SessionError> {
    let bare = named.strip_prefix('@').unwrap_or(named);
    // Guests look nobody up, and write where they were invited.
    if who.kind != UserKind::Guest
        && let Some(user) = app.sessions.user_named(who, &[named, bare]).await?
    {
        return Ok(Receiver::User(user.id, user.username));
    }
    Ok(Receiver::Channel(room::find(&app.sessions, who, named).await?))
}

/// Posts, and makes the direct channel if there is none yet.
async fn deliver(
    app: &App,
    who: &Principal,
    receiver: &Receiver,
    key: ClientKey,
    text: &str,
) -> Result<(ChannelId, Ack), SessionError> {
    let send = |channel| {
        let command = Command::Send(Send {
            channel,
            key,
            text: text.to_owned(),
            reply_to: None,
        });
        async move {
            match app.sessions.run(who, command).await? {
                Reply::Ack(ack) => Ok((channel, ack)),
                _ => Err(SessionError::Internal("a message is answered with an ack".into())),
            }
        }
    };
    let other = match receiver {
        Receiver::Channel(channel) => return send(*channel).await,
        Receiver::User(user, _) => *user,
    };
    let pair = ChannelId::of_pair(who.space, who.user.min(other), who.user.max(other));
    match send(pair).await {
        Err(error) if error.problem().code == ErrorCode::NotFound => {}
        sent => return sent,
    }
    let create = ChannelCreate {
        kind: ChannelKind::Direct,
        name: None,
        topic: None,
        visibility: None,
        members: vec![other],
        key: None,
        rules: None,
    };
    match app.sessions.run(who, Command::ChannelCreate(create)).await? {
        Reply::ChannelCreated(made) => send(made.channel.id).await,
        _ => Err(SessionError::Internal(
            "making a channel is answered with it".into(),
        )),
    }
}

/// The caller's unread messages of all channels, oldest first, at most 200; the next call has the rest.
#[utoipa::path(get, path = "/messages/{user_id}", tag = "s1", params(ReaderPath, UnreadQuery),
    responses((status = 200, description = "The messages.", body = Vec<MeetingMessage>)))]
async fn list_unread_messages(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ReaderPath>,
    Params(query): Params<UnreadQuery>,
) -> Answer {
    if !room::is_caller(&who, &at.user_id) {
        let detail = "`user_id` must name the user of the access token";
        return Err(TransportError::refused(ErrorCode::Forbidden, detail));
    }
    let list = ChannelList {
        scope: ChannelScope::Mine,
        limit: Some(limits::CHANNEL_LIST_MAX),
    };
    let Reply::Channels(mine) = app.sessions.run(&who, Command::ChannelList(list)).await? else {
        return Err(SessionError::Internal("a list is answered with channels".into()).into());
    };
    let mut left = limits::PAGE_MAX;
    let mut unread = Vec::new();
    for channel in mine.channels.iter().filter(|channel| channel.unread > 0) {
        if left == 0 {
            break;
        }
        let messages = unread_of(&app, &who, channel, left).await?;
        left -= u32::try_from(messages.len()).unwrap_or(left).min(left);
        if let (Mark::Read, Some(last)) = (query.mark, messages.last()) {
            let read = Read {
                channel: channel.id,
                seq: last.seq,
            };
            app.sessions.run(&who, Command::Read(read)).await?;
        }
        let others = messages.into_iter().filter(|message| message.actor != who.user);
        unread.extend(others.map(|message| (channel.kind, message)));
    }
    unread.sort_by_key(|(_, message)| (message.at, message.channel, message.seq));
    let shown = shown(&app, &who, unread).await?;
    Ok(json(StatusCode::OK, &shown))
}

/// Messages of a channel after what the caller has read, oldest first.
async fn unread_of(
    app: &App,
    who: &Principal,
    channel: &Channel,
    limit: u32,
) -> Result<Vec<Message>, SessionError> {
    let command = History {
        channel: channel.id,
        before: None,
        after: Some(channel.read),
        since: None,
        limit: Some(limit),
    };
    match app.sessions.run(who, Command::History(command)).await? {
        Reply::Messages(page) => Ok(page.messages),
        _ => Err(SessionError::Internal("history is answered with messages".into())),
    }
}

async fn shown(
    app: &App,
    who: &Principal,
    messages: Vec<(ChannelKind, Message)>,
) -> Result<Vec<MeetingMessage>, SessionError> {
    let actors = messages.iter().map(|(_, message)| message.actor);
    let names = app.sessions.usernames(actors.collect::<Vec<_>>()).await?;
    let view = |(kind, message): (ChannelKind, Message)| MeetingMessage {
        id: format!("{}:{}", message.channel, message.seq),
        sender: names
            .get(&message.actor)
            .map_or_else(String::new, |name| name.as_ref().to_owned()),
        receiver: match kind {
            ChannelKind::Direct => who.username.as_ref().to_owned(),
            _ => message.channel.to_string(),
        },
        kind: MessageType::Text,
        text: message.text,
        timestamp: Millis(message.at).rfc3339(),
        channel: message.channel,
        seq: message.seq,
    };
    Ok(messages.into_iter().map(view).collect())
}
