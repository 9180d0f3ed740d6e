//! The lobby: those who came and wait to be let in.

use klatch_types::{ChannelId, UserId};
use serde::{Deserialize, Serialize};

/// Lists who waits.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LobbyList {
    /// The channel.
    pub channel: ChannelId,
}

/// Lets one of them in, or all; the answer is who still waits.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LobbyAdmit {
    /// The channel.
    pub channel: ChannelId,
    /// Whom; everyone if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
}

/// Sends one of them away; oneself, to wait no longer.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LobbyDeny {
    /// The channel.
    pub channel: ChannelId,
    /// Whom.
    pub user: UserId,
}
