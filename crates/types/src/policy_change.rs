//! A change of a space's rules.

use crate::{
    Encryption, HistoryVisibility, MembershipSource, Policy, PolicyError, Profile, Retention, SignUp,
};
use serde::{Deserialize, Serialize};

/// A change of a space's rules: what is given changes, the rest stays.
// Without `serde(default)`, with which an empty array would be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// The profile that the defaults came from; it changes nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Members that one channel may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members_max: Option<u32>,
    /// Unicode scalar values that one message may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub characters_max: Option<u32>,
    /// Whether files may be attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<bool>,
    /// Whether online state and typing are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<bool>,
    /// Whether people see how far others have received and read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<bool>,
    /// Whether a user may be signed in on several devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub several_devices: Option<bool>,
    /// Whether channels may be end-to-end encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// How long messages stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Where membership comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership: Option<MembershipSource>,
    /// What a new member sees of the time before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryVisibility>,
    /// Whether people may make accounts themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_up: Option<SignUp>,
}

impl PolicyChange {
    /// The rules after the change.
    ///
    /// # Errors
    /// A value that no channel could work with.
    pub fn of(&self, before: &Policy) -> Result<Policy, PolicyError> {
        let after = Policy {
            profile: self.profile.unwrap_or(before.profile),
            members_max: self.members_max.unwrap_or(before.members_max),
            characters_max: self.characters_max.unwrap_or(before.characters_max),
            attachments: self.attachments.unwrap_or(before.attachments),
            presence: self.presence.unwrap_or(before.presence),
            receipts: self.receipts.unwrap_or(before.receipts),
            several_devices: self.several_devices.unwrap_or(before.several_devices),
            encryption: self.encryption.unwrap_or(before.encryption),
            retention: self.retention.unwrap_or(before.retention),
            membership: self.membership.unwrap_or(before.membership),
            history: self.history.unwrap_or(before.history),
            sign_up: self.sign_up.unwrap_or(before.sign_up),
        };
        after.check()?;
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule that is added to the policy and forgotten here is found.
    #[test]
    fn every_rule_can_be_changed() {
        let course = Policy::of(Profile::Course);
        let rules = serde_json::to_value(&course).unwrap();
        let change: PolicyChange = serde_json::from_value(rules).unwrap();
        assert_eq!(change.of(&Policy::of(Profile::App)), Ok(course.clone()));
        assert_eq!(PolicyChange::default().of(&course), Ok(course));
    }

    #[test]
    fn rules_are_checked() {
        let change = PolicyChange {
            characters_max: Some(0),
            ..PolicyChange::default()
        };
        assert!(change.of(&Policy::of(Profile::App)).is_err());
    }
}
