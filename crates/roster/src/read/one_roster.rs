//! OneRoster 1.2 in CSV (1EdTech, "OneRoster CSV Binding 1.2", bulk mode). Read are organisations, sessions, courses,
//! classes, users and enrolments; what else the export has is passed over. The columns of 1.1 that are read are the same.

use super::Day;
use super::files::Files;
use super::table::{Row, Table};
use crate::fault::{Fault, Faults, RosterError};
use crate::roster::{Enrolment, Group, Person, Roster};
use klatch_types::{DisplayName, RosterKind, RosterRole, Username, limits};
use std::collections::{HashMap, HashSet};

/// Ids of the source that rows refer to, and what they stand for.
#[derive(Default)]
struct Read {
    terms: HashMap<String, String>,
    orgs: HashMap<String, String>,
    degrees: HashSet<String>,
    courses: HashSet<String>,
    classes: HashSet<String>,
    users: HashMap<String, Username>,
    /// Users of the export who may not use it now.
    disabled: HashSet<String>,
    people: HashMap<Username, Option<DisplayName>>,
    groups: Vec<Group>,
    enrolments: Vec<Enrolment>,
}

pub(super) fn read(files: &Files, today: Day<'_>) -> Result<Roster, RosterError> {
    check_manifest(files)?;
    let mut faults = Faults::default();
    let mut read = Read::default();
    each(
        files,
        "academicSessions.csv",
        &["sourcedId", "title"],
        false,
        &mut faults,
        |row, faults| {
            read.session(row, faults);
        },
    )?;
    each(
        files,
        "orgs.csv",
        &["sourcedId", "name"],
        false,
        &mut faults,
        |row, faults| {
            read.org(row, faults);
        },
    )?;
    each(
        files,
        "courses.csv",
        &["sourcedId", "title", "orgSourcedId"],
        true,
        &mut faults,
        |row, faults| {
            read.course(row, faults);
        },
    )?;
    let class = ["sourcedId", "title", "courseSourcedId", "termSourcedIds"];
    each(files, "classes.csv", &class, true, &mut faults, |row, faults| {
        read.class(row, faults)
    })?;
    let user = ["sourcedId", "enabledUser", "username", "givenName", "familyName"];
    each(files, "users.csv", &user, true, &mut faults, |row, faults| {
        read.user(row, faults)
    })?;
    let enrolment = ["sourcedId", "classSourcedId", "userSourcedId", "role"];
    each(
        files,
        "enrollments.csv",
        &enrolment,
        true,
        &mut faults,
        |row, faults| {
            read.enrolment(row, today, faults);
        },
    )?;
    let read = faults.or(read)?;
    let enrolled: HashSet<&Username> = read.enrolments.iter().map(|one| &one.user).collect();
    let people = read
        .people
        .iter()
        .filter(|(username, _)| enrolled.contains(username))
        .map(|(username, name)| Person {
            username: username.clone(),
            name: name.clone(),
        });
    let people = people.collect();
    Roster::new(people, read.groups, read.enrolments)
}

/// Refuses what is not a whole export.
fn check_manifest(files: &Files) -> Result<(), RosterError> {
    const FILE: &str = "manifest.csv";
    let Some(bytes) = files.get(FILE) else {
        return Ok(());
    };
    let mut table = Table::open(FILE, bytes, &["propertyName", "value"])?;
    let mut faults = Faults::default();
    while let Some(row) = table.next(&mut faults) {
        let (property, value) = (row.get("propertyName"), row.get("value"));
        if property.starts_with("file.") && value.eq_ignore_ascii_case("delta") {
            let what = format!(
                "`{property}` is `delta`: a roster must be whole. Export it in bulk, or send changes to /v1/roster/enrolments"
            );
            faults.add(row.fault("value", what));
        }
        if property == "oneroster.version" && !["1.1", "1.2"].contains(&value) {
            faults.add(row.fault("value", "the version must be 1.2 or 1.1"));
        }
    }
    faults.or(())
}

/// Gives each row that is not to be deleted to `take`.
fn each(
    files: &Files,
    file: &str,
    columns: &[&str],
    required: bool,
    faults: &mut Faults,
    mut take: impl FnMut(&Row<'_>, &mut Faults),
) -> Result<(), RosterError> {
    let Some(bytes) = files.get(file) else {
        if required {
            let what = "this file of the export is not there";
            return Err(RosterError::one(Fault::new(what).in_file(file)));
        }
        return Ok(());
    };
    let mut table = Table::open(file, bytes, columns)?;
    while let Some(row) = table.next(faults) {
        if !row.get("status").eq_ignore_ascii_case("tobedeleted") {
            take(&row, faults);
        }
    }
    Ok(())
}

/// A group's id from the source's, which is unique within its file only.
fn id(kind: RosterKind, source: &str) -> String {
    format!("{kind}:{source}")
}

/// An id of the source, if it is short enough.
fn source<'r>(row: &Row<'r>, column: &str, faults: &mut Faults) -> Option<&'r str> {
    let text = row.must(column, faults)?;
    let max = limits::ROSTER_ID_BYTES_MAX - 8; // the kind stands before it
    if text.len() > max {
        faults.add(row.fault(column, format!("an id may have {max} bytes")));
        return None;
    }
    Some(text)
}

impl Read {
    fn session(&mut self, row: &Row<'_>, faults: &mut Faults) {
        if let (Some(id), Some(title)) = (source(row, "sourcedId", faults), row.some("title")) {
            self.terms.insert(id.to_owned(), title);
        }
    }

