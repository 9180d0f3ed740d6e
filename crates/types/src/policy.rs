//! The policy of a space: where the five designs disagree, this decides (table at the end of the requirements).

use crate::limits;
use serde::{Deserialize, Serialize};

/// A named set of policy defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// University chat (S0).
    Campus,
    /// Meeting chat (S1).
    Meeting,
    /// Course chat (S2).
    Course,
    /// Any application (S3, S4); the default.
    App,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Campus, Self::Meeting, Self::Course, Self::App];

    /// The word used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Campus => "campus",
            Self::Meeting => "meeting",
            Self::Course => "course",
            Self::App => "app",
        }
    }
}

impl std::str::FromStr for Profile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| "a profile is one of: campus, meeting, course, app".to_owned())
    }
}

/// How long messages stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Retention {
    /// For ever.
    Forever,
    /// This many days after they were sent.
    Days {
        /// Days, at least 1.
        days: u32,
    },
    /// This many days after the end of the meeting.
    AfterMeeting {
        /// Days, at least 0.
        days: u32,
    },
    /// Until every recipient has read them (S0.12).
    UntilRead,
}

/// Where membership comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MembershipSource {
    /// An enrolment roster.
    Roster,
    /// Tokens of the meeting product.
    Tokens,
    /// The users themselves.
    Users,
}

/// Whether channels may be end-to-end encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// Never.
    No,
    /// As each channel chooses.
    PerChannel,
}

/// What a new member sees of the time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryVisibility {
    /// The whole history.
    All,
    /// Only what came after they joined.
    SinceJoin,
}

/// Whether people may make accounts themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    /// Anyone may.
    Open,
    /// Only operators, rosters and API keys make accounts.
    Closed,
}

/// Every rule of a space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The profile the defaults came from.
    pub profile: Profile,
    /// Members that one channel may have.
    pub members_max: u32,
    /// Unicode scalar values that one message may have.
    pub characters_max: u32,
    /// Whether files may be attached.
    pub attachments: bool,
    /// Whether online state and typing are shown.
    pub presence: bool,
    /// Whether people see how far others have received and read. Policies of before there were receipts have them.
    #[serde(default = "receipts_by_default")]
    pub receipts: bool,
    /// Whether a user may be signed in on several devices; if not, a new login replaces the old.
    pub several_devices: bool,
    /// Whether channels may be end-to-end encrypted.
    pub encryption: Encryption,
    /// How long messages stay.
    pub retention: Retention,
    /// Where membership comes from.
    pub membership: MembershipSource,
    /// What a new member sees of the time before.
    pub history: HistoryVisibility,
    /// Whether people may make accounts themselves.
    pub sign_up: SignUp,
}

fn receipts_by_default() -> bool {
    true
}

/// A policy value out of range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` must be from {min} to {max}")]
pub struct PolicyError {
    /// The field.
    pub field: &'static str,
    /// Smallest allowed value.
    pub min: u32,
    /// Largest allowed value.
    pub max: u32,
}

impl Policy {
    /// The defaults of a profile.
    pub fn of(profile: Profile) -> Self {
        let base = Self {
            profile,
            members_max: 100_000,
            characters_max: 4_000,
            attachments: true,
            presence: true,
            receipts: true,
            several_devices: true,
            encryption: Encryption::No,
            retention: Retention::Forever,
            membership: MembershipSource::Users,
            history: HistoryVisibility::All,
            sign_up: SignUp::Open,
        };
        match profile {
            Profile::App => Self {
                encryption: Encryption::PerChannel,
                ..base
            },
            Profile::Campus => Self {
                members_max: 5_000,
                membership: MembershipSource::Roster,
                ..base
            },
            Profile::Meeting => Self {
                members_max: 1_000,
                attachments: false,
                membership: MembershipSource::Tokens,
                sign_up: SignUp::Closed,
                ..base
            },
            Profile::Course => Self {
                members_max: 150,
                characters_max: 400,
                attachments: false,
                presence: false,
                receipts: false,
                several_devices: false,
                membership: MembershipSource::Roster,
                ..base
            },
        }
    }

    /// Refuses values that no channel could work with.
    pub fn check(&self) -> Result<(), PolicyError> {
        let range = |field, value: u32, min, max| {
            if (min..=max).contains(&value) {
                Ok(())
            } else {
                Err(PolicyError { field, min, max })
            }
        };
        range("members_max", self.members_max, 2, limits::CHANNEL_MEMBERS_MAX)?;
        range(
            "characters_max",
            self.characters_max,
            1,
            limits::MESSAGE_CHARS_MAX,
        )?;
        match self.retention {
            Retention::Days { days } => range("retention.days", days, 1, 36_500),
            Retention::AfterMeeting { days } => range("retention.days", days, 0, 36_500),
            Retention::Forever | Retention::UntilRead => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S2.2: the course profile's limits, beside those of the other three.
    #[test]
    fn the_four_profiles_are_those_of_the_requirements() {
        let of = |p| {
            let p = Policy::of(p);
            (
                p.members_max,
                p.characters_max,
                p.attachments,
                p.presence,
                p.several_devices,
            )
        };
        assert_eq!(of(Profile::Campus), (5_000, 4_000, true, true, true));
        assert_eq!(of(Profile::Meeting), (1_000, 4_000, false, true, true));
        assert_eq!(of(Profile::Course), (150, 400, false, false, false));
        assert_eq!(of(Profile::App), (100_000, 4_000, true, true, true));
    }

    #[test]
    fn a_policy_of_an_earlier_release_has_receipts() {
        let mut earlier = serde_json::to_value(Policy::of(Profile::Campus)).unwrap();
        earlier.as_object_mut().unwrap().remove("receipts");
        let read: Policy = serde_json::from_value(earlier).unwrap();
        assert_eq!(read, Policy::of(Profile::Campus));
        assert!(!Policy::of(Profile::Course).receipts);
    }

    #[test]
    fn every_profile_passes_its_own_check_and_nonsense_does_not() {
        for profile in Profile::ALL {
            assert_eq!(Policy::of(profile).check(), Ok(()));
        }
        let nonsense = Policy {
            characters_max: 0,
            ..Policy::of(Profile::App)
        };
        assert_eq!(nonsense.check().unwrap_err().field, "characters_max");
    }
}
