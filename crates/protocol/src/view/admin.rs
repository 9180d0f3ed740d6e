//! What administrators are shown.

use super::User;
use klatch_types::{
    AdminScope, AuditAct, AuditId, ChannelId, ChannelKind, Policy, Seq, SpaceId, UserId, UserKind,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminUser {
    /// Id.
    pub id: UserId,
    /// Unique name in the space.
    pub username: String,
    /// Name to show.
    pub name: String,
    /// Kind of account.
    pub kind: UserKind,
    /// When it was made, Unix milliseconds.
    pub created_at: i64,
    /// When it was disabled, Unix milliseconds; left out while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<i64>,
    /// What the user administers; left out if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<AdminScope>,
    /// Devices that the user is signed in on.
    pub devices: u64,
}

/// A page of accounts, by username.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminUsers {
    /// The accounts. For the next page, name the last one's username as `after`.
    pub users: Vec<AdminUser>,
}

/// An account that was made.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminUserCreated {
    /// The account.
    pub user: AdminUser,
    /// The password that was made up for it: it is kept nowhere, and cannot be asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for AdminUserCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminUserCreated")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminChannel {
    /// Id.
    pub id: ChannelId,
    /// What it is for.
    pub kind: ChannelKind,
    /// Its name; direct channels have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many members it has.
    pub members: u32,
    /// Position of its last event.
    pub head: Seq,
    /// When something last happened in it, Unix milliseconds.
    pub active_at: i64,
    /// Whether it is closed.
    pub archived: bool,
}

/// A page of channels, by id: oldest first, but for those of rosters and of two people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminChannels {
    /// The channels. For the next page, name the last one's id as `after`.
    pub channels: Vec<AdminChannel>,
}

/// A space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminSpace {
    /// Id.
    pub id: SpaceId,
    /// Short name.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// Its rules.
    pub policy: Policy,
    /// Exact origins of pages that may connect, beside the server's own.
    pub origins: Vec<String>,
    /// When it was made, Unix milliseconds.
    pub created_at: i64,
}

/// The spaces of the server, by short name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AdminSpaces {
    /// The spaces.
    pub spaces: Vec<AdminSpace>,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditLine {
    /// Id; later lines have greater ones.
    pub id: AuditId,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who did it; left out for the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<User>,
    /// What was done.
    pub act: AuditAct,
    /// Id of the user, channel, key or issuer that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub target: Option<Uuid>,
    /// What a reader should know besides; may be empty.
    pub detail: String,
}

/// A page of the audit log, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditLines {
    /// The lines. For the next page, name the last one's id as `before`.
    pub lines: Vec<AuditLine>,
}
