//! `send_message` and `get_message` (S2.3), with the columns of the design's table `GroupMessages`.

use crate::compat::page::{self, Page};
use crate::compat::room;
use crate::error::TransportError;
use crate::http::{Answer, App, Body, Caller, Params, RetryHeader, RetryKey, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::message::Send;
use klatch_protocol::view::Reply;
use klatch_session::{Principal, SessionError};
use klatch_types::{ChannelId, ClientKey, Millis, Seq, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(send_course_message))
        .routes(routes!(get_course_messages, ask_course_messages))
}

/// A message to a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CourseMessageBody {
    /// Username or id of the caller.
    #[serde(rename = "sender_userID")]
    sender: String,
    /// Id or name of the group.
    #[serde(rename = "receiver_groupID")]
    group: String,
    /// The text; in the profile `course` at most 400 characters.
    text: String,
}

/// Which messages.
#[derive(Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ScreenQuery {
    /// Id or name of the group.
    #[serde(rename = "groupID")]
    group: String,
    /// How many messages fit on the screen, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    #[schema(minimum = 1, maximum = 200)]
    screen_size: u32,
}

/// A message.
#[derive(Serialize, ToSchema)]
struct CourseMessage {
    /// The group.
    channel_id: ChannelId,
    /// Its position in the group.
    message_id: Seq,
    /// Username of who sent it.
    user_id: String,
    /// The text; empty if the message was deleted.
    content: String,
    /// When it was committed, RFC 3339 in UTC.
    created_at: String,
}

/// Posts a message to a group.
#[utoipa::path(post, path = "/send_message", tag = "s2", params(RetryHeader), request_body = CourseMessageBody,
    responses((status = 201, description = "The message; it is durable.", body = CourseMessage)))]
async fn send_course_message(
    State(app): State<App>,
    Caller(who): Caller,
    retry: RetryKey,
    Body(body): Body<CourseMessageBody>,
) -> Answer {
    room::check_sender(&who, "sender_userID", &body.sender)?;
    let channel = room::find(&app.sessions, &who, &body.group).await?;
    let now = app.sessions.channels().now();
    let command = Send {
        channel,
        key: retry.take().unwrap_or_else(|| ClientKey::new(now, &*app.entropy)),
        text: body.text.clone(),
        reply_to: None,
    };
    let Reply::Ack(ack) = app.sessions.run(&who, Command::Send(command)).await? else {
        return Err(SessionError::Internal("a message is answered with an ack".into()).into());
    };
    let message = CourseMessage {
        channel_id: channel,
        message_id: ack.seq,
        user_id: who.username.as_ref().to_owned(),
        content: body.text,
        created_at: Millis(ack.at).rfc3339(),
    };
    Ok(json(StatusCode::CREATED, &message))
}

/// The newest messages of a group, newest first.
#[utoipa::path(get, path = "/get_message", tag = "s2", params(ScreenQuery),
    responses((status = 200, description = "The messages.", body = Vec<CourseMessage>)))]
async fn get_course_messages(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<ScreenQuery>,
) -> Answer {
    newest(&app, &who, &query).await
}

/// The newest messages of a group, newest first, for clients that send everything in a body.
#[utoipa::path(post, path = "/get_message", tag = "s2", request_body = ScreenQuery,
    responses((status = 200, description = "The messages.", body = Vec<CourseMessage>)))]
async fn ask_course_messages(
    State(app): State<App>,
    Caller(who): Caller,
    Body(body): Body<ScreenQuery>,
) -> Answer {
    newest(&app, &who, &body).await
}

async fn newest(app: &App, who: &Principal, asked: &ScreenQuery) -> Answer {
    if !(1..=limits::PAGE_MAX).contains(&asked.screen_size) {
        let max = limits::PAGE_MAX;
        return Err(TransportError::invalid(format!(
            "`screen_size` must be from 1 to {max}"
        )));
    }
    let channel = room::find(&app.sessions, who, &asked.group).await?;
    let page = Page {
        skip: 0,
        take: asked.screen_size,
    };
    let messages = page::newest(&app.sessions, who, channel, page).await?;
    let actors: Vec<_> = messages.iter().map(|message| message.actor).collect();
    let names = app.sessions.usernames(actors).await?;
    let view = |message: klatch_protocol::view::Message| CourseMessage {
        channel_id: message.channel,
        message_id: message.seq,
        user_id: names
            .get(&message.actor)
            .map_or_else(String::new, |name| name.as_ref().to_owned()),
        content: message.text,
        created_at: Millis(message.at).rfc3339(),
    };
    let shown: Vec<CourseMessage> = messages.into_iter().map(view).collect();
    Ok(json(StatusCode::OK, &shown))
}
