//! Channels.

use crate::http::app::{Answer, App, json};
use crate::http::caller::Caller;
use crate::http::params::{At, ChannelPath, Params};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::{Ack, AdminChannels};
use klatch_types::ChannelId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(admin_list_channels))
        .routes(routes!(admin_archive_channel))
}

/// Which channels.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChannelsQuery {
    /// A part of the name, at most 100 characters; letter case of ASCII is ignored. All if left out.
    #[serde(default)]
    #[param(required = false)]
    query: String,
    /// The id after which the page begins.
    after: Option<ChannelId>,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Lists the channels of the space, archived ones too, by id. Nothing of what is said in them. For administrators only.
#[utoipa::path(get, path = "/v1/admin/channels", tag = "admin", params(ChannelsQuery),
    responses((status = 200, description = "The channels.", body = AdminChannels)))]
async fn admin_list_channels(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<ChannelsQuery>,
) -> Answer {
    let channels = app
        .sessions
        .admin_channels(&who, &query.query, query.after, query.limit)
        .await?;
    Ok(json(StatusCode::OK, &channels))
}

/// Closes a channel for good: it can be read, and nothing is said in it any more. Conversations of two people are theirs.
/// For administrators only.
#[utoipa::path(delete, path = "/v1/admin/channels/{id}", tag = "admin", params(ChannelPath),
    responses((status = 200, description = "It is closed.", body = Ack)))]
async fn admin_archive_channel(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
) -> Answer {
    Ok(json(
        StatusCode::OK,
        &app.sessions.admin_archive(&who, at.id).await?,
    ))
}
