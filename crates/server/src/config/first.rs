//! `[first]`: what an empty database begins with.

use super::section::section;
use super::{Problem, problem};
use klatch_types::{DisplayName, Profile, Slug};
use std::path::PathBuf;

section! {
    /// What an empty database begins with, for containers and tests; passed over once there is a space.
    pub struct First = "first" {
        /// Short name of the space that is made.
        pub space: String = "default".to_owned(),
        /// Its name to show.
        pub name: String = "Klatch".to_owned(),
        /// Defaults of its rules: "campus", "meeting", "course" or "app".
        pub profile: Profile = Profile::App,
        /// File with an API key that is accepted for it: kk_ and then 32 or more of the characters A-Z, a-z, 0-9, - and _,
        /// drawn at random.
        pub api_key_file: Option<PathBuf> = None,
    }
}

impl First {
    /// Refuses names that are none.
    pub fn check(&self) -> Result<(), Problem> {
        self.slug()?;
        self.shown_name().map(drop)
    }

    /// The short name.
    ///
    /// # Errors
    /// If it is none.
    pub fn slug(&self) -> Result<Slug, Problem> {
        self.space
            .parse()
            .or_else(|error| problem("first.space", format!("is no short name of a space: {error}")))
    }

    /// The name to show.
    ///
    /// # Errors
    /// If it is none.
    pub fn shown_name(&self) -> Result<DisplayName, Problem> {
        self.name
            .parse()
            .or_else(|error| problem("first.name", format!("is no name: {error}")))
    }
}
