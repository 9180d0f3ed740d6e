//! An export of OneRoster 1.2 as a school makes it: 1,200 students in 60 classes of 30 courses of 6 degrees.

use anyhow::Result;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(super) const STUDENTS: usize = 1_200;
pub(super) const CLASSES: usize = 60;
const COURSES: usize = 30;
const DEGREES: usize = 6;

/// What differs between two exports.
#[derive(Clone, Copy, Default)]
pub(super) struct Changes {
    /// Students from the first on who are no longer enrolled in anything.
    pub(super) gone: usize,
    /// Students who are new.
    pub(super) new: usize,
    /// Whether the first course has another title.
    pub(super) renamed: bool,
}

/// The classes of a student: two of different courses of one degree.
pub(super) fn classes(student: usize) -> [usize; 2] {
    let degree = student % DEGREES;
    let nth = student / DEGREES;
    [0, 1].map(|at| {
        let course = degree + DEGREES * ((nth + at) % (COURSES / DEGREES));
        course + COURSES * (nth % 2)
    })
}

pub(super) fn username(student: usize) -> String {
    format!("up2026{student:05}")
}

/// The archive.
pub(super) fn archive(changes: Changes) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files(changes)? {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn files(changes: Changes) -> Result<Vec<(&'static str, String)>> {
    let mut orgs = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n".to_owned();
    for degree in 0..DEGREES {
        writeln!(orgs, "o{degree},,,Degree {degree},department,,")?;
    }
    let mut courses = "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\n".to_owned();
    for course in 0..COURSES {
        let title = match (course, changes.renamed) {
            (0, true) => "Renamed".to_owned(),
            _ => format!("Course {course}"),
        };
        writeln!(courses, "c{course},,,,{title},C{course},,o{},,", course % DEGREES)?;
    }
    let mut classes_csv = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n".to_owned();
    for class in 0..CLASSES {
        let course = class % COURSES;
        writeln!(
            classes_csv,
            "k{class},,,Class {},,c{course},,scheduled,,o0,t1,,,",
            class / COURSES
        )?;
    }
    let mut users =
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName\n"
            .to_owned();
    let mut enrolments = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n".to_owned();
    for student in 0..STUDENTS + changes.new {
        writeln!(
            users,
            "u{student},,,true,{},,Student,{student},",
            username(student)
        )?;
        if student >= changes.gone {
            for class in classes(student) {
                writeln!(
                    enrolments,
                    "e{student}-{class},,,k{class},o0,u{student},student,false,,"
                )?;
            }
        }
    }
    for class in 0..CLASSES {
        writeln!(users, "t{class},,,true,prof{class},,Teacher,{class},")?;
        writeln!(enrolments, "p{class},,,k{class},o0,t{class},teacher,true,,")?;
    }
    let sessions = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\nt1,,,Autumn,term,2026-09-01,2027-01-31,,2027\n";
    Ok(vec![
        (
            "manifest.csv",
            "propertyName,value\noneroster.version,1.2\n".to_owned(),
        ),
        ("academicSessions.csv", sessions.to_owned()),
        ("orgs.csv", orgs),
        ("courses.csv", courses),
        ("classes.csv", classes_csv),
        ("users.csv", users),
        ("enrollments.csv", enrolments),
    ])
}
