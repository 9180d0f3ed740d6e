//! Invitation links: make, list, take back, look at, accept.

use super::app::{Answer, App};
use super::body::MaybeBody;
use super::caller::Caller;
use super::params::{At, ChannelPath, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::invite;
use klatch_protocol::view::{Channel, Done, Invite, InvitePreview, Invites};
use klatch_types::{ChannelId, InviteId, Role};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(create_invite, list_invites))
        .routes(routes!(revoke_invite))
        .routes(routes!(preview_invite))
        .routes(routes!(accept_invite))
}

/// What the invitation allows.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteCreateBody {
    /// Role of those who come by it: `guest` or `member`; `member` if left out.
    role: Option<Role>,
    /// Life in seconds, at most a year; 7 days if left out.
    #[schema(minimum = 1, maximum = 31_536_000)]
    expires_in_s: Option<u64>,
    /// How many may come by it; any number if left out.
    #[schema(minimum = 1)]
    uses_max: Option<u32>,
}

/// An invitation of a channel.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct InvitePath {
    /// Id of the channel.
    id: ChannelId,
    /// Id of the invitation.
    invite: InviteId,
}

/// The code of a link.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CodePath {
    /// The code at the end of the link `/join/{code}`.
    code: String,
}

/// Makes an invitation.
#[utoipa::path(post, path = "/v1/channels/{id}/invites", tag = "invite", params(ChannelPath),
    request_body = Option<InviteCreateBody>,
    responses((status = 201, description = "The invitation.", body = Invite)))]
async fn create_invite(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    MaybeBody(body): MaybeBody<InviteCreateBody>,
) -> Answer {
    let InviteCreateBody {
        role,
        expires_in_s,
        uses_max,
    } = body;
    let command = invite::InviteCreate {
        channel: at.id,
        role,
        expires_in_s,
        uses_max,
    };
    app.run(&who, Command::InviteCreate(command), StatusCode::CREATED)
        .await
}

/// Lists the live invitations of a channel.
#[utoipa::path(get, path = "/v1/channels/{id}/invites", tag = "invite", params(ChannelPath),
    responses((status = 200, description = "The invitations.", body = Invites)))]
async fn list_invites(State(app): State<App>, Caller(who): Caller, At(at): At<ChannelPath>) -> Answer {
    let command = invite::InviteList { channel: at.id };
    app.run(&who, Command::InviteList(command), StatusCode::OK).await
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/v1/channels/{id}/invites/{invite}", tag = "invite", params(InvitePath),
    responses((status = 200, description = "It no longer works.", body = Done)))]
async fn revoke_invite(State(app): State<App>, Caller(who): Caller, At(at): At<InvitePath>) -> Answer {
    let command = invite::InviteRevoke {
        channel: at.id,
        invite: at.invite,
    };
    app.run(&who, Command::InviteRevoke(command), StatusCode::OK)
        .await
}

/// What an invitation leads to, before accepting it.
#[utoipa::path(get, path = "/v1/invites/{code}", tag = "invite", params(CodePath),
    responses((status = 200, description = "What it leads to.", body = InvitePreview)))]
async fn preview_invite(State(app): State<App>, Caller(who): Caller, At(at): At<CodePath>) -> Answer {
    let command = invite::InvitePreview { code: at.code };
    app.run(&who, Command::InvitePreview(command), StatusCode::OK)
        .await
}

/// Joins by an invitation.
#[utoipa::path(post, path = "/v1/invites/{code}/accept", tag = "invite", params(CodePath, RetryHeader),
    responses((status = 200, description = "The channel, of which one is a member.", body = Channel)))]
async fn accept_invite(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<CodePath>,
    retry: RetryKey,
) -> Answer {
    let command = invite::InviteAccept {
        code: at.code,
        key: retry.take(),
    };
    app.run(&who, Command::InviteAccept(command), StatusCode::OK)
        .await
}
