//! A roster: people, groups, and who is in which.

use crate::fault::{Fault, Faults, RosterError};
use klatch_types::{DisplayName, RosterKind, RosterRole, Username, limits};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Someone who is enrolled somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Unique name in the space.
    pub username: Username,
    /// Name to show, for an account that is made; later it is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
}

/// A degree, a course or a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Group {
    /// The source's own id: the channel stays the same as long as it does.
    pub id: String,
    /// What it is.
    pub kind: RosterKind,
    /// What it is called.
    pub title: String,
    /// Its short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it is taught.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// Id of the group that its people are in, too: a class's course or degree, a course's degree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// That someone is in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Enrolment {
    /// Who.
    pub user: Username,
    /// Id of the group.
    pub group: String,
    /// As what.
    pub role: RosterRole,
}

/// A whole roster, in order and without doubles, so that equal ones are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    users: Vec<Person>,
    groups: Vec<Group>,
    enrolments: Vec<Enrolment>,
}

impl Roster {
    /// Checks and orders. Of several enrolments of one user in one group the strongest counts.
    ///
    /// # Errors
    /// Something is named and not there, is there twice and differs, or is beyond a limit.
    pub fn new(
        users: Vec<Person>,
        groups: Vec<Group>,
        enrolments: Vec<Enrolment>,
    ) -> Result<Self, RosterError> {
        let mut faults = Faults::default();
        at_most("people", users.len(), limits::ROSTER_USERS_MAX, &mut faults);
        at_most("groups", groups.len(), limits::ROSTER_GROUPS_MAX, &mut faults);
        let most = limits::ROSTER_ENROLMENTS_MAX;
        at_most("enrolments", enrolments.len(), most, &mut faults);
        let users = unique_people(users, &mut faults);
        let groups = unique_groups(groups, &mut faults);
        check_parents(&groups, &mut faults);
        check_enrolments(&users, &groups, &enrolments, &mut faults);
        let mut strongest: BTreeMap<(Username, String), RosterRole> = BTreeMap::new();
        for one in enrolments {
            let role = strongest.entry((one.user, one.group)).or_insert(one.role);
            *role = (*role).max(one.role);
        }
        let enrolments = strongest
            .into_iter()
            .map(|((user, group), role)| Enrolment { user, group, role });
        let roster = Self {
            users: users.into_values().collect(),
            groups: groups.into_values().collect(),
            enrolments: enrolments.collect(),
        };
        faults.or(roster)
    }

    /// People by username.
    pub fn users(&self) -> &[Person] {
        &self.users
    }

    /// Groups by id.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Enrolments by username, then group.
    pub fn enrolments(&self) -> &[Enrolment] {
        &self.enrolments
    }

    /// Its three parts.
    pub fn into_parts(self) -> (Vec<Person>, Vec<Group>, Vec<Enrolment>) {
        (self.users, self.groups, self.enrolments)
    }
}

fn at_most(what: &str, count: usize, max: usize, faults: &mut Faults) {
    if count > max {
        faults.add(Fault::new(format!(
            "there are {count} {what}, and there may be {max}"
        )));
    }
}

fn unique_people(users: Vec<Person>, faults: &mut Faults) -> BTreeMap<Username, Person> {
    let mut by_name: BTreeMap<Username, Person> = BTreeMap::new();
    for user in users {
        match by_name.get(&user.username) {
            Some(other) if other.name.is_some() && user.name.is_some() && other.name != user.name => {
                faults.add(Fault::new(format!(
                    "the user `{}` is there twice, with two names",
                    user.username
                )));
            }
            Some(other) if other.name.is_some() => {}
            _ => drop(by_name.insert(user.username.clone(), user)),
        }
    }
    by_name
}

fn unique_groups(groups: Vec<Group>, faults: &mut Faults) -> BTreeMap<String, Group> {
    let mut by_id: BTreeMap<String, Group> = BTreeMap::new();
    for group in groups {
        check_group(&group, faults);
        if by_id.get(&group.id).is_some_and(|other| *other != group) {
            faults.add(Fault::new(format!(
                "there are two different groups with the id `{}`",
                shown(&group.id)
            )));
        }
        by_id.insert(group.id.clone(), group);
    }
    by_id
}

