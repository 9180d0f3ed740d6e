//! The rules of a channel: when a meeting is, who waits, who may speak and how often.

use klatch_types::{ChannelId, ClientKey, RulesChange};
use serde::{Deserialize, Serialize};

/// Changes what is given of a channel's rules, leaves the rest.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelRules {
    /// The channel.
    pub channel: ChannelId,
    /// What changes.
    pub rules: RulesChange,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}
