//! Rosters as a student system sends them. They are too large for a socket's frame and are sent over REST and gRPC only.

use klatch_types::{DisplayName, RosterKind, RosterRole, Username};
use serde::{Deserialize, Serialize};

/// A whole roster: what is not in it is no longer so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterPut {
    /// Everyone who is enrolled, at most 200,000.
    pub users: Vec<RosterUser>,
    /// Degrees, courses and classes, at most 20,000.
    pub groups: Vec<RosterGroup>,
    /// Who is in which, at most 1,000,000.
    pub enrolments: Vec<RosterEnrolment>,
}

/// Someone who is enrolled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterUser {
    /// Unique name in the space. Whoever has no account gets one.
    pub username: Username,
    /// Name to show, for an account that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
}

/// A degree, a course or a class. Each has a channel, whose members are its people and those of the groups that belong to
/// it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterGroup {
    /// The student system's own id, at most 160 bytes: the channel stays the same as long as it does.
    pub id: String,
    /// What it is.
    pub kind: RosterKind,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// Its short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it is taught.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// Id of the group that it belongs to: a class's course or degree, a course's degree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// That someone is in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterEnrolment {
    /// Who.
    pub user: Username,
    /// Id of the group.
    pub group: String,
    /// As what; `student` if left out.
    #[serde(default = "student")]
    #[schema(required = false)]
    pub role: RosterRole,
}

fn student() -> RosterRole {
    RosterRole::Student
}

/// That someone is no longer in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterDrop {
    /// Who.
    pub user: Username,
    /// Id of the group.
    pub group: String,
}

/// Single changes. What is there already is replaced; to end an enrolment that is not there changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RosterChanges {
    /// People to name. Those who are only in `enrol` are known by their username.
    #[schema(required = false)]
    pub users: Vec<RosterUser>,
    /// Groups to add or change.
    #[schema(required = false)]
    pub groups: Vec<RosterGroup>,
    /// Enrolments to add, or whose role changes.
    #[schema(required = false)]
    pub enrol: Vec<RosterEnrolment>,
    /// Enrolments to end.
    #[schema(required = false)]
    pub drop: Vec<RosterDrop>,
}
