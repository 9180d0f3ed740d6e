//! How far one has received and read.

use super::app::{Answer, App};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, ChannelPath};
use crate::error::TransportError;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::cursor::{Read, Received};
use klatch_protocol::view::Cursor;
use klatch_types::Seq;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(move_cursor))
}

/// How far; at least one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CursorBody {
    /// The last position read.
    read: Option<Seq>,
    /// The last position received.
    received: Option<Seq>,
}

/// Moves one's cursors forward; they never go back.
#[utoipa::path(put, path = "/v1/channels/{id}/cursor", tag = "cursor", params(ChannelPath),
    request_body = CursorBody,
    responses((status = 200, description = "How far one is now, and what is unread.", body = Cursor)))]
async fn move_cursor(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Body(body): Body<CursorBody>,
) -> Answer {
    let received = body
        .received
        .map(|seq| Command::Received(Received { channel: at.id, seq }));
    let read = body.read.map(|seq| Command::Read(Read { channel: at.id, seq }));
    match (received, read) {
        (Some(received), Some(read)) => {
            app.sessions.run(&who, received).await?;
            app.run(&who, read, StatusCode::OK).await
        }
        (Some(one), None) | (None, Some(one)) => app.run(&who, one, StatusCode::OK).await,
        (None, None) => Err(TransportError::invalid("give `read`, `received` or both")),
    }
}
