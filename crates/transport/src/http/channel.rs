//! Channels: list, make, read, change, close.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, ChannelPath, Params, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::channel::{
    ChannelArchive, ChannelCreate, ChannelGet, ChannelList, ChannelScope, ChannelUpdate,
};
use klatch_protocol::view::{Ack, Channel, Channels, Reply};
use klatch_types::{ClientKey, DisplayName, Visibility};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list_channels, create_channel))
        .routes(routes!(get_channel, update_channel, archive_channel))
}

/// Which channels to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChannelsQuery {
    /// `mine`: those one is a member of, last activity first. `open`: those that anyone may join, by name.
    #[serde(default)]
    #[param(inline, required = false)]
    scope: ChannelScope,
    /// How many, 1 to 1,000; 200 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Changes what is given, leaves the rest.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelUpdateBody {
    /// New name.
    name: Option<DisplayName>,
    /// New topic, at most 500 characters; the empty text takes it away.
    topic: Option<String>,
    /// New visibility.
    visibility: Option<Visibility>,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Lists channels, with unread counts and the last message of each.
#[utoipa::path(get, path = "/v1/channels", tag = "channel", params(ChannelsQuery),
    responses((status = 200, description = "The channels.", body = Channels)))]
async fn list_channels(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<ChannelsQuery>,
) -> Answer {
    let command = ChannelList {
        scope: query.scope,
        limit: query.limit,
    };
    app.run(&who, Command::ChannelList(command), StatusCode::OK).await
}

/// Makes a channel. Of a pair of users there is at most one `direct` channel: the one there is, is answered.
#[utoipa::path(post, path = "/v1/channels", tag = "channel", params(RetryHeader), request_body = ChannelCreate,
    responses((status = 201, description = "The channel was made.", body = Channel),
        (status = 200, description = "It existed already.", body = Channel)))]
async fn create_channel(
    State(app): State<App>,
    Caller(who): Caller,
    retry: RetryKey,
    Body(body): Body<ChannelCreate>,
) -> Answer {
    let command = ChannelCreate {
        key: retry.or(body.key)?,
        ..body
    };
    match app.sessions.run(&who, Command::ChannelCreate(command)).await? {
        Reply::ChannelCreated(made) => {
            let status = if made.existed {
                StatusCode::OK
            } else {
                StatusCode::CREATED
            };
            Ok(json(status, &made.channel))
        }
        other => Ok(json(StatusCode::CREATED, &other)),
    }
}

/// Reads a channel.
#[utoipa::path(get, path = "/v1/channels/{id}", tag = "channel", params(ChannelPath),
    responses((status = 200, description = "The channel.", body = Channel)))]
async fn get_channel(State(app): State<App>, Caller(who): Caller, At(at): At<ChannelPath>) -> Answer {
    app.run(
        &who,
        Command::ChannelGet(ChannelGet { channel: at.id }),
        StatusCode::OK,
    )
    .await
}

/// Changes a channel's name, topic or visibility.
#[utoipa::path(patch, path = "/v1/channels/{id}", tag = "channel", params(ChannelPath, RetryHeader),
    request_body = ChannelUpdateBody,
    responses((status = 200, description = "The change is durable.", body = Ack)))]
async fn update_channel(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
    Body(body): Body<ChannelUpdateBody>,
) -> Answer {
    let key = retry.or(body.key)?;
    let ChannelUpdateBody {
        name,
        topic,
        visibility,
        ..
    } = body;
    let command = ChannelUpdate {
        channel: at.id,
        name,
        topic,
        visibility,
        key,
    };
    app.run(&who, Command::ChannelUpdate(command), StatusCode::OK)
        .await
}

/// Closes a channel for good: it can be read, and nothing else.
#[utoipa::path(delete, path = "/v1/channels/{id}", tag = "channel", params(ChannelPath, RetryHeader),
    responses((status = 200, description = "It is closed.", body = Ack)))]
async fn archive_channel(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
) -> Answer {
    let command = ChannelArchive {
        channel: at.id,
        key: retry.take(),
    };
    app.run(&who, Command::ChannelArchive(command), StatusCode::OK)
        .await
}
