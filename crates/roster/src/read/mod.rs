//! Reading rosters from files: OneRoster 1.2 in CSV, as a folder or an archive, or one plain CSV file.

mod files;
mod one_roster;
mod plain;
mod table;

use crate::fault::{Fault, RosterError};
use crate::roster::Roster;
use files::Files;
use std::path::Path;

/// A day, to tell which enrolments have begun and which have ended: `2026-09-14`.
pub type Day<'a> = &'a str;

/// Reads a folder or an archive of OneRoster, or a plain CSV file. `today` tells which enrolments count.
///
/// # Errors
/// It cannot be read, or what is in it is wrong.
pub fn path(path: &Path, today: Day<'_>) -> Result<Roster, RosterError> {
    if path.is_dir() {
        return one_roster::read(&Files::of_folder(path)?, today);
    }
    let bytes = files::whole(path)?;
    if is_archive(&bytes) {
        return archive(&bytes, today);
    }
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    plain::read(&name, &bytes)
}

/// Reads an archive of OneRoster.
///
/// # Errors
/// It is none, or what is in it is wrong.
pub fn archive(bytes: &[u8], today: Day<'_>) -> Result<Roster, RosterError> {
    if !is_archive(bytes) {
        return Err(RosterError::one(Fault::new(
            "this is no zip archive: its first bytes are not those of one",
        )));
    }
    one_roster::read(&Files::of_archive(bytes)?, today)
}

/// Reads a plain CSV file with the columns `user`, `course`, `class` and `role`; `degree`, `name` and `term` may be there.
///
/// # Errors
/// What is in it is wrong.
pub fn plain(name: &str, bytes: &[u8]) -> Result<Roster, RosterError> {
    plain::read(name, bytes)
}

/// Whether bytes are a zip archive with something in it.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}
