//! S0.3, S2.1: the forms in which a roster comes, and what is said of those that cannot be used.

#![allow(clippy::unwrap_used)] // a test: a failed step ends it, and the line says which

use klatch_roster::{Enrolment, Roster, read};
use klatch_types::{RosterKind, RosterRole};
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TODAY: &str = "2026-11-26";

/// A small export; each file can be replaced.
fn export() -> Vec<(&'static str, String)> {
    let files = [
        (
            "manifest.csv",
            "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.enrollments,bulk\n",
        ),
        (
            "academicSessions.csv",
            "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\nt1,,,Autumn 2026,term,2026-09-01,2027-01-31,,2027\n",
        ),
        (
            "orgs.csv",
            "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\no1,,,Informatics,department,,\n",
        ),
        (
            "courses.csv",
            "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\nc1,,,,Software Systems,M.EIC012,,o1,,\n",
        ),
        (
            "classes.csv",
            "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\nk1,,,3MEIC01,,c1,,scheduled,,o1,t1,,,\nk2,,,3MEIC02,,c1,,scheduled,,o1,\"t1,t2\",,,\n",
        ),
        (
            "users.csv",
            "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName\nu1,,,true,up201906680,,Ana,Sousa,\nu2,,,true,up201906681,,Rui,Costa,\nu3,,,false,up201906682,,Eva,Dias,\nu4,,,true,prof1,,Ada,\"Reis, PhD\",\nu5,,,true,idle,,Not,Enrolled,\n",
        ),
        (
            "enrollments.csv",
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\ne1,,,k1,o1,u1,student,false,2026-09-14,2027-01-31\ne2,,,k2,o1,u1,student,false,,\ne3,,,k1,o1,u2,student,false,2026-09-14,2026-11-26\ne4,,,k1,o1,u3,student,false,,\ne5,,,k1,o1,u4,teacher,true,,\ne6,tobedeleted,,k2,o1,u2,student,false,,\ne7,,,k2,o1,u2,student,false,2026-12-01,\n",
        ),
    ];
    files.map(|(name, text)| (name, text.to_owned())).into()
}

