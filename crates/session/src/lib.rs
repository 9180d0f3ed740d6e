//! Sessions: who is asking, may they ask so often, and which operation answers. Knows no transport.
//!
//! Every transport makes a [`klatch_protocol::Command`] and gives it to [`Sessions::run`]; sign-in and tokens are
//! [`auth::Auth`]. Error codes of the wire are chosen here and nowhere else ([`SessionError::problem`]).

pub mod auth;
mod error;
mod handshake;
mod names;
mod op;
mod principal;
pub mod rate;
mod recent;
mod sessions;

pub use error::SessionError;
pub use handshake::Session;
pub use klatch_channel::RosterOrder;
pub use op::SpaceGroup;
pub use op::{roster_body, roster_of, roster_of_archive, roster_of_csv};
pub use principal::Principal;
pub use sessions::{ConnectionLimits, Sessions};
