//! Who is online.

use klatch_types::ChannelId;
use serde::{Deserialize, Serialize};

/// Who of a channel is online: everyone in a small channel, else a count and a sample.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceGet {
    /// The channel.
    pub channel: ChannelId,
    /// On a socket: whether to be told from now on when the picture of a channel of more than 200 members changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<bool>,
}

/// How present one says to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presentness {
    /// There.
    Online,
    /// Connected, and not at it.
    Away,
}

/// Says how present one is at this connection. Only on a socket.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceSet {
    /// How present.
    pub status: Presentness,
}
