//! The sign that someone is typing. Best effort, never logged (contract, delivery 8).

use klatch_types::ChannelId;
use serde::{Deserialize, Serialize};

/// Says that the user types in the channel just now.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// The channel.
    pub channel: ChannelId,
    /// Whether they no longer do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub stop: bool,
}
