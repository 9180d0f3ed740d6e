//! The rules of a channel: when a meeting is, who waits, who may speak and how often.

use super::app::{Answer, App};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, ChannelPath, RetryHeader, RetryKey};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::rules::ChannelRules;
use klatch_protocol::view::Ack;
use klatch_types::{ClientKey, RulesChange};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(change_rules))
}

/// A change of the rules.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesBody {
    /// What changes.
    rules: RulesChange,
    /// Makes a retry safe.
    key: Option<ClientKey>,
}

/// Changes what is given of a channel's rules, leaves the rest. To end a meeting now, close the channel.
#[utoipa::path(patch, path = "/v1/channels/{id}/rules", tag = "rules", params(ChannelPath, RetryHeader),
    request_body = RulesBody,
    responses((status = 200, description = "The change is durable.", body = Ack)))]
async fn change_rules(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    retry: RetryKey,
    Body(body): Body<RulesBody>,
) -> Answer {
    let command = ChannelRules {
        channel: at.id,
        rules: body.rules,
        key: retry.or(body.key)?,
    };
    app.run(&who, Command::ChannelRules(command), StatusCode::OK)
        .await
}
