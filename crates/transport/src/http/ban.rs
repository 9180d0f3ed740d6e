//! Bans: list, ban, let back.

use super::app::{Answer, App};
use super::body::MaybeBody;
use super::caller::Caller;
use super::params::{At, ChannelPath, ChannelUserPath, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::member::{Ban, BanList, Unban};
use klatch_protocol::view::{Ack, Bans};
use klatch_types::ClientKey;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list_bans))
        .routes(routes!(ban, unban))
}

/// How a user is banned.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BanBody {
    /// Why, at most 200 characters; shown to the members.
    reason: Option<String>,
    /// Until when, Unix milliseconds; for good if left out.
    until: Option<i64>,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Lists who is banned.
#[utoipa::path(get, path = "/v1/channels/{id}/bans", tag = "ban", params(ChannelPath),
    responses((status = 200, description = "The bans.", body = Bans)))]
async fn list_bans(State(app): State<App>, Caller(who): Caller, At(at): At<ChannelPath>) -> Answer {
    app.run(&who, Command::BanList(BanList { channel: at.id }), StatusCode::OK)
        .await
}

/// Removes a user and keeps them out.
#[utoipa::path(put, path = "/v1/channels/{id}/bans/{user}", tag = "ban", params(ChannelUserPath, RetryHeader),
    request_body = Option<BanBody>,
    responses((status = 200, description = "The user is banned.", body = Ack)))]
async fn ban(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelUserPath>,
    retry: RetryKey,
    MaybeBody(body): MaybeBody<BanBody>,
) -> Answer {
    let key = retry.or(body.key)?;
    let command = Ban {
        channel: at.id,
        user: at.user,
        reason: body.reason,
        until: body.until,
        key,
    };
    app.run(&who, Command::Ban(command), StatusCode::OK).await
}

/// Lets a banned user come back.
#[utoipa::path(delete, path = "/v1/channels/{id}/bans/{user}", tag = "ban",
    params(ChannelUserPath, RetryHeader),
    responses((status = 200, description = "The user is not banned.", body = Ack)))]
async fn unban(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelUserPath>,
    retry: RetryKey,
) -> Answer {
    let command = Unban {
        channel: at.id,
        user: at.user,
        key: retry.take(),
    };
    app.run(&who, Command::Unban(command), StatusCode::OK).await
}
