//! Accounts.

use crate::http::app::{Answer, App, json};
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::params::{At, Params};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::command::admin::{AdminUserCreate, AdminUserUpdate};
use klatch_protocol::view::{AdminUser, AdminUserCreated, AdminUsers, Done};
use klatch_types::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(admin_list_users, admin_create_user))
        .routes(routes!(admin_update_user))
        .routes(routes!(admin_sign_out_user))
}

/// Which accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// A part of the username or name, at most 100 characters; letter case of ASCII is ignored. All if left out.
    #[serde(default)]
    #[param(required = false)]
    query: String,
    /// The username after which the page begins.
    #[serde(default)]
    #[param(required = false)]
    after: String,
    /// How many, 1 to 200; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// An account.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct UserPath {
    /// Id of the user.
    id: UserId,
}

/// Lists the accounts of the space, disabled ones too, by username. For administrators only.
#[utoipa::path(get, path = "/v1/admin/users", tag = "admin", params(UsersQuery),
    responses((status = 200, description = "The accounts.", body = AdminUsers)))]
async fn admin_list_users(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<UsersQuery>,
) -> Answer {
    let users = app
        .auth
        .admin_users(&who, &query.query, &query.after, query.limit)
        .await?;
    Ok(json(StatusCode::OK, &users))
}

/// Makes an account. Without a password, one is made up and answered, this once. For administrators only.
#[utoipa::path(post, path = "/v1/admin/users", tag = "admin", request_body = AdminUserCreate,
    responses((status = 201, description = "The account.", body = AdminUserCreated)))]
async fn admin_create_user(
    State(app): State<App>,
    Caller(who): Caller,
    Body(new): Body<AdminUserCreate>,
) -> Answer {
    let made = app.auth.admin_create_user(&who, new).await?;
    Ok(json(StatusCode::CREATED, &made))
}

/// Changes an account: its name, whether it is disabled, and, for administrators of the server, what it administers. Nobody
/// disables themselves or takes their own rights away. For administrators only.
#[utoipa::path(patch, path = "/v1/admin/users/{id}", tag = "admin", params(UserPath), request_body = AdminUserUpdate,
    responses((status = 200, description = "The account as it is now.", body = AdminUser)))]
async fn admin_update_user(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<UserPath>,
    Body(change): Body<AdminUserUpdate>,
) -> Answer {
    let user = app.auth.admin_update_user(&who, at.id, change).await?;
    Ok(json(StatusCode::OK, &user))
}

/// Signs an account out on all its devices. For administrators only.
#[utoipa::path(delete, path = "/v1/admin/users/{id}/devices", tag = "admin", params(UserPath),
    responses((status = 200, description = "They are signed out and their sockets are closed.", body = Done)))]
async fn admin_sign_out_user(State(app): State<App>, Caller(who): Caller, At(at): At<UserPath>) -> Answer {
    Ok(json(StatusCode::OK, &app.auth.admin_sign_out(&who, at.id).await?))
}
