//! Sending, editing and deleting messages.

use klatch_types::{ChannelId, ClientKey, Seq};
use serde::{Deserialize, Serialize};

/// Posts a message. Acknowledged with [`crate::view::Ack`] once it is durable.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Where to.
    pub channel: ChannelId,
    /// Made by the client and kept until it has a definite answer; sent again unchanged after a time-out.
    pub key: ClientKey,
    /// The text; its longest is the policy's `characters_max`. `@username` mentions, `@all` mentions everyone.
    pub text: String,
    /// The message this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// Replaces the text of one's own message.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub target: Seq,
    /// The new text.
    pub text: String,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}

/// Deletes a message: one's own, or another's as moderator. Its content is erased, its place stays.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub target: Seq,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}
