//! How far a user has received and read.

use klatch_types::{ChannelId, Seq};
use serde::{Deserialize, Serialize};

/// Moves the reader's cursor forward; it never goes back.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The channel.
    pub channel: ChannelId,
    /// The last position read.
    pub seq: Seq,
}

/// Moves the cursor of what has reached a device of the user; it never goes back.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The channel.
    pub channel: ChannelId,
    /// The last position received.
    pub seq: Seq,
}
