//! Members: join, leave, list, add, change role, remove.

use super::app::{Answer, App};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, ChannelPath, ChannelUserPath, Params, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::member::{Join, Leave, MemberAdd, MemberList, MemberRemove, MemberRole};
use klatch_protocol::view::{Ack, Members};
use klatch_types::{ClientKey, Role, UserId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(join))
        .routes(routes!(leave))
        .routes(routes!(list_members, add_member))
        .routes(routes!(change_role, remove_member))
}

/// Which members to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MembersQuery {
    /// Members above this id.
    after: Option<UserId>,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Whom to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberAddBody {
    /// The user.
    user: UserId,
    /// Role, at most one's own and below owner; `member` if left out.
    role: Option<Role>,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberRoleBody {
    /// The new role.
    role: Role,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Why a member is removed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RemoveQuery {
    /// Why, at most 200 characters; shown to the members.
    reason: Option<String>,
}

/// Joins an open channel.
#[utoipa::path(post, path = "/v1/channels/{id}/join", tag = "member", params(ChannelPath, RetryHeader),
    responses((status = 200, description = "One is a member.", body = Ack)))]
async fn join(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
) -> Answer {
    app.run(
        &who,
        Command::Join(Join {
            channel: at.id,
            key: retry.take(),
        }),
        StatusCode::OK,
    )
    .await
}

/// Leaves a channel. The last owner must make another one first.
#[utoipa::path(post, path = "/v1/channels/{id}/leave", tag = "member", params(ChannelPath, RetryHeader),
    responses((status = 200, description = "One is no longer a member.", body = Ack)))]
async fn leave(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
) -> Answer {
    app.run(
        &who,
        Command::Leave(Leave {
            channel: at.id,
            key: retry.take(),
        }),
        StatusCode::OK,
    )
    .await
}

/// Lists members, ordered by user id.
#[utoipa::path(get, path = "/v1/channels/{id}/members", tag = "member", params(ChannelPath, MembersQuery),
    responses((status = 200, description = "A page of members.", body = Members)))]
async fn list_members(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Params(query): Params<MembersQuery>,
) -> Answer {
    let command = MemberList {
        channel: at.id,
        after: query.after,
        limit: query.limit,
    };
    app.run(&who, Command::MemberList(command), StatusCode::OK).await
}

/// Adds a user of the space to a channel.
#[utoipa::path(post, path = "/v1/channels/{id}/members", tag = "member", params(ChannelPath, RetryHeader),
    request_body = MemberAddBody,
    responses((status = 200, description = "The user is a member.", body = Ack)))]
async fn add_member(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
    Body(body): Body<MemberAddBody>,
) -> Answer {
    let command = MemberAdd {
        channel: at.id,
        user: body.user,
        role: body.role,
        key: retry.or(body.key)?,
    };
    app.run(&who, Command::MemberAdd(command), StatusCode::OK).await
}

/// Gives a member another role.
#[utoipa::path(patch, path = "/v1/channels/{id}/members/{user}", tag = "member",
    params(ChannelUserPath, RetryHeader), request_body = MemberRoleBody,
    responses((status = 200, description = "The member has the role.", body = Ack)))]
async fn change_role(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelUserPath>,
    retry: RetryKey,
    Body(body): Body<MemberRoleBody>,
) -> Answer {
    let command = MemberRole {
        channel: at.id,
        user: at.user,
        role: body.role,
        key: retry.or(body.key)?,
    };
    app.run(&who, Command::MemberRole(command), StatusCode::OK).await
}

/// Removes a member; they may come back if invited.
#[utoipa::path(delete, path = "/v1/channels/{id}/members/{user}", tag = "member",
    params(ChannelUserPath, RemoveQuery, RetryHeader),
    responses((status = 200, description = "The user is no longer a member.", body = Ack)))]
async fn remove_member(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelUserPath>,
    Params(query): Params<RemoveQuery>,
    retry: RetryKey,
) -> Answer {
    let command = MemberRemove {
        channel: at.id,
        user: at.user,
        reason: query.reason,
        key: retry.take(),
    };
    app.run(&who, Command::MemberRemove(command), StatusCode::OK)
        .await
}
