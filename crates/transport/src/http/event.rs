//! Raw events: how a client fills a hole.

use super::app::{Answer, App};
use super::caller::Caller;
use super::params::{At, ChannelPath, Params};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::history;
use klatch_protocol::view::Events;
use klatch_types::Seq;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list_events))
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Events above this position; from the first if left out.
    #[serde(default)]
    #[param(required = false)]
    after: Seq,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The epoch one's copy is from; another one is answered with `resync`.
    epoch: Option<String>,
}

/// Reads events in order.
#[utoipa::path(get, path = "/v1/channels/{id}/events", tag = "event", params(ChannelPath, EventsQuery),
    responses((status = 200, description = "A page of events, ascending.", body = Events)))]
async fn list_events(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Params(query): Params<EventsQuery>,
) -> Answer {
    let EventsQuery { after, limit, epoch } = query;
    app.run(
        &who,
        Command::Events(history::Events {
            channel: at.id,
            after,
            limit,
            epoch,
        }),
        StatusCode::OK,
    )
    .await
}
