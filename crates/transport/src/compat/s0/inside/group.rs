//! `/group/` (S0.5).

use super::acting;
use super::asked::Asked;
use crate::compat::page::{self, PageQuery};
use crate::compat::room;
use crate::compat::s0::view::{self, CampusMessages};
use crate::error::TransportError;
use crate::http::{Answer, At, Body, Internal, Params, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::command::channel::{ChannelCreate, ChannelGet, ChannelList, ChannelScope};
use klatch_protocol::command::member::MemberList;
use klatch_protocol::view::Reply;
use klatch_protocol::{Command, ErrorCode};
use klatch_session::{Principal, SessionError};
use klatch_types::{ChannelId, ChannelKind, DisplayName, Slug, UserId, Visibility, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Internal> {
    OpenApiRouter::default()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(get_group))
        .routes(routes!(list_messages_of_group))
        .routes(routes!(list_groups_of_user))
        .route("/group", axum::routing::get(list_groups).post(create_group))
        .route("/group/{id}/", axum::routing::get(get_group))
}

/// Which space.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SpaceQuery {
    /// Short name of the space; needed where there are several and `[compat] space` names none.
    pub(super) space: Option<Slug>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct GroupPath {
    /// Id or name of the group.
    id: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct UserPath {
    /// Username.
    up: String,
}

/// A group.
#[derive(Serialize, ToSchema)]
struct CampusGroup {
    /// The same as `id`.
    #[serde(rename = "_id")]
    same_id: ChannelId,
    /// Id.
    id: ChannelId,
    /// Name.
    name: String,
    /// Usernames of its members, at most 1,000.
    users: Vec<String>,
}

/// A group to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupBody {
    /// Name.
    name: DisplayName,
    /// Usernames of its members, at most 200.
    users: Vec<String>,
}

/// Which messages of which group; in the query or as a JSON body.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GroupMessagesQuery {
    /// Id or name of the group; required.
    #[serde(rename = "groupID")]
    group: Option<String>,
    /// Number of the page, from 0; the first if left out.
    page: Option<u32>,
    /// Messages in a page, 1 to 200; 50 if left out.
    #[serde(rename = "perPage")]
    per_page: Option<u32>,
    /// Short name of the space; needed where there are several and `[compat] space` names none.
    space: Option<Slug>,
}

/// The groups of the space, oldest first, at most 1,000.
#[utoipa::path(get, path = "/group/", tag = "s0", params(SpaceQuery),
    responses((status = 200, description = "The groups.", body = Vec<CampusGroup>)))]
async fn list_groups(State(internal): State<Internal>, Params(query): Params<SpaceQuery>) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let sessions = &internal.app.sessions;
    let found = sessions
        .groups_of_space(&space, limits::COMPAT_GROUPS_MAX)
        .await?;
    let mut groups = Vec::with_capacity(found.len());
    for group in found {
        groups.push(shown(&internal, &space, group.id, group.name).await?);
    }
    Ok(json(StatusCode::OK, &groups))
}

/// Makes a group, which nobody can find but its members.
#[utoipa::path(post, path = "/group/", tag = "s0", params(SpaceQuery), request_body = GroupBody,
    responses((status = 201, description = "The group.", body = CampusGroup)))]
async fn create_group(
    State(internal): State<Internal>,
    Params(query): Params<SpaceQuery>,
    Body(body): Body<GroupBody>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let sessions = &internal.app.sessions;
    let max = limits::CHANNEL_CREATE_MEMBERS_MAX;
    if body.users.len() > max {
        return Err(TransportError::invalid(format!(
            "`users` may name {max} users at most"
        )));
    }
    let members = sessions.people_named(&space, &body.users).await?;
    let create = ChannelCreate {
        kind: ChannelKind::Group,
        name: Some(body.name),
        topic: None,
        visibility: Some(Visibility::Private),
        members: members.iter().map(|user| user.id).collect(),
        key: None,
        rules: None,
    };
    let made = sessions.run(&space, Command::ChannelCreate(create)).await?;
    let Reply::ChannelCreated(made) = made else {
        return Err(SessionError::Internal("making a channel is answered with it".into()).into());
    };
    let channel = made.channel;
    let group = shown(&internal, &space, channel.id, channel.name).await?;
    Ok(json(StatusCode::CREATED, &group))
}

