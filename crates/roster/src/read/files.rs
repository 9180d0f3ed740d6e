//! The files of a OneRoster export, from a folder or an archive. Nothing is ever written to a disk, and only names that
//! are known are read.

use crate::fault::{Fault, RosterError};
use crate::roster::shown;
use klatch_types::limits;
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// The files that are read.
pub(super) const NAMES: [&str; 7] = [
    "manifest.csv",
    "orgs.csv",
    "academicSessions.csv",
    "courses.csv",
    "classes.csv",
    "users.csv",
    "enrollments.csv",
];

/// Their content by name.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<&'static str, Vec<u8>>);

impl Files {
    /// From a folder.
    pub(super) fn of_folder(folder: &Path) -> Result<Self, RosterError> {
        let mut files = Self::default();
        for name in NAMES {
            let path = folder.join(name);
            if path.exists() {
                files.0.insert(name, whole(&path)?);
            }
        }
        Ok(files)
    }

    /// From an archive, whose files may stand in one folder.
    pub(super) fn of_archive(bytes: &[u8]) -> Result<Self, RosterError> {
        let broken = |error: zip::result::ZipError| {
            RosterError::one(Fault::new(format!("the archive cannot be read: {error}")))
        };
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        let max = limits::ROSTER_ARCHIVE_ENTRIES_MAX;
        if archive.len() > max {
            return Err(RosterError::one(Fault::new(format!(
                "the archive has {} entries, and may have {max}",
                archive.len()
            ))));
        }
        let mut files = Self::default();
        for at in 0..archive.len() {
            let entry = archive.by_index(at).map_err(broken)?;
            let said = entry.name().map_err(broken)?.into_owned();
            if entry.enclosed_name().is_none() || said.contains('\\') {
                return Err(RosterError::one(Fault::new(format!(
                    "the archive has an entry `{}` that leads out of it",
                    shown(&said)
                ))));
            }
            let Some(name) = known(&said) else { continue };
            if files.0.contains_key(name) {
                return Err(RosterError::one(
                    Fault::new("the archive has this file twice").in_file(name),
                ));
            }
            let content = bounded(entry, name)?;
            files.0.insert(name, content);
        }
        Ok(files)
    }

    /// The content of a file, if it is there.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// The known name that an entry has, in no folder or in one.
fn known(entry: &str) -> Option<&'static str> {
    let mut parts = entry.split('/').rev();
    let (name, folders) = (parts.next()?, parts.count());
    if folders > 1 {
        return None;
    }
    NAMES.into_iter().find(|known| *known == name)
}

/// A file of a disk.
pub(super) fn whole(path: &Path) -> Result<Vec<u8>, RosterError> {
    let failed = |cause| RosterError::Io {
        path: path.display().to_string(),
        cause,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    bounded(file, &name)
}

/// All bytes, as far as the limit: what an entry says of its own size is not believed.
fn bounded(from: impl Read, name: &str) -> Result<Vec<u8>, RosterError> {
    let max = limits::ROSTER_FILE_BYTES_MAX;
    let mut bytes = Vec::new();
    let read = from.take(max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|cause| RosterError::Io {
        path: name.to_owned(),
        cause,
    })?;
    if bytes.len() > max {
        let what = format!("a file of a roster may have {max} bytes");
        return Err(RosterError::one(Fault::new(what).in_file(name)));
    }
    Ok(bytes)
}
