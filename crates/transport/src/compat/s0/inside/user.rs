//! `/user/` (S0.5).

use super::acting;
use super::group::SpaceQuery;
use crate::http::{Answer, At, Body, Internal, Params, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::view::User;
use klatch_session::SessionError;
use klatch_types::{DisplayName, UserId, Username, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Internal> {
    OpenApiRouter::default()
        .routes(routes!(list_users))
        .routes(routes!(update_user))
        .route("/user", axum::routing::get(list_users))
        .route("/user/{up}/", axum::routing::post(update_user))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct UserPath {
    /// Username.
    up: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
struct CampusUser {
    /// The same as `id`.
    #[serde(rename = "_id")]
    same_id: UserId,
    /// Id.
    id: UserId,
    /// The same as `username`.
    up: String,
    /// Unique name.
    username: String,
    /// Name to show.
    name: String,
    /// Whether they are online, as others are told.
    online: bool,
}

/// What to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserBody {
    /// New unique name.
    username: Option<Username>,
    /// New name to show.
    name: Option<DisplayName>,
    /// Whether others see them as online although no connection of theirs says so; for as long as the server runs.
    online: Option<bool>,
}

/// The users of the space by username, at most 10,000.
#[utoipa::path(get, path = "/user/", tag = "s0", params(SpaceQuery),
    responses((status = 200, description = "The users.", body = Vec<CampusUser>)))]
async fn list_users(State(internal): State<Internal>, Params(query): Params<SpaceQuery>) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let sessions = &internal.app.sessions;
    let users = sessions.people_of_space(&space, limits::COMPAT_USERS_MAX).await?;
    let shown = |user: User| {
        let online = sessions.channels().is_online(user.id);
        shown(user, online)
    };
    let users: Vec<CampusUser> = users.into_iter().map(shown).collect();
    Ok(json(StatusCode::OK, &users))
}

/// Changes a user.
#[utoipa::path(post, path = "/user/{up}", tag = "s0", params(UserPath, SpaceQuery), request_body = UserBody,
    responses((status = 200, description = "The user.", body = CampusUser)))]
async fn update_user(
    State(internal): State<Internal>,
    At(at): At<UserPath>,
    Params(query): Params<SpaceQuery>,
    Body(body): Body<UserBody>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let app = &internal.app;
    let now_called = body
        .username
        .as_ref()
        .map_or_else(|| at.up.clone(), |name| name.to_string());
    app.auth
        .update_user(&space, &at.up, body.username, body.name)
        .await?;
    let users = app.sessions.people_named(&space, &[now_called]).await?;
    let user = users.into_iter().next();
    let user = user.ok_or_else(|| SessionError::Internal("one name is one user".into()))?;
    if let Some(online) = body.online {
        app.sessions.set_online(&space, user.id, online).await?;
    }
    // What was just said is told to others a moment later.
    let online = app.sessions.channels().is_online(user.id);
    Ok(json(StatusCode::OK, &shown(user, body.online.unwrap_or(online))))
}

fn shown(user: User, online: bool) -> CampusUser {
    CampusUser {
        same_id: user.id,
        id: user.id,
        up: user.username.clone(),
        username: user.username,
        name: user.name,
        online,
    }
}
