//! The devices one is signed in on.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use super::params::At;
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::{Device, Devices, Done};
use klatch_types::{DeviceId, DisplayName};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list_devices, revoke_other_devices))
        .routes(routes!(rename_device, revoke_device))
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

/// A new name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceNameBody {
    /// Name of the device.
    name: DisplayName,
}

/// Gives one of one's devices another name.
#[utoipa::path(patch, path = "/v1/devices/{id}", tag = "device", params(DevicePath), request_body = DeviceNameBody,
    responses((status = 200, description = "The device as it is now.", body = Device)))]
async fn rename_device(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<DevicePath>,
    Body(body): Body<DeviceNameBody>,
) -> Answer {
    let device = app.auth.rename_device(&who, at.id, body.name).await?;
    Ok(json(StatusCode::OK, &device))
}

/// Signs all of one's devices out but the one asking.
#[utoipa::path(delete, path = "/v1/devices", tag = "device",
    responses((status = 200, description = "They are signed out and their sockets are closed.", body = Done)))]
async fn revoke_other_devices(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.revoke_other_devices(&who).await?))
}

/// Signs one of one's devices out.
#[utoipa::path(delete, path = "/v1/devices/{id}", tag = "device", params(DevicePath),
    responses((status = 200, description = "It is signed out and its sockets are closed.", body = Done)))]
async fn revoke_device(State(app): State<App>, Caller(who): Caller, At(at): At<DevicePath>) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.revoke_device(&who, at.id).await?))
}
