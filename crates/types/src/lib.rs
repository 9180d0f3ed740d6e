//! The words of Klatch: ids, sequence numbers, roles, policies, limits, clock and randomness.
//!
//! No I/O and no runtime: every other crate may depend on this one, and it depends on none of them.

mod admin;
mod clock;
mod entropy;
mod ids;
pub mod limits;
mod name;
mod policy;
mod policy_change;
mod role;
mod rules;
mod seq;
mod timestamp;

pub use admin::{AdminScope, AuditAct};
pub use clock::{Clock, ManualClock, Millis, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use ids::{
    ApiKeyId, AuditId, ChannelId, ClientKey, DeviceId, IdError, InviteId, IssuerId, NodeId, SpaceId, UserId,
};
pub use name::{DisplayName, NameError, Slug, Username};
pub use policy::{
    Encryption, HistoryVisibility, MembershipSource, Policy, PolicyError, Profile, Retention, SignUp,
};
pub use policy_change::PolicyChange;
pub use role::{
    ChannelKind, Role, RosterImportKind, RosterImportState, RosterKind, RosterRole, UserKind, Visibility,
};
pub use rules::{Rules, RulesChange};
pub use seq::{Ordinal, Seq};
