//! Who has received and read a message.

use klatch_types::{ChannelId, Seq};
use serde::{Deserialize, Serialize};

/// How many of a channel's other members a message has reached, and in a small channel which.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipts {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub target: Seq,
}
