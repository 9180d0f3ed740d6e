//! People of the space; accounts and tokens that a product's back end makes with its API key.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, Params};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::user::{UserGet, UserSearch};
use klatch_protocol::view::{Token, User, Users};
use klatch_session::auth::GuestRequest;
use klatch_types::{ChannelId, DisplayName, Role, UserId, Username, limits};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(search_users, provision_user))
        .routes(routes!(get_user))
        .routes(routes!(create_guest))
        .routes(routes!(create_token))
}

/// Whom to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// The beginning of a username or name, at least one character; letter case is ignored.
    #[param(min_length = 1)]
    query: String,
    /// How many, 1 to 50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// A user.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct UserPath {
    /// Id of the user.
    id: UserId,
}

/// An account to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProvisionBody {
    /// Unique name in the space.
    username: Username,
    /// Name to show; the username if left out.
    name: Option<DisplayName>,
    /// At least 12 characters, at most 256 bytes; without one, the user cannot log in by password.
    #[schema(format = "password")]
    password: Option<String>,
}

/// A guest to let in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuestBody {
    /// Name to show.
    name: DisplayName,
    /// Unique name; the same one later means the same guest. Made up if left out.
    username: Option<Username>,
    /// Life of the token, seconds; at most and by default a day.
    #[schema(minimum = 1, maximum = 86_400)]
    life_s: Option<u64>,
    /// Channels that the guest is put into, at most 50.
    #[serde(default)]
    #[schema(required = false)]
    channels: Vec<GuestChannel>,
}

/// A channel for a guest.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuestChannel {
    /// The channel.
    channel: ChannelId,
    /// As what; `guest` if left out.
    role: Option<Role>,
}

/// Whom a token is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    /// The user.
    user: UserId,
}

/// Finds users whose username or name begins with a text.
#[utoipa::path(get, path = "/v1/users", tag = "user", params(UsersQuery),
    responses((status = 200, description = "The users found.", body = Users)))]
async fn search_users(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<UsersQuery>,
) -> Answer {
    let command = UserSearch {
        query: query.query,
        limit: query.limit,
    };
    app.run(&who, Command::UserSearch(command), StatusCode::OK).await
}

/// Reads a user.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "user", params(UserPath),
    responses((status = 200, description = "The user.", body = User)))]
async fn get_user(State(app): State<App>, Caller(who): Caller, At(at): At<UserPath>) -> Answer {
    app.run(&who, Command::UserGet(UserGet { user: at.id }), StatusCode::OK)
        .await
}

/// Makes an account. For API keys only.
#[utoipa::path(post, path = "/v1/users", tag = "user", request_body = ProvisionBody,
    responses((status = 201, description = "The account.", body = User)))]
async fn provision_user(
    State(app): State<App>,
    Caller(who): Caller,
    Body(body): Body<ProvisionBody>,
) -> Answer {
    let ProvisionBody {
        username,
        name,
        password,
    } = body;
    let user = app
        .auth
        .provision(&who, username, name, password.as_deref())
        .await?;
    Ok(json(StatusCode::CREATED, &user))
}

/// Makes a guest and a token that puts them into channels. For API keys only.
#[utoipa::path(post, path = "/v1/guests", tag = "user", request_body = GuestBody,
    responses((status = 201, description = "The guest and their token.", body = Token)))]
async fn create_guest(State(app): State<App>, Caller(who): Caller, Body(body): Body<GuestBody>) -> Answer {
    let GuestBody {
        name,
        username,
        life_s,
        channels,
    } = body;
    let life_s = life_s.unwrap_or(limits::GUEST_TOKEN_LIFE_MAX.as_secs());
    let channels = channels
        .into_iter()
        .map(|c| (c.channel, c.role.unwrap_or(Role::Guest)))
        .collect();
    let token = app
        .auth
        .guest(
            &who,
            GuestRequest {
                name,
                username,
                life_s,
                channels,
            },
        )
        .await?;
    Ok(json(StatusCode::CREATED, &token))
}

/// Makes an access token for a user of the space. For API keys only.
#[utoipa::path(post, path = "/v1/tokens", tag = "user", request_body = TokenBody,
    responses((status = 201, description = "The token.", body = Token)))]
async fn create_token(State(app): State<App>, Caller(who): Caller, Body(body): Body<TokenBody>) -> Answer {
    let token = app.auth.token_on_behalf(&who, body.user).await?;
    Ok(json(StatusCode::CREATED, &token))
}
