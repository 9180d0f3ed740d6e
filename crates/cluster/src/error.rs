//! Why the cluster does not do what it was asked.

use klatch_types::{NodeId, limits};

/// An error of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// No node of this id is alive.
    #[error("there is no node {0}")]
    UnknownNode(NodeId),
    /// The id belongs to a node that tells of itself.
    #[error("node {0} is a node of this cluster and tells of itself; choose another id")]
    Taken(NodeId),
    /// Only servers registered from outside can be removed.
    #[error("node {0} is a node of this cluster: it leaves when it is stopped")]
    NotExternal(NodeId),
    /// Something about a registration or an order is out of bounds; the sentence says what it must be.
    #[error("{0}")]
    Invalid(String),
    /// There are as many nodes as there may be.
    #[error("there are {} nodes already", limits::NODES_MAX)]
    TooManyNodes,
    /// The node did not show in time that it follows; whether it does is unknown.
    #[error("node {0} did not answer within {wait} s; whether it follows is unknown", wait = limits::NODE_ORDER_WAIT.as_secs())]
    NoAnswer(NodeId),
    /// As many questions are open as may be.
    #[error("{} questions after users are open already", limits::WHO_QUESTIONS_MAX)]
    TooManyQuestions,
}
