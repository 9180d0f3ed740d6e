//! Finding people of one's space.

use klatch_types::UserId;
use serde::{Deserialize, Serialize};

/// One user of the space.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserGet {
    /// The user.
    pub user: UserId,
}

/// Users whose username or name begins with a text.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserSearch {
    /// The beginning, at least one character; letter case is ignored.
    pub query: String,
    /// How many, 1 to 50; 20 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
