//! Which server to connect to (S0.13, S1.6, S4.3).

use super::app::{Answer, App, json};
use super::caller::Caller;
use super::params::Params;
use crate::error::TransportError;
use axum::extract::State;
use http::{HeaderMap, StatusCode, header};
use klatch_cluster::{Wish, is_address, is_region};
use klatch_protocol::view::Location;
use klatch_session::Principal;
use klatch_types::{NodeId, limits};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(get_location))
}

/// What the client would like.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LocationQuery {
    /// A region to prefer, 1 to 32 of `a-z`, `0-9` and `-`; the one of the server that is asked if left out.
    region: Option<String>,
    /// The node where the client was: `node` of an earlier answer.
    current: Option<NodeId>,
}

/// The server that a client should connect to. Overloaded and draining ones are named only if there is no other.
#[utoipa::path(get, path = "/v1/location", tag = "location", params(LocationQuery),
    responses((status = 200, description = "The server.", body = Location)))]
async fn get_location(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<LocationQuery>,
    headers: HeaderMap,
) -> Answer {
    Ok(json(StatusCode::OK, &locate(&app, &who, &query, &headers)?))
}

/// Places a caller.
pub(crate) fn locate(
    app: &App,
    who: &Principal,
    query: &LocationQuery,
    headers: &HeaderMap,
) -> Result<Location, TransportError> {
    let region = query.region.as_deref();
    if region.is_some_and(|region| !is_region(region)) {
        let detail = format!(
            "`region` has 1 to {} characters out of a-z, 0-9 and -",
            limits::REGION_CHARS_MAX
        );
        return Err(TransportError::invalid(detail));
    }
    let card = app.cluster.location(&Wish {
        username: &who.username,
        region,
        current: query.current,
    });
    let url = match card.url.is_empty() {
        true => here(app, headers)?,
        false => card.url,
    };
    Ok(Location {
        url,
        node: card.id,
        region: card.region,
        expires_in_s: limits::LOCATION_LIFE.as_secs(),
    })
}

/// The address at which the caller came: the one that the operator named, or what the request says.
fn here(app: &App, headers: &HeaderMap) -> Result<String, TransportError> {
    if let Some(url) = &app.options.public_url {
        return Ok(url.clone());
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A proxy may say it, and a client that invents it misleads nobody but itself.
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let url = format!("{scheme}://{host}");
    match is_address(&url) {
        true => Ok(url),
        false => Err(TransportError::invalid("the `Host` header must name the server")),
    }
}
