//! The lobby: those who came and wait to be let in.

use super::app::{Answer, App};
use super::body::MaybeBody;
use super::caller::Caller;
use super::params::{At, ChannelPath, ChannelUserPath};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::lobby::{LobbyAdmit, LobbyDeny, LobbyList};
use klatch_protocol::view::{Done, Lobby};
use klatch_types::UserId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list_lobby, admit))
        .routes(routes!(deny))
}

/// Whom to let in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AdmitBody {
    /// Whom; everyone if left out.
    user: Option<UserId>,
}

/// Lists who waits, longest first. Moderators and owners of a meeting see it.
#[utoipa::path(get, path = "/v1/channels/{id}/lobby", tag = "lobby", params(ChannelPath),
    responses((status = 200, description = "Those who wait.", body = Lobby)))]
async fn list_lobby(State(app): State<App>, Caller(who): Caller, At(at): At<ChannelPath>) -> Answer {
    let command = LobbyList { channel: at.id };
    app.run(&who, Command::LobbyList(command), StatusCode::OK).await
}

/// Lets one in who waits, or all of them.
#[utoipa::path(post, path = "/v1/channels/{id}/lobby", tag = "lobby", params(ChannelPath),
    request_body = Option<AdmitBody>,
    responses((status = 200, description = "They are members; these still wait.", body = Lobby)))]
async fn admit(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    MaybeBody(body): MaybeBody<AdmitBody>,
) -> Answer {
    let command = LobbyAdmit {
        channel: at.id,
        user: body.user,
    };
    app.run(&who, Command::LobbyAdmit(command), StatusCode::OK).await
}

/// Sends one away who waits; oneself, to wait no longer. They may come again: to keep somebody out, ban them.
#[utoipa::path(delete, path = "/v1/channels/{id}/lobby/{user}", tag = "lobby", params(ChannelUserPath),
    responses((status = 200, description = "They wait no longer.", body = Done)))]
async fn deny(State(app): State<App>, Caller(who): Caller, At(at): At<ChannelUserPath>) -> Answer {
    let command = LobbyDeny {
        channel: at.id,
        user: at.user,
    };
    app.run(&who, Command::LobbyDeny(command), StatusCode::OK).await
}
