//! Raw events: how a client fills a hole.

use super::app::{Answer, App};
use super::caller::Caller;
use super::page;
use super::params::{At, ChannelPath, Params};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use klatch_channel::Range;
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

/// Caching of a range whose address says everything about it: what is erased leaves all caches within a day.
const KEPT: &str = "private, max-age=86400, immutable";
/// Caching of a range that would be another one after a backup was restored.
const ASKED_FOR_AGAIN: &str = "private, no-cache";

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Events above this position; from the first if left out.
    #[serde(default)]
    #[param(required = false)]
    after: Seq,
    /// How many, 1 to 200, with `until` to 1,000; 50 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The epoch one's copy is from; another one is answered with `resync`.
    epoch: Option<String>,
    /// Events up to this position and no further. Once the log has passed it, the answer has an entity tag; with `epoch`
    /// it may be kept for a day.
    until: Option<Seq>,
}

/// Reads events in order. A range with an end that the log has passed never changes, but for what is erased from it: it is
/// answered with an entity tag, for `If-None-Match`. If the address also names the epoch, so that it means this history and
/// no other, the answer may be kept for a day without asking.
#[utoipa::path(get, path = "/v1/channels/{id}/events", tag = "event", params(ChannelPath, EventsQuery),
    responses(
        (status = 200, description = "A page of events, ascending.", body = Events, headers(
            ("etag" = Option<String>, description = "Names these very bytes. Only of a range that the log has passed."),
            ("cache-control" = String, description = "How long the answer may be kept."),
        )),
        (status = 304, description = "The range is still what `If-None-Match` names.")))]
async fn list_events(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Params(query): Params<EventsQuery>,
    headers: HeaderMap,
) -> Answer {
    let EventsQuery {
        after,
        limit,
        epoch,
        until,
    } = query;
    let command = history::Events {
        channel: at.id,
        after,
        limit,
        epoch,
        until,
    };
    let names_history = command.epoch.is_some();
    match app.sessions.pull(&who, &command).await? {
        Some(range) => Ok(answer(range, names_history, &headers)),
        None => app.run(&who, Command::Events(command), StatusCode::OK).await,
    }
}

/// A range, or that the client has it already.
fn answer(range: Range, names_history: bool, asked: &HeaderMap) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    let tag = range
        .tag
        .as_deref()
        .and_then(|tag| HeaderValue::from_str(tag).ok());
    let Some(tag) = tag else {
        return (json, range.json).into_response();
    };
    let mut response = if page::is_known(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (json, range.json).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    let caching = if names_history { KEPT } else { ASKED_FOR_AGAIN };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    // Who shares a browser shares its cache, and may not see the same.
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    response
}
