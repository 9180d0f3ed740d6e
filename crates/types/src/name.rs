//! Names people and operators choose, checked when they enter.

use crate::limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a name was refused; the sentence says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Wrong length or characters for a username.
    #[error(
        "a username has 1 to {} characters out of a-z, A-Z, 0-9 and . _ - + @",
        limits::USERNAME_CHARS_MAX
    )]
    Username,
    /// Wrong length or characters for the short name of a space.
    #[error(
        "a space's short name has 1 to {} characters out of a-z, 0-9 and -",
        limits::SLUG_CHARS_MAX
    )]
    Slug,
    /// Empty, too long or with control characters.
    #[error(
        "a name has 1 to {} characters, none of them a control character",
        limits::NAME_CHARS_MAX
    )]
    Display,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

name!(/// A user's unique name within the space, such as `up201906680` (S0.1), `ana` or `+1234567890` (S1.4).
    Username);
name!(/// A space's short name, unique on the server.
    Slug);
name!(/// A name to show: of a person, a channel, a device.
    DisplayName);

impl FromStr for Username {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = !text.is_empty() && text.len() <= limits::USERNAME_CHARS_MAX;
        let clean = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-+@".contains(&b));
        if fits && clean {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Username)
        }
    }
}

impl FromStr for Slug {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = !text.is_empty() && text.len() <= limits::SLUG_CHARS_MAX;
        let clean = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits && clean {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Slug)
        }
    }
}

impl FromStr for DisplayName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= limits::NAME_CHARS_MAX;
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Display)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S0.1: a university number is a username.
    #[test]
    fn usernames_of_the_reference_designs_are_valid() {
        for name in ["up201906680", "+1234567890", "@johndoe", "ana.b-c_d"] {
            assert!(name.parse::<Username>().is_ok(), "{name}");
        }
        for name in ["", "a b", "é", "a/b", &"x".repeat(limits::USERNAME_CHARS_MAX + 1)] {
            assert_eq!(name.parse::<Username>(), Err(NameError::Username), "{name}");
        }
    }

    #[test]
    fn a_display_name_is_trimmed_and_has_no_control_characters() {
        assert_eq!("  Ana  ".parse::<DisplayName>().unwrap().as_str(), "Ana");
        assert!("a\u{0}b".parse::<DisplayName>().is_err());
        assert!("   ".parse::<DisplayName>().is_err());
    }
}
