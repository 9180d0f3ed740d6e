//! Rosters, for a student system with an API key, and administrators (S0.3, S2.1).

use super::app::{Answer, App, json};
use super::body::{Body, collect_up_to, is_json, text};
use super::caller::Caller;
use super::params::Params;
use crate::error::TransportError;
use axum::extract::{Request, State};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use klatch_protocol::command::roster::{RosterChanges, RosterPut};
use klatch_protocol::view::{RosterImports, RosterReport, RosterSettings, RosterStatus};
use klatch_protocol::{ErrorCode, codec};
use klatch_session::{RosterOrder, roster_of, roster_of_archive, roster_of_csv};
use klatch_types::{RosterImportState, limits};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get_roster, put_roster))
        .routes(routes!(change_roster))
        .routes(routes!(undo_roster))
        .routes(routes!(list_imports))
        .routes(routes!(get_settings, put_settings))
}

/// How an import is to be done.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Only tell what would change.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
    /// Drop more members than one import may without it.
    #[serde(default)]
    #[param(required = false)]
    allow_removals: bool,
}

impl From<ImportQuery> for RosterOrder {
    fn from(query: ImportQuery) -> Self {
        Self {
            dry_run: query.dry_run,
            allow_removals: query.allow_removals,
        }
    }
}

/// Whether only to tell what would change.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DryRunQuery {
    /// Only tell what would change.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

impl From<DryRunQuery> for RosterOrder {
    fn from(query: DryRunQuery) -> Self {
        Self {
            dry_run: query.dry_run,
            allow_removals: true,
        }
    }
}

/// Which imports to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportsQuery {
    /// How many, 1 to 100; 20 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Tells how the space's roster stands. For API keys and administrators of the space.
#[utoipa::path(get, path = "/v1/roster", tag = "roster",
    responses((status = 200, description = "How it stands.", body = RosterStatus)))]
async fn get_roster(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.sessions.roster_status(&who).await?))
}

/// Puts a whole roster in the place of the one before: as JSON, as plain CSV, or as a zip archive of OneRoster 1.2 in CSV.
/// At most 32 MiB. Channels and members follow. For API keys and administrators of the space.
#[utoipa::path(put, path = "/v1/roster", tag = "roster", params(ImportQuery),
    request_body(content((RosterPut = "application/json"), (String = "text/csv"), (Vec<u8> = "application/zip"))),
    responses(
        (status = 200, description = "What it did, or would do.", body = RosterReport),
        (status = 202, description = "What it does: it goes on, and `GET /v1/roster` tells when it is done.",
            body = RosterReport)))]
async fn put_roster(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<ImportQuery>,
    request: Request,
) -> Answer {
    let form = Form::of(request.headers())?;
    // Kept until the body is understood, which is when its memory is given back.
    let room = app.sessions.roster_room(&who).await?;
    let bytes = collect_up_to(request, limits::ROSTER_BODY_BYTES_MAX).await?;
    let today = app.sessions.channels().today();
    let read = move || {
        let roster = match form {
            Form::Json => roster_of(read_json(&bytes)?),
            Form::Archive => roster_of_archive(&bytes, &today),
            Form::Csv => roster_of_csv(&bytes),
        };
        drop(room);
        Ok::<_, TransportError>(roster?)
    };
    // Seconds of work for the largest; this thread has other requests.
    let roster = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| TransportError::Panic(error.to_string()))??;
    let report = app
        .sessions
        .roster_put(&who, roster, query.into(), limits::ROSTER_ANSWER_WAIT)
        .await?;
    Ok(answer(&report))
}

/// Changes the roster here and there: adds and ends enrolments. Whoever has much to change sends it together. For API keys
/// and administrators of the space.
#[utoipa::path(post, path = "/v1/roster/enrolments", tag = "roster", params(DryRunQuery), request_body = RosterChanges,
    responses(
        (status = 200, description = "What it did, or would do.", body = RosterReport),
        (status = 202, description = "What it does: it goes on.", body = RosterReport)))]
async fn change_roster(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<DryRunQuery>,
    Body(changes): Body<RosterChanges>,
) -> Answer {
    let report = app
        .sessions
        .roster_change(&who, changes, query.into(), limits::ROSTER_ANSWER_WAIT)
        .await?;
    Ok(answer(&report))
}

/// Takes the last import back: the roster before it counts again, and whom it put in is removed at once. An undo cannot be
/// undone. For API keys and administrators of the space.
#[utoipa::path(post, path = "/v1/roster/undo", tag = "roster", params(DryRunQuery),
    responses(
        (status = 200, description = "What it did, or would do.", body = RosterReport),
        (status = 202, description = "What it does: it goes on.", body = RosterReport)))]
async fn undo_roster(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<DryRunQuery>,
) -> Answer {
    let report = app
        .sessions
        .roster_undo(&who, query.into(), limits::ROSTER_ANSWER_WAIT)
        .await?;
    Ok(answer(&report))
}

/// Lists imports, newest first. For API keys and administrators of the space.
#[utoipa::path(get, path = "/v1/roster/imports", tag = "roster", params(ImportsQuery),
    responses((status = 200, description = "The imports.", body = RosterImports)))]
async fn list_imports(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<ImportsQuery>,
) -> Answer {
    Ok(json(
        StatusCode::OK,
        &app.sessions.roster_imports(&who, query.limit).await?,
    ))
}

/// Tells how the space follows its rosters. For API keys and administrators of the space.
#[utoipa::path(get, path = "/v1/roster/settings", tag = "roster",
    responses((status = 200, description = "The settings.", body = RosterSettings)))]
async fn get_settings(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.sessions.roster_settings(&who).await?))
}

/// Changes how the space follows its rosters, from the next import on. For API keys and administrators of the space.
#[utoipa::path(put, path = "/v1/roster/settings", tag = "roster", request_body = RosterSettings,
    responses((status = 200, description = "The settings.", body = RosterSettings)))]
async fn put_settings(
    State(app): State<App>,
    Caller(who): Caller,
    Body(settings): Body<RosterSettings>,
) -> Answer {
    let settings = app.sessions.roster_settings_put(&who, settings).await?;
    Ok(json(StatusCode::OK, &settings))
}

fn answer(report: &RosterReport) -> axum::response::Response {
    let status = match report.state {
        RosterImportState::Running => StatusCode::ACCEPTED,
        RosterImportState::Done | RosterImportState::Unfinished => StatusCode::OK,
    };
    json(status, report)
}

/// How a roster is written.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Archive,
    Csv,
}

impl Form {
    fn of(headers: &HeaderMap) -> Result<Self, TransportError> {
        let said = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let kind = said.and_then(|text| text.split(';').next()).unwrap_or_default();
        if kind.trim().eq_ignore_ascii_case("application/zip") {
            return Ok(Self::Archive);
        }
        if kind.trim().eq_ignore_ascii_case("text/csv") {
            return Ok(Self::Csv);
        }
        if is_json(headers) {
            return Ok(Self::Json);
        }
        Err(TransportError::refused(
            ErrorCode::UnsupportedMediaType,
            "a roster is `application/json`, `text/csv`, or `application/zip` with OneRoster in CSV",
        ))
    }
}

fn read_json(bytes: &Bytes) -> Result<RosterPut, TransportError> {
    Ok(codec::read(text(bytes)?)?)
}
