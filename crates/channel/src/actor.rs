//! Who acts.

use klatch_types::{AdminScope, SpaceId, UserId, UserKind};

/// The user behind an operation, as a verified token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// Their space.
    pub space: SpaceId,
    /// Kind of account; a `System` actor is a product's back end.
    pub kind: UserKind,
    /// What they administer.
    pub admin: Option<AdminScope>,
}

impl Actor {
    /// The same user, acting as the space's back end does: after [`crate::access::may_administer`] or the like.
    pub(crate) fn as_back_end(&self) -> Self {
        Self {
            kind: UserKind::System,
            ..*self
        }
    }
}
