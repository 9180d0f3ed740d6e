//! Nodes, for operators, on the internal listener: list, register, drain, and where a user is connected.

use super::app::{Answer, App, json};
use super::body::Body;
use super::internal::Internal;
use super::params::{At, Params};
use crate::error::TransportError;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post, put};
use http::StatusCode;
use klatch_cluster::{ClusterError, Holder, NodeCard, Registration};
use klatch_protocol::ErrorCode;
use klatch_protocol::view::{BusVersions, Done, Node, Nodes, UserConnection, UserNode, UserNodes};
use klatch_types::{NodeId, Slug, UserId, Username};
use serde::Deserialize;
use std::time::Duration;

pub(super) fn routes() -> Router<Internal> {
    Router::new()
        .route("/v1/nodes", get(list_nodes))
        .route("/v1/nodes/{id}", put(register_node).delete(remove_node))
        .route("/v1/nodes/{id}/drain", post(drain_node))
        .route("/v1/nodes/{id}/resume", post(resume_node))
        .route("/v1/users/{id}/nodes", get(user_nodes))
        .route("/v1/users/nodes", get(named_user_nodes))
}

#[derive(Deserialize)]
struct NodePath {
    id: NodeId,
}

#[derive(Deserialize)]
struct UserPath {
    id: UserId,
}

/// A server to register (S4.3).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterBody {
    url: String,
    region: String,
    capacity: u32,
    #[serde(default)]
    connections: u32,
    ttl_s: u64,
    #[serde(default)]
    draining: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DrainBody {
    spread_s: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResumeBody {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedUser {
    username: Username,
    space: Option<Slug>,
}

async fn list_nodes(State(internal): State<Internal>) -> Answer {
    Ok(json(StatusCode::OK, &nodes(&internal.app)))
}

/// The nodes of the server, as the one that is asked knows them.
pub(super) fn nodes(app: &App) -> Nodes {
    let cards = app.cluster.nodes();
    Nodes {
        nodes: cards.iter().map(|card| shown(app, card)).collect(),
        protocol: app.cluster.protocol_in_common(),
    }
}

async fn register_node(
    State(internal): State<Internal>,
    At(at): At<NodePath>,
    Body(body): Body<RegisterBody>,
) -> Answer {
    let registration = Registration {
        url: body.url,
        region: body.region,
        capacity: body.capacity,
        connections: body.connections,
        draining: body.draining,
        life: Duration::from_secs(body.ttl_s),
    };
    let card = internal.app.cluster.register(at.id, registration)?;
    Ok(json(StatusCode::OK, &shown(&internal.app, &card)))
}

async fn remove_node(State(internal): State<Internal>, At(at): At<NodePath>) -> Answer {
    internal.app.cluster.unregister(at.id)?;
    Ok(json(StatusCode::OK, &Done {}))
}

async fn drain_node(
    State(internal): State<Internal>,
    At(at): At<NodePath>,
    Body(body): Body<DrainBody>,
) -> Answer {
    let spread = Duration::from_secs(body.spread_s);
    let card = internal.app.cluster.drain(at.id, spread).await?;
    Ok(json(StatusCode::OK, &shown(&internal.app, &card)))
}

async fn resume_node(
    State(internal): State<Internal>,
    At(at): At<NodePath>,
    Body(ResumeBody {}): Body<ResumeBody>,
) -> Answer {
    let card = internal.app.cluster.resume(at.id).await?;
    Ok(json(StatusCode::OK, &shown(&internal.app, &card)))
}

async fn user_nodes(State(internal): State<Internal>, At(at): At<UserPath>) -> Answer {
    who(&internal, at.id).await
}

async fn named_user_nodes(State(internal): State<Internal>, Params(named): Params<NamedUser>) -> Answer {
    let user = internal
        .app
        .auth
        .find_user(named.space.as_ref(), &named.username)
        .await?;
    who(&internal, user).await
}

async fn who(internal: &Internal, user: UserId) -> Answer {
    let holders = internal.app.cluster.who(user).await?;
    let nodes = holders.into_iter().map(holding).collect();
    Ok(json(StatusCode::OK, &UserNodes { user, nodes }))
}

fn holding(holder: Holder) -> UserNode {
    let connections = holder.connections.iter().map(|connection| UserConnection {
        device: connection.device,
        connected_at: connection.connected_at.0,
        active_at: connection.active_at.0,
    });
    UserNode {
        node: holder.node,
        url: holder.url,
        connections: connections.collect(),
    }
}

fn shown(app: &App, card: &NodeCard) -> Node {
    Node {
        id: card.id,
        url: card.url.clone(),
        region: card.region.clone(),
        capacity: card.capacity,
        connections: card.connections,
        load: card.load,
        protocol: card.protocol.map(|range| BusVersions {
            min: range.min,
            max: range.max,
        }),
        version: card.version.clone(),
        started_at: card.started_at.0,
        draining: card.draining,
        overloaded: card.overloaded,
        split_digits: card.split_digits.clone(),
        asked: card.id == app.cluster.own().id,
    }
}

impl From<ClusterError> for TransportError {
    fn from(error: ClusterError) -> Self {
        let code = match error {
            ClusterError::UnknownNode(_) => ErrorCode::NotFound,
            ClusterError::Taken(_) => ErrorCode::Exists,
            ClusterError::NotExternal(_) | ClusterError::Invalid(_) => ErrorCode::Invalid,
            ClusterError::TooManyNodes => ErrorCode::LimitReached,
            ClusterError::NoAnswer(_) => ErrorCode::Unavailable,
            ClusterError::TooManyQuestions => ErrorCode::Overloaded,
        };
        Self::refused(code, error.to_string())
    }
}