fn check_group(group: &Group, faults: &mut Faults) {
    let id = &group.id;
    let max = limits::ROSTER_ID_BYTES_MAX;
    if id.is_empty() || id.len() > max || id.chars().any(char::is_control) {
        faults.add(Fault::new(format!(
            "the id of a group must have 1 to {max} bytes and no control characters, not `{}`",
            shown(id)
        )));
    }
    let max = limits::ROSTER_TITLE_CHARS_MAX;
    let texts = [
        ("title", Some(&group.title)),
        ("code", group.code.as_ref()),
        ("term", group.term.as_ref()),
    ];
    for (what, text) in texts {
        if text.is_some_and(|text| text.chars().count() > max || text.chars().any(char::is_control)) {
            faults.add(Fault::new(format!(
                "the {what} of the group `{}` must have at most {max} characters, none of them a control character",
                shown(id)
            )));
        }
    }
}

fn check_parents(groups: &BTreeMap<String, Group>, faults: &mut Faults) {
    for group in groups.values() {
        let Some(parent) = &group.parent else { continue };
        let (id, parent_id) = (shown(&group.id), shown(parent));
        match groups.get(parent) {
            None => faults.add(Fault::new(format!(
                "the group `{id}` names `{parent_id}` as its parent, which is not there"
            ))),
            Some(parent) if parent.kind >= group.kind => faults.add(Fault::new(format!(
                "the group `{id}` is a {} and cannot belong to `{parent_id}`, a {}",
                group.kind, parent.kind
            ))),
            Some(_) => {}
        }
    }
}

fn check_enrolments(
    users: &BTreeMap<Username, Person>,
    groups: &BTreeMap<String, Group>,
    enrolments: &[Enrolment],
    faults: &mut Faults,
) {
    let mut told = HashSet::new();
    for one in enrolments {
        if faults.are_enough() {
            return;
        }
        if !users.contains_key(&one.user) && told.insert(one.user.as_str()) {
            faults.add(Fault::new(format!(
                "`{}` is enrolled and is none of the users",
                one.user
            )));
        }
        if !groups.contains_key(&one.group) && told.insert(one.group.as_str()) {
            faults.add(Fault::new(format!(
                "someone is enrolled in `{}`, which is none of the groups",
                shown(&one.group)
            )));
        }
    }
}

/// The groups of a roster by id.
pub(crate) fn by_id(groups: &[Group]) -> HashMap<&str, &Group> {
    groups.iter().map(|group| (group.id.as_str(), group)).collect()
}

/// A text as far as a message should repeat it.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, kind: RosterKind, parent: Option<&str>) -> Group {
        Group {
            id: id.into(),
            kind,
            title: id.into(),
            code: None,
            term: None,
            parent: parent.map(Into::into),
        }
    }

    fn person(name: &str) -> Person {
        Person {
            username: name.parse().unwrap(),
            name: None,
        }
    }

    fn enrolment(user: &str, group: &str, role: RosterRole) -> Enrolment {
        Enrolment {
            user: user.parse().unwrap(),
            group: group.into(),
            role,
        }
    }

    #[test]
    fn what_is_said_twice_is_there_once_and_the_strongest_role_counts() {
        let roster = Roster::new(
            vec![person("b"), person("a"), person("b")],
            vec![group("c", RosterKind::Class, None)],
            vec![
                enrolment("b", "c", RosterRole::Student),
                enrolment("a", "c", RosterRole::Student),
                enrolment("b", "c", RosterRole::Teacher),
            ],
        )
        .unwrap();
        assert_eq!(roster.users(), [person("a"), person("b")]);
        assert_eq!(roster.enrolments().len(), 2);
        assert_eq!(roster.enrolments()[1], enrolment("b", "c", RosterRole::Teacher));
    }

    #[test]
    fn what_is_named_and_not_there_is_told() {
        let error = Roster::new(
            vec![person("a")],
            vec![
                group("k", RosterKind::Class, Some("nowhere")),
                group("d", RosterKind::Degree, Some("k")),
            ],
            vec![
                enrolment("a", "x", RosterRole::Student),
                enrolment("z", "k", RosterRole::Student),
            ],
        )
        .unwrap_err()
        .to_string();
        for part in ["`nowhere`", "a degree and cannot belong", "`x`", "`z`"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
