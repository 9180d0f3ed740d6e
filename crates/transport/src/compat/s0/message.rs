//! `GET /chat/:group/message` and `GET /chat/message` (S0.4).

use super::view::{self, CampusMessage, CampusMessages};
use crate::compat::page::{self, PageQuery};
use crate::compat::room;
use crate::http::{Answer, App, At, Caller, Params, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::channel::{ChannelList, ChannelScope};
use klatch_protocol::view::Reply;
use klatch_session::SessionError;
use klatch_types::{ChannelKind, limits};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list_group_messages))
        .routes(routes!(list_all_messages))
}

/// A group.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct GroupPath {
    /// Id or name of the group.
    group: String,
}

/// The messages of one group, newest first.
#[utoipa::path(get, path = "/chat/{group}/message", tag = "s0", params(GroupPath, PageQuery),
    responses((status = 200, description = "A page of messages.", body = Vec<CampusMessage>)))]
async fn list_group_messages(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<GroupPath>,
    Params(query): Params<PageQuery>,
) -> Answer {
    let page = query.within(limits::COMPAT_DEPTH_MAX)?;
    let group = room::find(&app.sessions, &who, &at.group).await?;
    let messages = page::newest(&app.sessions, &who, group, page).await?;
    Ok(json(
        StatusCode::OK,
        &view::messages(&app.sessions, messages).await?,
    ))
}

/// The caller's groups, each with the same page of its messages; the 100 groups that were active last.
#[utoipa::path(get, path = "/chat/message", tag = "s0", params(PageQuery),
    responses((status = 200, description = "The groups with their messages.", body = Vec<CampusMessages>)))]
async fn list_all_messages(
    State(app): State<App>,
    Caller(who): Caller,
    Params(query): Params<PageQuery>,
) -> Answer {
    let page = query.within(limits::COMPAT_BUNDLE_DEPTH_MAX)?;
    let list = ChannelList {
        scope: ChannelScope::Mine,
        limit: Some(limits::CHANNEL_LIST_MAX),
    };
    let Reply::Channels(mine) = app.sessions.run(&who, Command::ChannelList(list)).await? else {
        return Err(SessionError::Internal("a list is answered with channels".into()).into());
    };
    let groups = mine
        .channels
        .into_iter()
        .filter(|channel| channel.kind != ChannelKind::Direct);
    let mut bundle = Vec::new();
    for group in groups.take(limits::COMPAT_BUNDLE_GROUPS_MAX) {
        let messages = page::newest(&app.sessions, &who, group.id, page).await?;
        let messages = view::messages(&app.sessions, messages).await?;
        bundle.push(CampusMessages::new(group.id, group.name, messages));
    }
    Ok(json(StatusCode::OK, &bundle))
}
