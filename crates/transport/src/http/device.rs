//! The devices one is signed in on.

use super::app::{Answer, App, json};
use super::caller::Caller;
use super::params::At;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::{Devices, Done};
use klatch_types::DeviceId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list_devices))
        .routes(routes!(revoke_device))
}

/// A device.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct DevicePath {
    /// Id of the device.
    id: DeviceId,
}

/// Lists the devices one is signed in on, last used first.
#[utoipa::path(get, path = "/v1/devices", tag = "device",
    responses((status = 200, description = "The devices.", body = Devices)))]
async fn list_devices(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.devices(&who).await?))
}

/// Signs one of one's devices out.
#[utoipa::path(delete, path = "/v1/devices/{id}", tag = "device", params(DevicePath),
    responses((status = 200, description = "It is signed out and its sockets are closed.", body = Done)))]
async fn revoke_device(State(app): State<App>, Caller(who): Caller, At(at): At<DevicePath>) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.revoke_device(&who, at.id).await?))
}
