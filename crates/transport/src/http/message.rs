//! Messages: send, read, edit, delete.

use super::app::{Answer, App};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, ChannelPath, MessagePath, Params, RetryHeader, RetryKey};
use crate::error::TransportError;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::history::{History, MessageGet};
use klatch_protocol::command::message::{Delete, Edit, Send};
use klatch_protocol::view::{Ack, Message, Messages};
use klatch_types::{ClientKey, Seq};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(send, list_messages))
        .routes(routes!(get_message, edit_message, delete_message))
}

/// A message to post.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendBody {
    /// Made by the client and kept until it has a definite answer. Required, here or as `Idempotency-Key`.
    key: Option<ClientKey>,
    /// The text; its longest is the policy's `characters_max`. `@username` mentions, `@all` mentions everyone.
    text: String,
    /// The message this one answers.
    reply_to: Option<Seq>,
}

/// A new text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    /// The new text.
    text: String,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Which messages. With `before` or none of the three: newest first, downwards. With `after` or `since`: oldest first, upwards.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// Messages below this position, newest first.
    before: Option<Seq>,
    /// Messages above this position, oldest first.
    after: Option<Seq>,
    /// Messages from this time on, Unix milliseconds, oldest first.
    since: Option<i64>,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Posts a message. The answer comes when it is durable; after a time-out, send it again with the same key.
#[utoipa::path(post, path = "/v1/channels/{id}/messages", tag = "message", params(ChannelPath, RetryHeader),
    request_body = SendBody,
    responses((status = 201, description = "It is durable. `duplicate` says that it had been before.", body = Ack)))]
async fn send(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
    Body(body): Body<SendBody>,
) -> Answer {
    let Some(key) = retry.or(body.key)? else {
        return Err(TransportError::invalid(
            "`key` (or the `Idempotency-Key` header) must be a UUID you made",
        ));
    };
    let command = Send {
        channel: at.id,
        key,
        text: body.text,
        reply_to: body.reply_to,
    };
    app.run(&who, Command::Send(command), StatusCode::CREATED).await
}

/// Reads messages, with edits, deletions and reactions applied.
#[utoipa::path(get, path = "/v1/channels/{id}/messages", tag = "message", params(ChannelPath, MessagesQuery),
    responses((status = 200, description = "A page of messages.", body = Messages)))]
async fn list_messages(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Params(query): Params<MessagesQuery>,
) -> Answer {
    let MessagesQuery {
        before,
        after,
        since,
        limit,
    } = query;
    app.run(
        &who,
        Command::History(History {
            channel: at.id,
            before,
            after,
            since,
            limit,
        }),
        StatusCode::OK,
    )
    .await
}

/// Reads one message, with edits, deletion and reactions applied.
#[utoipa::path(get, path = "/v1/channels/{id}/messages/{seq}", tag = "message", params(MessagePath),
    responses((status = 200, description = "The message.", body = Message)))]
async fn get_message(State(app): State<App>, Caller(who): Caller, At(at): At<MessagePath>) -> Answer {
    app.run(
        &who,
        Command::MessageGet(MessageGet {
            channel: at.id,
            target: at.seq,
        }),
        StatusCode::OK,
    )
    .await
}

/// Replaces the text of one's own message.
#[utoipa::path(patch, path = "/v1/channels/{id}/messages/{seq}", tag = "message",
    params(MessagePath, RetryHeader), request_body = EditBody,
    responses((status = 200, description = "The edit is durable.", body = Ack)))]
async fn edit_message(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<MessagePath>,
    retry: RetryKey,
    Body(body): Body<EditBody>,
) -> Answer {
    let command = Edit {
        channel: at.id,
        target: at.seq,
        text: body.text,
        key: retry.or(body.key)?,
    };
    app.run(&who, Command::Edit(command), StatusCode::OK).await
}

/// Deletes a message: one's own, or another's as moderator. Its content is erased, its place stays.
#[utoipa::path(delete, path = "/v1/channels/{id}/messages/{seq}", tag = "message",
    params(MessagePath, RetryHeader),
    responses((status = 200, description = "The deletion is durable.", body = Ack)))]
async fn delete_message(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<MessagePath>,
    retry: RetryKey,
) -> Answer {
    let command = Delete {
        channel: at.id,
        target: at.seq,
        key: retry.take(),
    };
    app.run(&who, Command::Delete(command), StatusCode::OK).await
}
