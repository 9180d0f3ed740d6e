//! Invitation links.

use klatch_types::{ChannelId, ClientKey, InviteId, Role};
use serde::{Deserialize, Serialize};

/// Makes an invitation.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteCreate {
    /// The channel.
    pub channel: ChannelId,
    /// Role of those who come by it: `guest` or `member`; `member` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Life in seconds, at most a year; 7 days if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// How many may come by it; any number if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
}

/// Lists the live invitations of a channel.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteList {
    /// The channel.
    pub channel: ChannelId,
}

/// Takes an invitation back.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRevoke {
    /// The channel.
    pub channel: ChannelId,
    /// The invitation.
    pub invite: InviteId,
}

/// What an invitation leads to, before accepting it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitePreview {
    /// The code of the link.
    pub code: String,
}

/// Joins by an invitation.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteAccept {
    /// The code of the link.
    pub code: String,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}
