//! Single changes to a roster.

use crate::fault::RosterError;
use crate::roster::{Enrolment, Group, Person, Roster};
use klatch_types::Username;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be put in and taken out. What is there already is replaced; what is not there is not taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// People to add, or whose name for a new account changes.
    pub users: Vec<Person>,
    /// Groups to add or change.
    pub groups: Vec<Group>,
    /// Enrolments to add, or whose role changes.
    pub enrol: Vec<Enrolment>,
    /// Enrolments to end: who, and the id of the group.
    pub drop: Vec<(Username, String)>,
}

impl Roster {
    /// The roster with these changes. An enrolment that is both dropped and added is there.
    ///
    /// # Errors
    /// As for [`Roster::new`].
    pub fn with(self, changes: Changes) -> Result<Self, RosterError> {
        let (users, groups, enrolments) = self.into_parts();
        let mut users: BTreeMap<Username, Person> = users
            .into_iter()
            .map(|user| (user.username.clone(), user))
            .collect();
        for user in changes.users {
            let known = users.remove(&user.username).and_then(|known| known.name);
            let name = user.name.or(known);
            users.insert(user.username.clone(), Person { name, ..user });
        }
        let mut groups: BTreeMap<String, Group> = groups
            .into_iter()
            .map(|group| (group.id.clone(), group))
            .collect();
        groups.extend(changes.groups.into_iter().map(|group| (group.id.clone(), group)));
        let dropped: BTreeSet<(Username, String)> = changes.drop.into_iter().collect();
        let mut all: BTreeMap<(Username, String), Enrolment> = enrolments
            .into_iter()
            .map(|one| ((one.user.clone(), one.group.clone()), one))
            .filter(|(key, _)| !dropped.contains(key))
            .collect();
        for one in changes.enrol {
            // Naming someone in an enrolment is enough: the rest of what is known of them may come later.
            users.entry(one.user.clone()).or_insert_with(|| Person {
                username: one.user.clone(),
                name: None,
            });
            all.insert((one.user.clone(), one.group.clone()), one);
        }
        Self::new(
            users.into_values().collect(),
            groups.into_values().collect(),
            all.into_values().collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{RosterKind, RosterRole};

    #[test]
    fn changes_add_replace_and_take_away() {
        let group = Group {
            id: "k".into(),
            kind: RosterKind::Class,
            title: "One".into(),
            code: None,
            term: None,
            parent: None,
        };
        let enrolment = |user: &str, role| Enrolment {
            user: user.parse().unwrap(),
            group: "k".into(),
            role,
        };
        let first = Changes {
            groups: vec![group.clone()],
            enrol: vec![
                enrolment("a", RosterRole::Student),
                enrolment("b", RosterRole::Student),
            ],
            ..Changes::default()
        };
        let roster = Roster::default().with(first.clone()).unwrap();
        assert_eq!(roster.clone().with(first).unwrap(), roster, "twice is once");
        let second = Changes {
            enrol: vec![enrolment("b", RosterRole::Teacher)],
            drop: vec![
                ("a".parse().unwrap(), "k".into()),
                ("z".parse().unwrap(), "k".into()),
            ],
            ..Changes::default()
        };
        let roster = roster.with(second).unwrap();
        assert_eq!(roster.enrolments(), [enrolment("b", RosterRole::Teacher)]);
        assert_eq!(roster.users().len(), 2);
    }
}