    fn org(&mut self, row: &Row<'_>, faults: &mut Faults) {
        if let (Some(id), Some(name)) = (source(row, "sourcedId", faults), row.must("name", faults)) {
            self.orgs.insert(id.to_owned(), name.to_owned());
        }
    }

    /// A course, and as a degree the organisation that gives it, the first time that one is named.
    fn course(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let (Some(own), Some(title)) = (source(row, "sourcedId", faults), row.must("title", faults)) else {
            return;
        };
        if !self.courses.insert(own.to_owned()) {
            return faults.add(row.fault("sourcedId", "this course is there twice"));
        }
        let degree = row.some("orgSourcedId").and_then(|org| {
            let Some(name) = self.orgs.get(&org) else {
                faults.add(row.fault("orgSourcedId", "no such organisation is in orgs.csv"));
                return None;
            };
            let degree = id(RosterKind::Degree, &org);
            if self.degrees.insert(org) {
                self.groups.push(Group {
                    id: degree.clone(),
                    kind: RosterKind::Degree,
                    title: name.clone(),
                    code: None,
                    term: None,
                    parent: None,
                });
            }
            Some(degree)
        });
        self.groups.push(Group {
            id: id(RosterKind::Course, own),
            kind: RosterKind::Course,
            title: title.to_owned(),
            code: row.some("courseCode"),
            term: None,
            parent: degree,
        });
    }

    fn class(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let (Some(own), Some(title)) = (source(row, "sourcedId", faults), row.must("title", faults)) else {
            return;
        };
        let Some(course) = row.must("courseSourcedId", faults) else {
            return;
        };
        if !self.courses.contains(course) {
            return faults.add(row.fault("courseSourcedId", "no such course is in courses.csv"));
        }
        if !self.classes.insert(own.to_owned()) {
            return faults.add(row.fault("sourcedId", "this class is there twice"));
        }
        let first = row.get("termSourcedIds").split(',').map(str::trim).next();
        self.groups.push(Group {
            id: id(RosterKind::Class, own),
            kind: RosterKind::Class,
            title: title.to_owned(),
            code: row.some("classCode"),
            term: first.and_then(|term| self.terms.get(term)).cloned(),
            parent: Some(id(RosterKind::Course, course)),
        });
    }

    fn user(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let Some(own) = source(row, "sourcedId", faults) else {
            return;
        };
        if row.get("enabledUser").eq_ignore_ascii_case("false") {
            self.disabled.insert(own.to_owned());
            return;
        }
        let Some(text) = row.must("username", faults) else {
            return;
        };
        let username: Username = match text.parse() {
            Ok(username) => username,
            Err(error) => return faults.add(row.fault("username", format!("{error}"))),
        };
        if self.people.insert(username.clone(), name_of(row)).is_some() {
            return faults.add(row.fault("username", "another line has this username"));
        }
        if self.users.insert(own.to_owned(), username).is_some() {
            faults.add(row.fault("sourcedId", "this user is there twice"));
        }
    }

    fn enrolment(&mut self, row: &Row<'_>, today: Day<'_>, faults: &mut Faults) {
        let (Some(class), Some(user)) = (
            row.must("classSourcedId", faults),
            row.must("userSourcedId", faults),
        ) else {
            return;
        };
        if !self.classes.contains(class) {
            return faults.add(row.fault("classSourcedId", "no such class is in classes.csv"));
        }
        let Some(role) = role(row.get("role")) else {
            let what = "the role must be student, teacher, aide, proctor or administrator";
            return faults.add(row.fault("role", what));
        };
        let Some(counts) = is_now(row, today, faults) else {
            return;
        };
        if self.disabled.contains(user) || !counts {
            return;
        }
        let Some(username) = self.users.get(user) else {
            return faults.add(row.fault("userSourcedId", "no such user is in users.csv"));
        };
        self.enrolments.push(Enrolment {
            user: username.clone(),
            group: id(RosterKind::Class, class),
            role,
        });
    }
}

/// The name to show: the preferred one if there is one.
fn name_of(row: &Row<'_>) -> Option<DisplayName> {
    let first = row.some("preferredGivenName").or_else(|| row.some("givenName"));
    let last = row.some("preferredFamilyName").or_else(|| row.some("familyName"));
    let both: Vec<String> = [first, last].into_iter().flatten().collect();
    let short: String = both.join(" ").chars().take(limits::NAME_CHARS_MAX).collect();
    short.parse().ok()
}

fn role(text: &str) -> Option<RosterRole> {
    match text.to_ascii_lowercase().as_str() {
        "student" => Some(RosterRole::Student),
        "aide" | "proctor" => Some(RosterRole::Assistant),
        "teacher" | "administrator" => Some(RosterRole::Teacher),
        _ => None,
    }
}

/// Whether an enrolment has begun and has not ended: the end is the first day on which it no longer is. `None` if a date
/// is none.
fn is_now(row: &Row<'_>, today: Day<'_>, faults: &mut Faults) -> Option<bool> {
    let mut day = |column: &str| {
        let text = row.get(column);
        if text.is_empty() || is_day(text) {
            return Some(text);
        }
        faults.add(row.fault(column, "a date is written 2026-09-14"));
        None
    };
    let (begin, end) = (day("beginDate")?, day("endDate")?);
    Some(begin <= today && (end.is_empty() || today < end))
}

/// Days in this form are in order as texts are.
fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
