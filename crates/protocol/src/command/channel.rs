//! Making, finding and changing channels.

use klatch_types::{ChannelId, ChannelKind, ClientKey, DisplayName, RulesChange, UserId, Visibility};
use serde::{Deserialize, Serialize};

/// Makes a channel. A `direct` one names the other user in `members`; if the pair has one already, that one is
/// answered. `course` channels are made by rosters and API keys only.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelCreate {
    /// What it is for.
    pub kind: ChannelKind,
    /// Its name; required except for `direct`, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// What it is about, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Who can find it; `private` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// First members beside the maker, at most 200.
    #[serde(default)]
    pub members: Vec<UserId>,
    /// Its rules: when a meeting is, who waits, who may speak and how often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesChange>,
    /// Makes a retry safe: the same key answers the same channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}

/// One channel.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelGet {
    /// The channel.
    pub channel: ChannelId,
}

/// Which channels to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelScope {
    /// Those one is a member of, last activity first.
    #[default]
    Mine,
    /// Those of the space that anyone may join, by name.
    Open,
}

/// A list of channels.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelList {
    /// Which.
    #[serde(default)]
    pub scope: ChannelScope,
    /// How many, 1 to 1,000; 200 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Changes what is given, leaves the rest.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelUpdate {
    /// The channel.
    pub channel: ChannelId,
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// New topic; the empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// New visibility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}

/// Closes a channel for good: it can be read, and nothing else.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelArchive {
    /// The channel.
    pub channel: ChannelId,
    /// Makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ClientKey>,
}
