//! How a space follows its roster.

use crate::{Template, TemplateError};
use klatch_types::{RosterKind, limits};
use serde::{Deserialize, Serialize};

/// Rules for the rosters of one space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Seconds from the import that drops an enrolment until the member is removed.
    pub grace_s: u64,
    /// Share of the members in hundredths that one import may drop without being told that it may.
    pub removals_percent: u32,
    /// Name of a degree's channel; empty for no such channels.
    pub degree: String,
    /// Name of a course's channel; empty for no such channels.
    pub course: String,
    /// Name of a class's channel; empty for no such channels.
    pub class: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grace_s: limits::ROSTER_GRACE.as_secs(),
            removals_percent: limits::ROSTER_REMOVALS_PERCENT,
            degree: "{degree.title}".to_owned(),
            course: "{course.title}".to_owned(),
            class: "{course.title} · {class.title}".to_owned(),
        }
    }
}

/// Settings that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A number is out of its bounds.
    #[error("`{field}` must be from 0 to {max}")]
    Range {
        /// Which.
        field: &'static str,
        /// The largest.
        max: u64,
    },
    /// A template is none.
    #[error("`{field}`: {cause}")]
    Template {
        /// Which.
        field: &'static str,
        /// Why.
        #[source]
        cause: TemplateError,
    },
}

impl Settings {
    /// Refuses what cannot be followed.
    ///
    /// # Errors
    /// A number out of bounds, or a template with a place that there is not.
    pub fn check(&self) -> Result<(), SettingsError> {
        let grace_max = limits::ROSTER_GRACE_MAX.as_secs();
        if self.grace_s > grace_max {
            return Err(SettingsError::Range {
                field: "grace_s",
                max: grace_max,
            });
        }
        if self.removals_percent > 100 {
            return Err(SettingsError::Range {
                field: "removals_percent",
                max: 100,
            });
        }
        for kind in RosterKind::ALL {
            self.template(*kind).map_err(|cause| SettingsError::Template {
                field: kind.as_str(),
                cause,
            })?;
        }
        Ok(())
    }

    /// The template of a kind of group.
    ///
    /// # Errors
    /// It names a place that there is not, or is too long.
    pub fn template(&self, kind: RosterKind) -> Result<Template, TemplateError> {
        let text = match kind {
            RosterKind::Degree => &self.degree,
            RosterKind::Course => &self.course,
            RosterKind::Class => &self.class,
        };
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_followed_and_nonsense_cannot() {
        assert_eq!(Settings::default().check(), Ok(()));
        let wrong = Settings {
            class: "{teacher}".into(),
            ..Settings::default()
        };
        assert!(wrong.check().unwrap_err().to_string().starts_with("`class`"));
        let wrong = Settings {
            removals_percent: 101,
            ..Settings::default()
        };
        assert!(wrong.check().is_err());
    }
}