/// One group.
#[utoipa::path(get, path = "/group/{id}", tag = "s0", params(GroupPath, SpaceQuery),
    responses((status = 200, description = "The group.", body = CampusGroup)))]
async fn get_group(
    State(internal): State<Internal>,
    At(at): At<GroupPath>,
    Params(query): Params<SpaceQuery>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let (id, name) = find(&internal, &space, &at.id).await?;
    Ok(json(StatusCode::OK, &shown(&internal, &space, id, name).await?))
}

/// A page of a group's messages, newest first: a list with the group.
#[utoipa::path(get, path = "/group/messages", tag = "s0", params(GroupMessagesQuery),
    responses((status = 200, description = "The group with the page of its messages.", body = Vec<CampusMessages>)))]
async fn list_messages_of_group(
    State(internal): State<Internal>,
    Asked(query): Asked<GroupMessagesQuery>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let Some(group) = query.group else {
        return Err(TransportError::invalid("`groupID` must name a group"));
    };
    let pages = PageQuery {
        page: query.page,
        per_page: query.per_page,
    };
    let page = pages.within(limits::COMPAT_DEPTH_MAX)?;
    let sessions = &internal.app.sessions;
    let (id, name) = find(&internal, &space, &group).await?;
    let messages = page::newest(sessions, &space, id, page).await?;
    let messages = view::messages(sessions, messages).await?;
    Ok(json(StatusCode::OK, &[CampusMessages::new(id, name, messages)]))
}

/// The groups that a user is a member of, last active first, at most 1,000.
#[utoipa::path(get, path = "/group/user/{up}", tag = "s0", params(UserPath, SpaceQuery),
    responses((status = 200, description = "The groups.", body = Vec<CampusGroup>)))]
async fn list_groups_of_user(
    State(internal): State<Internal>,
    At(at): At<UserPath>,
    Params(query): Params<SpaceQuery>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let user = internal.app.auth.someone(&space, &at.up).await?;
    let list = ChannelList {
        scope: ChannelScope::Mine,
        limit: Some(limits::COMPAT_GROUPS_MAX),
    };
    let found = internal
        .app
        .sessions
        .run(&user, Command::ChannelList(list))
        .await?;
    let Reply::Channels(found) = found else {
        return Err(SessionError::Internal("a list is answered with channels".into()).into());
    };
    let mut groups = Vec::new();
    for channel in found.channels {
        if channel.kind != ChannelKind::Direct {
            groups.push(shown(&internal, &space, channel.id, channel.name).await?);
        }
    }
    Ok(json(StatusCode::OK, &groups))
}

/// The group of an id or a name.
pub(super) async fn find(
    internal: &Internal,
    space: &Principal,
    named: &str,
) -> Result<(ChannelId, String), SessionError> {
    let sessions = &internal.app.sessions;
    let id = match named.parse() {
        Ok(id) => id,
        Err(_) => {
            let groups = sessions
                .groups_of_space(space, limits::COMPAT_CHANNELS_MAX)
                .await?;
            let of_name = groups.into_iter().filter(|group| group.name == named);
            room::only_one(of_name.map(|group| group.id))?
                .ok_or_else(|| SessionError::code(ErrorCode::NotFound))?
        }
    };
    match sessions
        .run(space, Command::ChannelGet(ChannelGet { channel: id }))
        .await?
    {
        Reply::Channel(channel) => Ok((id, channel.name)),
        _ => Err(SessionError::Internal(
            "a channel is answered with a channel".into(),
        )),
    }
}

/// A group with its members.
async fn shown(
    internal: &Internal,
    space: &Principal,
    id: ChannelId,
    name: String,
) -> Result<CampusGroup, SessionError> {
    let mut users = Vec::new();
    let mut after: Option<UserId> = None;
    while users.len() < limits::COMPAT_GROUPS_MAX as usize {
        let list = MemberList {
            channel: id,
            after,
            limit: Some(limits::PAGE_MAX),
        };
        let sessions = &internal.app.sessions;
        let Reply::Members(page) = sessions.run(space, Command::MemberList(list)).await? else {
            break;
        };
        after = page.members.last().map(|member| member.user.id);
        users.extend(page.members.into_iter().map(|member| member.user.username));
        if !page.more {
            break;
        }
    }
    Ok(CampusGroup {
        same_id: id,
        id,
        name,
        users,
    })
}
