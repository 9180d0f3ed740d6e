//! `/message/` (S0.5).

use super::acting;
use super::asked::Asked;
use super::group::{SpaceQuery, find};
use crate::compat::page::{self, Page, PageQuery};
use crate::compat::s0::view::{self, CampusMessage};
use crate::error::TransportError;
use crate::http::{Answer, At, Body, Internal, Params, RetryHeader, RetryKey, json};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::history::MessageGet;
use klatch_protocol::command::message::Send;
use klatch_protocol::view::{Message, Reply};
use klatch_session::{Principal, SessionError, Sessions};
use klatch_types::{ClientKey, Slug, limits};
use serde::Deserialize;
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Internal> {
    OpenApiRouter::default()
        .routes(routes!(list_messages_of_space, post_message))
        .routes(routes!(get_message_by_id))
        .route(
            "/message",
            axum::routing::get(list_messages_of_space).post(post_message),
        )
        .route("/message/{id}/", axum::routing::get(get_message_by_id))
}

/// Which messages; in the query or as a JSON body.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// Number of the page, from 0; the first if left out.
    page: Option<u32>,
    /// Messages in a page, 1 to 200; 50 if left out.
    #[serde(rename = "perPage")]
    per_page: Option<u32>,
    /// Short name of the space; needed where there are several and `[compat] space` names none.
    space: Option<Slug>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct MessagePath {
    /// Id of the message.
    id: String,
}

/// A message to post.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MessageBody {
    /// Id or name of the group.
    group: String,
    /// Username of who sends it: a member of the group.
    from: String,
    /// The text.
    message: String,
}

/// A page of the messages of all groups, newest first by the time they were committed; 1,000 can be reached.
#[utoipa::path(get, path = "/message/", tag = "s0", params(MessagesQuery),
    responses((status = 200, description = "The messages.", body = Vec<CampusMessage>)))]
async fn list_messages_of_space(
    State(internal): State<Internal>,
    Asked(query): Asked<MessagesQuery>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let pages = PageQuery {
        page: query.page,
        per_page: query.per_page,
    };
    let page = pages.within(limits::COMPAT_BUNDLE_DEPTH_MAX)?;
    let sessions = &internal.app.sessions;
    let messages = newest_of_space(sessions, &space, page).await?;
    Ok(json(StatusCode::OK, &view::messages(sessions, messages).await?))
}

/// Groups are looked at from the one that was active last, until none of the rest can have a message as new as the oldest
/// one wanted.
async fn newest_of_space(
    sessions: &Sessions,
    space: &Principal,
    page: Page,
) -> Result<Vec<Message>, SessionError> {
    let wanted = page.skip + page.take;
    let mut groups = sessions
        .groups_of_space(space, limits::COMPAT_CHANNELS_MAX)
        .await?;
    groups.sort_by_key(|group| Reverse(group.active_at));
    let mut newest: Vec<Message> = Vec::new();
    for group in groups {
        let oldest = newest.get(wanted as usize - 1).map(|message| message.at);
        if oldest.is_some_and(|oldest| group.active_at.0 < oldest) {
            break;
        }
        let from_the_top = Page {
            skip: 0,
            take: wanted,
        };
        newest.extend(page::newest(sessions, space, group.id, from_the_top).await?);
        newest.sort_by_key(|message| Reverse((message.at, message.channel, message.seq)));
        newest.truncate(wanted as usize);
    }
    Ok(newest.into_iter().skip(page.skip as usize).collect())
}

/// Posts a message as one of the group's members.
#[utoipa::path(post, path = "/message/", tag = "s0", params(SpaceQuery, RetryHeader), request_body = MessageBody,
    responses((status = 201, description = "The message; it is durable.", body = CampusMessage)))]
async fn post_message(
    State(internal): State<Internal>,
    Params(query): Params<SpaceQuery>,
    retry: RetryKey,
    Body(body): Body<MessageBody>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let app = &internal.app;
    let from = app.auth.someone(&space, &body.from).await?;
    let (channel, _) = find(&internal, &space, &body.group).await?;
    let now = app.sessions.channels().now();
    let command = Send {
        channel,
        key: retry.take().unwrap_or_else(|| ClientKey::new(now, &*app.entropy)),
        text: body.message,
        reply_to: None,
    };
    let Reply::Ack(ack) = app.sessions.run(&from, Command::Send(command)).await? else {
        return Err(SessionError::Internal("a message is answered with an ack".into()).into());
    };
    let posted = MessageGet {
        channel,
        target: ack.seq,
    };
    one(&internal, &space, posted, StatusCode::CREATED).await
}

/// One message.
#[utoipa::path(get, path = "/message/{id}", tag = "s0", params(MessagePath, SpaceQuery),
    responses((status = 200, description = "The message.", body = CampusMessage)))]
async fn get_message_by_id(
    State(internal): State<Internal>,
    At(at): At<MessagePath>,
    Params(query): Params<SpaceQuery>,
) -> Answer {
    let space = acting(&internal, query.space.as_ref()).await?;
    let (channel, target) = view::read_message_id(&at.id)?;
    one(&internal, &space, MessageGet { channel, target }, StatusCode::OK).await
}

async fn one(internal: &Internal, space: &Principal, which: MessageGet, status: StatusCode) -> Answer {
    let sessions = &internal.app.sessions;
    let Reply::Message(message) = sessions.run(space, Command::MessageGet(which)).await? else {
        return Err(SessionError::Internal("a message is answered with it".into()).into());
    };
    let shown = view::messages(sessions, vec![message]).await?;
    let message = shown.into_iter().next();
    let message = message.ok_or_else(|| TransportError::from(SessionError::Internal("one is one".into())))?;
    Ok(json(status, &message))
}
