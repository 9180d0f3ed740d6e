//! Mutes: a muted member reads and does not send.

use super::app::{Answer, App};
use super::body::MaybeBody;
use super::caller::Caller;
use super::params::{At, ChannelUserPath, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::member::{Mute, Unmute};
use klatch_protocol::view::Ack;
use klatch_types::ClientKey;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(mute, unmute))
}

/// How a member is muted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MuteBody {
    /// Until when, Unix milliseconds; for good if left out.
    until: Option<i64>,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Keeps a member from sending.
#[utoipa::path(put, path = "/v1/channels/{id}/mutes/{user}", tag = "mute", params(ChannelUserPath, RetryHeader),
    request_body = Option<MuteBody>,
    responses((status = 200, description = "The member is muted.", body = Ack)))]
async fn mute(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelUserPath>,
    retry: RetryKey,
    MaybeBody(body): MaybeBody<MuteBody>,
) -> Answer {
    let command = Mute {
        channel: at.id,
        user: at.user,
        until: body.until,
        key: retry.or(body.key)?,
    };
    app.run(&who, Command::Mute(command), StatusCode::OK).await
}

/// Lets a muted member send again.
#[utoipa::path(delete, path = "/v1/channels/{id}/mutes/{user}", tag = "mute",
    params(ChannelUserPath, RetryHeader),
    responses((status = 200, description = "The member is not muted.", body = Ack)))]
async fn unmute(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelUserPath>,
    retry: RetryKey,
) -> Answer {
    let command = Unmute {
        channel: at.id,
        user: at.user,
        key: retry.take(),
    };
    app.run(&who, Command::Unmute(command), StatusCode::OK).await
}
