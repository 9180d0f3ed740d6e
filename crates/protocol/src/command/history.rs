//! Reading a channel's past.

use klatch_types::{ChannelId, Seq};
use serde::{Deserialize, Serialize};

/// A page of messages, with edits, deletions and reactions applied. With `before` or none of the three: newest first,
/// downwards. With `after` or `since`: oldest first, upwards.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The channel.
    pub channel: ChannelId,
    /// Messages below this position, newest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Messages above this position, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// Messages from this time on, Unix milliseconds, oldest first: how one jumps to a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// How many, 1 to 200; 50 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One message, with edits, deletion and reactions applied.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageGet {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub target: Seq,
}

/// A page of raw events in order: how a client fills a hole.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The channel.
    pub channel: ChannelId,
    /// Events above this position.
    #[serde(default)]
    pub after: Seq,
    /// How many, 1 to 200, with `until` to 1,000; 50 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The epoch the client's copy is from; another one is answered with `resync`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Events up to this position and no further. A range that has an end below the head is the same for everyone who
    /// may see it: it is read once for all who ask for it together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Seq>,
}
