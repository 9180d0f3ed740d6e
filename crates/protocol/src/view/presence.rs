//! Who is online.

use klatch_types::{ChannelId, DeviceId, UserId};
use serde::{Deserialize, Serialize};

/// How present someone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    /// Not connected, or not shown.
    Offline,
    /// Connected, and not at it.
    Away,
    /// There.
    Online,
}

/// How present a user is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserPresence {
    /// Who.
    pub user: UserId,
    /// How present.
    pub status: PresenceStatus,
    /// When last active, Unix milliseconds; left out if nobody remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active: Option<i64>,
}

/// Who of a channel is online.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelPresence {
    /// Where.
    pub channel: ChannelId,
    /// How many members there are.
    pub members: u32,
    /// Of those, how many are online.
    pub online: u32,
    /// Of those, how many are connected and not at it.
    pub away: u32,
    /// The members; left out in a channel of more than 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<UserPresence>>,
    /// In a channel of more than 200, some of those who are online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Vec<UserId>>,
}

/// One of one's own connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DevicePresence {
    /// The signed-in device; left out for tokens of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// How present one is there.
    pub status: PresenceStatus,
    /// When one was last active there, as far as others were told, Unix milliseconds.
    pub last_active: i64,
}

/// How oneself is shown to others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnPresence {
    /// Whether one is shown, and is shown others.
    pub visible: bool,
    /// How present others see one.
    pub status: PresenceStatus,
    /// The connections they know of, those of a visible user.
    pub devices: Vec<DevicePresence>,
}

/// Whether one shows others that one is online or types, and is shown the same of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceSetting {
    /// Whether it is shown.
    pub visible: bool,
}
