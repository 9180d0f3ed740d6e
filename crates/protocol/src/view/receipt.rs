//! Who has received and read a message.

use klatch_types::UserId;
use serde::{Deserialize, Serialize};

/// How far a message has come to a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReceiptOfMember {
    /// Who.
    pub user: UserId,
    /// Whether it has reached a device of theirs.
    pub received: bool,
    /// Whether they have read it; left out where it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
}

/// How far a message has come among the members who can see it, its author aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Receipts {
    /// How many members there are beside the author.
    pub members: u32,
    /// Of those, how many have received it.
    pub received_count: u32,
    /// Of those, how many have read it and show that; left out for one who shows no reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_count: Option<u32>,
    /// The members, by id; left out in a channel that is too large for a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<ReceiptOfMember>>,
}

/// Whether one shows others what one has read, and is shown theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptSetting {
    /// Whether reading is shown.
    pub shown: bool,
}
