//! Rosters: who is enrolled in which class, course and degree, as a school's own system tells it (S0.3, S2.1).
//!
//! Everything here is a function of its input. [`read`] makes a [`Roster`] of files, [`Wanted`] tells which channels with
//! which members follow from it, and [`Plan::of`] what must change for that to be so.

mod change;
mod fault;
mod pack;
mod plan;
pub mod read;
mod roster;
mod settings;
mod template;
mod wanted;

pub use change::Changes;
pub use fault::{Fault, RosterError};
pub use pack::{pack, unpack};
pub use plan::{Account, Blocked, Counts, Entry, Group as StandingGroup, Member, Place, Plan, Standing};
pub use roster::{Enrolment, Group, Person, Roster};
pub use settings::{Settings, SettingsError};
pub use template::{Template, TemplateError};
pub use wanted::{Wanted, WantedGroup};
