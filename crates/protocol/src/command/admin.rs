//! What administrators ask for. These come over REST and are no commands of a socket.

use klatch_types::{AdminScope, DisplayName, PolicyChange, Username};
use serde::Deserialize;

/// What a user is to administer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdminChange {
    /// Nothing.
    None,
    /// Their space.
    Space,
    /// The whole server.
    Server,
}

impl AdminChange {
    /// What they administer afterwards.
    pub fn scope(self) -> Option<AdminScope> {
        match self {
            Self::None => None,
            Self::Space => Some(AdminScope::Space),
            Self::Server => Some(AdminScope::Server),
        }
    }
}

/// An account to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminUserCreate {
    /// Unique name in the space.
    pub username: Username,
    /// Name to show; the username if left out.
    pub name: Option<DisplayName>,
    /// At least 12 characters, at most 256 bytes; one is made up and answered, this once, if left out.
    #[schema(format = "password")]
    pub password: Option<String>,
}

impl std::fmt::Debug for AdminUserCreate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminUserCreate")
            .field("username", &self.username)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A change of an account: what is given changes, the rest stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminUserUpdate {
    /// Whether the account is disabled: signed out everywhere, and not let in again.
    pub disabled: Option<bool>,
    /// Name to show.
    pub name: Option<DisplayName>,
    /// What the user administers. For administrators of the server only.
    pub admin: Option<AdminChange>,
}

/// A change of a space: what is given changes, the rest stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminSpaceUpdate {
    /// Its rules.
    pub policy: Option<PolicyChange>,
    /// Exact origins of pages that may connect, such as `https://www.example.org`, at most 100: all of them, in place of
    /// those before.
    pub origins: Option<Vec<String>>,
}
