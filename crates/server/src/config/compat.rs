//! `[compat]`: addresses of earlier chats.

use super::section::section;
use super::{Problem, problem};
use klatch_types::Slug;

section! {
    /// Addresses of earlier chats (docs/compat.md).
    pub struct Compat = "compat" {
        /// Short name of the space that the campus chat's routes on the internal listener act for. Empty: the only
        /// space there is, or the one called "default"; a request may name another with `?space=`.
        pub space: String = String::new(),
    }
}

impl Compat {
    /// The space named.
    pub fn space(&self) -> Result<Option<Slug>, Problem> {
        if self.space.is_empty() {
            return Ok(None);
        }
        match self.space.parse() {
            Ok(slug) => Ok(Some(slug)),
            Err(error) => problem("compat.space", format!("is `{}`: {error}", self.space)),
        }
    }

    /// Refuses what is no short name.
    pub fn check(&self) -> Result<(), Problem> {
        self.space().map(drop)
    }
}
