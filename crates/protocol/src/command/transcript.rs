//! The transcript: what was said, with names, for the organizer to keep.

use klatch_types::{ChannelId, Seq};
use serde::{Deserialize, Serialize};

/// Reads a page of the transcript, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// The channel.
    pub channel: ChannelId,
    /// Only what comes after this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// How many, 1 to 200; 50 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
