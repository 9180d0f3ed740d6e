//! A plain CSV file: `user,course,class,role`, and if wanted `degree`, `name` and `term`.

use super::table::{Row, Table};
use crate::fault::{Faults, RosterError};
use crate::roster::{Enrolment, Group, Person, Roster};
use klatch_types::{RosterKind, RosterRole, Username};
use std::collections::BTreeMap;

const REQUIRED: [&str; 4] = ["user", "course", "class", "role"];

#[derive(Default)]
struct Read {
    users: Vec<Person>,
    groups: BTreeMap<String, Group>,
    enrolments: Vec<Enrolment>,
}

pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Roster, RosterError> {
    let mut table = Table::open(file, bytes, &REQUIRED)?;
    let (mut faults, mut read) = (Faults::default(), Read::default());
    while let Some(row) = table.next(&mut faults) {
        read.row(&row, &mut faults);
    }
    let Read {
        users,
        groups,
        enrolments,
    } = faults.or(read)?;
    Roster::new(users, groups.into_values().collect(), enrolments)
}

impl Read {
    fn row(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let Some(user) = row.must("user", faults) else {
            return;
        };
        let username: Username = match user.parse() {
            Ok(username) => username,
            Err(error) => return faults.add(row.fault("user", format!("{error}"))),
        };
        let role = match row.get("role") {
            "" => RosterRole::Student,
            text => match text.to_ascii_lowercase().parse() {
                Ok(role) => role,
                Err(error) => return faults.add(row.fault("role", error)),
            },
        };
        let name = match row.some("name").map(|name| name.parse()).transpose() {
            Ok(name) => name,
            Err(error) => return faults.add(row.fault("name", format!("{error}"))),
        };
        let degree = row.some("degree").map(|title| {
            let id = format!("degree:{title}");
            self.group(row, id, RosterKind::Degree, title, None)
        });
        let course = row.some("course").map(|title| {
            let id = format!("course:{title}");
            self.group(row, id, RosterKind::Course, title, degree.clone())
        });
        let class = row.some("class").map(|title| {
            let id = format!("class:{}/{title}", row.get("course"));
            let parent = course.clone().or_else(|| degree.clone());
            self.group(row, id, RosterKind::Class, title, parent)
        });
        let Some(group) = class.or(course).or(degree) else {
            return faults.add(row.fault("course", "a line must name a course, a class or a degree"));
        };
        self.users.push(Person {
            username: username.clone(),
            name,
        });
        self.enrolments.push(Enrolment {
            user: username,
            group,
            role,
        });
    }

    /// Notes a group the first time it is named; its id.
    fn group(
        &mut self,
        row: &Row<'_>,
        id: String,
        kind: RosterKind,
        title: String,
        parent: Option<String>,
    ) -> String {
        let known = self.groups.entry(id.clone()).or_insert_with(|| Group {
            id: id.clone(),
            kind,
            title,
            code: None,
            term: (kind == RosterKind::Class).then(|| row.some("term")).flatten(),
            parent: None,
        });
        // A later line may say what an earlier one left out.
        if known.parent.is_none() {
            known.parent = parent;
        }
        id
    }
}
