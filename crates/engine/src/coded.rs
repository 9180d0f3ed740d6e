//! Enumerations in columns.

use crate::row::RosterPlace;
use klatch_types::{
    AdminScope, AuditAct, ChannelKind, Role, RosterImportKind, RosterImportState, RosterKind, RosterRole,
    UserKind, Visibility,
};

/// A value that databases keep as a small number.
pub trait Coded: Sized {
    /// From the number of a column.
    fn from_number(number: u8) -> Option<Self>;
}

macro_rules! coded_enums {
    ($($name:ident),+) => {
        $(impl Coded for $name {
            fn from_number(number: u8) -> Option<Self> {
                Self::from_code(number)
            }
        })+
    };
}
coded_enums!(
    AdminScope,
    AuditAct,
    ChannelKind,
    Role,
    RosterImportKind,
    RosterImportState,
    RosterKind,
    RosterPlace,
    RosterRole,
    UserKind,
    Visibility
);
