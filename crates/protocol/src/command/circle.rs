//! The social circle: people whom one shares classes and courses with (S0.12).

use klatch_types::{ClientKey, DisplayName, UserId};
use serde::{Deserialize, Serialize};

/// The people nearest to oneself: those of the most and the smallest shared classes, courses and degrees first. Channels
/// of more than 500 members do not count.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    /// How many, 1 to 100; 20 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Makes a group of people of one's circle: of those named in `users`, or of the nearest.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CircleCreate {
    /// The group's name.
    pub name: DisplayName,
    /// People of one's circle, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<UserId>>,
    /// The nearest so many, 1 to 100, in place of `users`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<u32>,
    /// Makes a retry safe: the same key answers the same channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}
