//! Who acts.

use klatch_types::{SpaceId, UserId, UserKind};

/// The user behind an operation, as a verified token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// Their space.
    pub space: SpaceId,
    /// Kind of account; a `System` actor is a product's back end.
    pub kind: UserKind,
}
