//! Rosters: what an import does, and how a space's roster stands.

use klatch_types::{RosterImportKind, RosterImportState, RosterKind, RosterRole, UserId};
use serde::{Deserialize, Serialize};

/// What an import does, or would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RosterReport {
    /// Its number in the space; none for a dry run, and where nothing changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<u64>,
    /// `done`, or `running`: then it goes on, and `GET /v1/roster` tells when it is done.
    pub state: RosterImportState,
    /// Whether it was only asked what would change.
    pub dry_run: bool,
    /// How much there is of each change.
    pub counts: RosterCounts,
    /// The changes one by one, at most 1,000.
    pub changes: Vec<RosterChange>,
    /// How many changes are not in `changes`.
    pub more: u64,
}

/// How much there is of each change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct RosterCounts {
    /// Accounts made.
    pub accounts: u64,
    /// Channels made.
    pub channels: u64,
    /// Channels with another name.
    pub renames: u64,
    /// Groups that the roster has again.
    pub back: u64,
    /// Groups that the roster no longer has. Their channels stay; their people go.
    pub gone: u64,
    /// Members put in.
    pub joins: u64,
    /// Members dropped before who are enrolled again within the grace.
    pub returns: u64,
    /// Members with another role.
    pub roles: u64,
    /// Members dropped, who are removed when the grace is over.
    pub drops: u64,
    /// Enrolled, and kept out: banned, removed by hand, disabled, or a username of a guest or back end.
    pub barred: u64,
    /// Enrolled, and the channel is closed.
    pub closed: u64,
    /// Enrolled, and members already by hand: they stay whatever rosters say.
    pub kept: u64,
    /// Members who stay as they are.
    pub unchanged: u64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RosterChange {
    /// Which of the counts it is part of.
    pub change: RosterChangeKind,
    /// Id of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What the group is, where its channel is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RosterKind>,
    /// Name of the channel, where it is made or renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// As what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RosterRole>,
}

/// What a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // documented at the counts
pub enum RosterChangeKind {
    Account,
    Channel,
    Rename,
    Back,
    Gone,
    Join,
    Return,
    Role,
    Drop,
    Barred,
    Closed,
}

/// How a space follows its rosters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterSettings {
    /// Seconds from the import that drops an enrolment until the member is removed; 0 for at once.
    #[schema(minimum = 0, maximum = 31_622_400)]
    pub grace_s: u64,
    /// How many members in a hundred one import may drop without being allowed to.
    #[schema(minimum = 0, maximum = 100)]
    pub removals_percent: u32,
    /// Name of a degree's channel, such as `{degree.title}`; empty for no such channels.
    pub degree: String,
    /// Name of a course's channel, such as `{course.code} {course.title}`.
    pub course: String,
    /// Name of a class's channel, such as `{course.title} · {class.title} ({term})`.
    pub class: String,
}

/// How a space's roster stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RosterStatus {
    /// How it is followed.
    pub settings: RosterSettings,
    /// Groups with a channel.
    pub groups: u64,
    /// Members whom it put in.
    pub members: u64,
    /// Members who were dropped and are removed when their grace is over.
    pub leaving: u64,
    /// The newest import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<RosterImport>,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RosterImport {
    /// 1, 2, 3 … in the space.
    pub import: u64,
    /// When it began, Unix milliseconds.
    pub at: i64,
    /// Who did it.
    pub by: UserId,
    /// How it came about.
    pub kind: RosterImportKind,
    /// How far it is.
    pub state: RosterImportState,
    /// What it does.
    pub counts: RosterCounts,
}

/// The imports of a space, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RosterImports {
    /// The imports.
    pub imports: Vec<RosterImport>,
}
