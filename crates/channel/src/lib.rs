//! The domain: what may happen in a channel, and what follows from it.
//!
//! Every operation checks permission in [`access`], makes one event, appends it to the log with what it relied on,
//! and is answered when the event is durable and handed to the fan-out ([`delivery`]). A file per feature.

pub mod access;
mod actor;
mod audit;
mod channels;
mod circle;
mod create;
mod cursor;
pub mod delivery;
mod error;
pub mod fact;
mod feed;
mod history;
mod invite;
mod list;
mod lobby;
mod meeting;
mod membership;
mod mention;
mod message;
mod moderation;
mod peers;
mod piece;
mod presence;
mod publish;
mod range;
mod reaction;
mod receipt;
mod roster;
mod rules;
mod settings;
mod slow_mode;
mod spaces;
mod state;
mod stored;
pub mod tail;
mod to_wire;
mod transcript;
mod turn;
mod typing;
mod uninvite;

pub use actor::Actor;
pub use channels::{Channels, Parts};
pub use circle::CircleMembers;
pub use create::NewChannelRequest;
pub use error::ChannelError;
pub use history::HistoryPage;
pub use invite::NewInvite;
pub use meeting::END_MEETING;
pub use peers::{Alone, Peers};
pub use presence::Line;
pub use range::{Asked, Range};
pub use roster::{RosterAsked, RosterOrder, RosterOutcome, RosterStanding, RosterStarted};
pub use state::ChannelState;
pub use turn::{Turn, Turns};
pub use uninvite::UNINVITE;