fn zipped(files: &[(impl AsRef<str>, String)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive
            .start_file(name.as_ref(), SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn with(name: &str, text: &str) -> Vec<(&'static str, String)> {
    let mut files = export();
    files.iter_mut().find(|(file, _)| *file == name).unwrap().1 = text.to_owned();
    files
}

fn refused(files: &[(&'static str, String)]) -> String {
    read::archive(&zipped(files), TODAY).unwrap_err().to_string()
}

fn enrolled(roster: &Roster) -> Vec<(String, &str, RosterRole)> {
    let told = |one: &Enrolment| (one.user.to_string(), one.group.clone(), one.role);
    let mut all: Vec<_> = roster.enrolments().iter().map(told).collect();
    all.sort();
    all.into_iter()
        .map(|(user, group, role)| {
            let group = roster.groups().iter().find(|known| known.id == group).unwrap();
            (user, group.title.as_str(), role)
        })
        .collect()
}

#[test]
fn an_export_is_read_as_it_is_today() {
    let roster = read::archive(&zipped(&export()), TODAY).unwrap();
    assert_eq!(
        enrolled(&roster),
        [
            ("prof1".to_owned(), "3MEIC01", RosterRole::Teacher),
            ("up201906680".to_owned(), "3MEIC01", RosterRole::Student),
            ("up201906680".to_owned(), "3MEIC02", RosterRole::Student),
        ],
        "ended, future, deleted and disabled ones do not count"
    );
    let class = roster
        .groups()
        .iter()
        .find(|group| group.id == "class:k2")
        .unwrap();
    assert_eq!(
        (class.kind, class.term.as_deref()),
        (RosterKind::Class, Some("Autumn 2026"))
    );
    assert_eq!(class.parent.as_deref(), Some("course:c1"));
    let course = roster
        .groups()
        .iter()
        .find(|group| group.id == "course:c1")
        .unwrap();
    assert_eq!(course.code.as_deref(), Some("M.EIC012"));
    assert_eq!(course.parent.as_deref(), Some("degree:o1"));
    let names: Vec<_> = roster
        .users()
        .iter()
        .map(|user| user.name.as_ref().unwrap().as_str())
        .collect();
    assert_eq!(
        names,
        ["Ada Reis, PhD", "Ana Sousa"],
        "only those who are enrolled"
    );
}

#[test]
fn a_folder_an_archive_and_an_archive_of_a_folder_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in export() {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let of_folder = read::path(folder.path(), TODAY).unwrap();
    assert_eq!(read::archive(&zipped(&export()), TODAY).unwrap(), of_folder);
    let inside: Vec<_> = export()
        .into_iter()
        .map(|(name, text)| (format!("export/{name}"), text))
        .collect();
    assert_eq!(read::archive(&zipped(&inside), TODAY).unwrap(), of_folder);
    let file = folder.path().join("roster.zip");
    std::fs::write(&file, zipped(&inside)).unwrap();
    assert_eq!(read::path(&file, TODAY).unwrap(), of_folder);
}

#[test]
fn what_is_wrong_is_told_with_file_line_and_column() {
    let users = "sourcedId,enabledUser,username,givenName,familyName\nu1,true,up 1,Ana,Sousa\nu2,true,,Rui,Costa\nu4,true\n";
    let told = refused(&with("users.csv", users));
    for part in [
        "users.csv:2: `username`: a username has 1 to 64 characters",
        "users.csv:3: `username`: this must not be empty",
        "users.csv:4: this line has 2 fields, the first line has 5",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let told = refused(&with(
        "classes.csv",
        "sourcedId,title,courseSourcedId,termSourcedIds\nk1,One,c9,\n",
    ));
    assert!(told.contains("classes.csv:2: `courseSourcedId`"), "{told}");
    let told = refused(&with("courses.csv", "sourcedId,title\nc1,One\n"));
    assert!(
        told.contains("courses.csv:1: the first line must name the columns"),
        "{told}"
    );
    assert!(told.contains("not there: orgSourcedId"), "{told}");
    let head = "sourcedId,classSourcedId,userSourcedId,role,beginDate,endDate\n";
    let told = refused(&with(
        "enrollments.csv",
        &format!("{head}e,k1,u1,parent,,\ne,k1,u1,student,14.9.2026,\ne,k1,u9,student,,\n"),
    ));
    for part in [
        ":2: `role`",
        ":3: `beginDate`: a date is written",
        ":4: `userSourcedId`",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn an_export_of_changes_only_or_with_a_file_missing_is_refused() {
    let told = refused(&with("manifest.csv", "propertyName,value\nfile.users,delta\n"));
    assert!(
        told.contains("manifest.csv:2: `value`: `file.users` is `delta`"),
        "{told}"
    );
    let mut files = export();
    files.retain(|(name, _)| *name != "users.csv");
    assert_eq!(refused(&files), "users.csv: this file of the export is not there");
}

#[test]
fn an_archive_that_leads_out_or_holds_too_much_is_refused() {
    let mut files: Vec<(String, String)> = vec![("../users.csv".into(), "x".into())];
    let told = read::archive(&zipped(&files), TODAY).unwrap_err().to_string();
    assert!(told.contains("leads out of it"), "{told}");
    files = (0..65).map(|at| (format!("{at}.csv"), String::new())).collect();
    let told = read::archive(&zipped(&files), TODAY).unwrap_err().to_string();
    assert!(told.contains("65 entries"), "{told}");
    assert!(read::archive(b"sourcedId,title\n", TODAY).is_err());
    assert!(read::archive(b"PK\x03\x04 and then nothing", TODAY).is_err());
}

/// A file that unpacks to far more than it weighs is not unpacked to its end.
#[test]
fn a_small_archive_that_unpacks_to_too_much_is_refused() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    archive.start_file("users.csv", options).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..129 {
        archive.write_all(&zeros).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20, "it is small");
    let told = read::archive(&bytes, TODAY).unwrap_err().to_string();
    assert!(told.contains("users.csv: a file of a roster may have"), "{told}");
}

#[test]
fn a_plain_file_names_courses_and_classes() {
    let text = "\u{feff}User,Course,Class,Role,degree,name,term\nup1,Software Systems,3MEIC01,student,Informatics,Ana,2026\nup2,Software Systems,,,Informatics,,\nprof,Software Systems,3MEIC01,Teacher,,,\n";
    let roster = read::plain("r.csv", text.as_bytes()).unwrap();
    let ids: Vec<&str> = roster.groups().iter().map(|group| group.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "class:Software Systems/3MEIC01",
            "course:Software Systems",
            "degree:Informatics"
        ]
    );
    assert_eq!(roster.groups()[1].parent.as_deref(), Some("degree:Informatics"));
    assert_eq!(roster.enrolments().len(), 3);
    let told = read::plain("r.csv", b"user,course,class,role\nup1,,,student\nup2,A,B,king\n").unwrap_err();
    let told = told.to_string();
    assert!(told.contains("r.csv:2: `course`: a line must name"), "{told}");
    assert!(
        told.contains("r.csv:3: `role`: `king` is none of: student, assistant, teacher"),
        "{told}"
    );
    let told = read::plain("r.csv", b"user,course,class,role\nup1,A\xff,B,student\n").unwrap_err();
    assert!(
        told.to_string().contains("r.csv:2: this line is not UTF-8"),
        "{told}"
    );
}
