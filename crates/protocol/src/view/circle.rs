//! The social circle.

use super::User;
use klatch_types::{ChannelId, RosterKind};
use serde::{Deserialize, Serialize};

/// People whom one shares classes and courses with, the nearest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Circle {
    /// The people.
    pub people: Vec<CirclePerson>,
}

/// Someone of a circle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CirclePerson {
    /// Who.
    pub user: User,
    /// What is shared with them, the nearest first.
    pub shared: Vec<CircleShared>,
}

/// A channel of a roster that two people share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CircleShared {
    /// The channel.
    pub channel: ChannelId,
    /// What its group is.
    pub kind: RosterKind,
}
