//! The rules of one channel: when a meeting is, who waits, who may speak and how often.

use crate::{HistoryVisibility, Millis, Role};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What holds in one channel beside the policy of its space. The default is that of a channel without rules of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Rules {
    /// When the meeting begins, Unix milliseconds. Until then members and guests read, and do not send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub starts_at: Option<Millis>,
    /// When the meeting ends, Unix milliseconds. From then on the channel can only be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub ends_at: Option<Millis>,
    /// Whether those who come wait until a moderator lets them in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lobby: bool,
    /// Whether only moderators and owners may send.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub muted_all: bool,
    /// Seconds that a member or guest waits between two messages; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub slow_mode_s: u32,
    /// What those who come see of the time before, if the channel says so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryVisibility>,
}

/// A change of a channel's rules: what is given changes, the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RulesChange {
    /// When the meeting begins, Unix milliseconds; 0 for no such time. Meetings only, and the owner's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub starts_at: Option<Millis>,
    /// When the meeting ends, Unix milliseconds, at most 31 days after it begins; 0 for no such time. Meetings only, and
    /// the owner's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub ends_at: Option<Millis>,
    /// Whether those who come wait until a moderator lets them in. Meetings only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lobby: Option<bool>,
    /// Whether only moderators and owners may send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_all: Option<bool>,
    /// Seconds that a member or guest waits between two messages, 0 to 3,600; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_mode_s: Option<u32>,
    /// What those who come see of the time before; not more than the policy of the space allows. The owner's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryVisibility>,
}

impl RulesChange {
    /// The rules after the change.
    pub fn of(&self, before: Rules) -> Rules {
        let time = |given: Option<Millis>, before: Option<Millis>| match given {
            Some(Millis(0)) => None,
            Some(at) => Some(at),
            None => before,
        };
        Rules {
            starts_at: time(self.starts_at, before.starts_at),
            ends_at: time(self.ends_at, before.ends_at),
            lobby: self.lobby.unwrap_or(before.lobby),
            muted_all: self.muted_all.unwrap_or(before.muted_all),
            slow_mode_s: self.slow_mode_s.unwrap_or(before.slow_mode_s),
            history: self.history.or(before.history),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Rules {
    /// What databases keep.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers and words are always JSON")
    }

    /// What databases kept.
    ///
    /// # Errors
    /// A text that no version of this wrote.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Whether the meeting has not begun yet.
    pub fn is_before_start(&self, now: Millis) -> bool {
        self.starts_at.is_some_and(|starts_at| now < starts_at)
    }

    /// Whether the meeting is over.
    pub fn is_over(&self, now: Millis) -> bool {
        self.ends_at.is_some_and(|ends_at| ends_at <= now)
    }

    /// How long one of this role waits between two messages, if at all.
    pub fn pause_of(&self, role: Role) -> Option<Duration> {
        let slow = self.slow_mode_s > 0 && role < Role::Moderator;
        slow.then(|| Duration::from_secs(self.slow_mode_s.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_without_rules_stores_nothing() {
        let text = serde_json::to_string(&Rules::default()).unwrap();
        assert_eq!(text, "{}");
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), Rules::default());
    }

    #[test]
    fn a_meeting_lasts_from_its_start_until_before_its_end() {
        let rules = Rules {
            starts_at: Some(Millis(10)),
            ends_at: Some(Millis(20)),
            ..Rules::default()
        };
        let at = |now| (rules.is_before_start(Millis(now)), rules.is_over(Millis(now)));
        assert_eq!(
            [9, 10, 19, 20].map(at),
            [(true, false), (false, false), (false, false), (false, true)]
        );
    }

    #[test]
    fn moderators_need_not_wait() {
        let rules = Rules {
            slow_mode_s: 5,
            ..Rules::default()
        };
        let pauses = Role::ALL.iter().map(|role| rules.pause_of(*role).is_some());
        assert_eq!(pauses.collect::<Vec<_>>(), [true, true, false, false]);
    }
}
