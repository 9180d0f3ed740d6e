//! Reacting to messages.

use klatch_types::{ChannelId, ClientKey, Seq};
use serde::{Deserialize, Serialize};

/// Adds one's reaction to a message; adding it twice changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct React {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub target: Seq,
    /// One emoji, at most 64 bytes of UTF-8.
    pub emoji: String,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}

/// Takes one's reaction back.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unreact {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub target: Seq,
    /// The emoji.
    pub emoji: String,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}
