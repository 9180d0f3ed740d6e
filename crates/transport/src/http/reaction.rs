//! Reactions to messages.

use super::app::{Answer, App};
use super::caller::Caller;
use super::params::{At, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::reaction::{React, Unreact};
use klatch_protocol::view::Ack;
use klatch_types::{ChannelId, Seq};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(react, unreact))
}

/// One's reaction to a message.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ReactionPath {
    /// Id of the channel.
    id: ChannelId,
    /// Position of the message.
    seq: Seq,
    /// One emoji, percent-encoded UTF-8.
    emoji: String,
}

/// Adds one's reaction to a message; adding it twice changes nothing.
#[utoipa::path(put, path = "/v1/channels/{id}/messages/{seq}/reactions/{emoji}", tag = "reaction",
    params(ReactionPath, RetryHeader),
    responses((status = 200, description = "The reaction is durable.", body = Ack)))]
async fn react(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ReactionPath>,
    retry: RetryKey,
) -> Answer {
    let command = React {
        channel: at.id,
        target: at.seq,
        emoji: at.emoji,
        key: retry.take(),
    };
    app.run(&who, Command::React(command), StatusCode::OK).await
}

/// Takes one's reaction back.
#[utoipa::path(delete, path = "/v1/channels/{id}/messages/{seq}/reactions/{emoji}", tag = "reaction",
    params(ReactionPath, RetryHeader),
    responses((status = 200, description = "The reaction is gone.", body = Ack)))]
async fn unreact(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ReactionPath>,
    retry: RetryKey,
) -> Answer {
    let command = Unreact {
        channel: at.id,
        target: at.seq,
        emoji: at.emoji,
        key: retry.take(),
    };
    app.run(&who, Command::Unreact(command), StatusCode::OK).await
}
