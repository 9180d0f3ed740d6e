//! Signing up, in and out (see [`klatch_session::auth`]).

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::{Caller, Peer};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::{Done, SignedIn};
use klatch_session::auth::{Login, SignUp};
use klatch_types::{DisplayName, Slug, Username};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(sign_up))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpBody {
    /// The space; may be left out where there is one, or one called `default`.
    space: Option<Slug>,
    /// Unique name in the space.
    username: Username,
    /// At least 12 characters, at most 256 bytes.
    #[schema(format = "password")]
    password: String,
    /// Name to show; the username if left out.
    name: Option<DisplayName>,
    /// Name of the device.
    device: Option<DisplayName>,
}

/// A login by password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginBody {
    /// The space; may be left out where there is one, or one called `default`.
    space: Option<Slug>,
    /// The user.
    username: Username,
    /// The password.
    #[schema(format = "password")]
    password: String,
    /// Name of the device.
    device: Option<DisplayName>,
}

/// A refresh token to exchange.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshBody {
    /// The newest refresh token of the device.
    refresh_token: String,
}

/// Makes an account and signs it in.
#[utoipa::path(post, path = "/v1/auth/signup", tag = "auth", request_body = SignUpBody, security(()),
    responses((status = 201, description = "The account is there and signed in.", body = SignedIn)))]
async fn sign_up(State(app): State<App>, Peer(peer): Peer, Body(body): Body<SignUpBody>) -> Answer {
    let SignUpBody {
        space,
        username,
        password,
        name,
        device,
    } = body;
    let signed_in = app
        .auth
        .sign_up(
            SignUp {
                space,
                username,
                password,
                name,
                device,
            },
            peer,
        )
        .await?;
    Ok(json(StatusCode::CREATED, &signed_in))
}

/// Signs in by password. Whatever is wrong, the answer is the same.
#[utoipa::path(post, path = "/v1/auth/login", tag = "auth", request_body = LoginBody, security(()),
    responses((status = 200, description = "Signed in on a new device.", body = SignedIn)))]
async fn login(State(app): State<App>, Peer(peer): Peer, Body(body): Body<LoginBody>) -> Answer {
    let LoginBody {
        space,
        username,
        password,
        device,
    } = body;
    let signed_in = app
        .auth
        .login(
            Login {
                space,
                username,
                password,
                device,
            },
            peer,
        )
        .await?;
    Ok(json(StatusCode::OK, &signed_in))
}

/// Gives new tokens for a refresh token, which is then spent: using it twice signs the device out.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", request_body = RefreshBody, security(()),
    responses((status = 200, description = "New tokens.", body = SignedIn)))]
async fn refresh(State(app): State<App>, Body(body): Body<RefreshBody>) -> Answer {
    Ok(json(
        StatusCode::OK,
        &app.auth.refresh(&body.refresh_token).await?,
    ))
}

/// Signs the device of the token out.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "auth",
    responses((status = 200, description = "The device is signed out and its sockets are closed.", body = Done)))]
async fn logout(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.logout(&who).await?))
}
