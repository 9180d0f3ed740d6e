//! `/protocol`: what others build against, made from the types of the wire and committed.

mod asyncapi;
mod catalogue;
mod golden;
mod sample;
mod schema;

use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folder of what is generated, below the workspace.
const FOLDER: &str = "protocol";
/// The files there that are written by hand.
const BY_HAND: [&str; 2] = ["README.md", "klatch.proto"];

/// Whether to write or to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write what differs, remove what is no longer made.
    Write,
    /// Fail if anything differs.
    Check,
}

/// Files by their path below [`FOLDER`].
type Files = BTreeMap<PathBuf, String>;

/// Writes or compares everything.
pub(crate) fn run(root: &Path, mode: Mode) -> anyhow::Result<()> {
    let folder = root.join(FOLDER);
    let files = files()?;
    let stale = stale(&folder, &files)?;
    if mode == Mode::Check {
        if stale.is_empty() {
            println!("gen: /{FOLDER} is what the types say ({} files)", files.len());
            return Ok(());
        }
        let names: Vec<String> = stale
            .iter()
            .map(|path| format!("  {FOLDER}/{}", path.display()))
            .collect();
        bail!(
            "these files are not what the types say; run `cargo xtask gen` and commit:\n{}",
            names.join("\n")
        );
    }
    for path in &stale {
        let place = folder.join(path);
        match files.get(path) {
            Some(text) => {
                std::fs::create_dir_all(place.parent().expect("a file is in a folder"))?;
                std::fs::write(&place, text)
                    .with_context(|| format!("{} cannot be written", place.display()))?;
            }
            None => std::fs::remove_file(&place)?,
        }
    }
    println!("gen: {} of {} files changed", stale.len(), files.len());
    Ok(())
}

fn files() -> anyhow::Result<Files> {
    let mut files = Files::new();
    files.insert("errors.md".into(), catalogue::markdown());
    files.insert("errors.json".into(), pretty(&catalogue::json()));
    files.insert(
        "openapi.json".into(),
        pretty(&serde_json::to_value(klatch_transport::openapi())?),
    );
    files.insert(
        "openapi-internal.json".into(),
        pretty(&serde_json::to_value(klatch_transport::internal_openapi())?),
    );
    files.insert("ws.schema.json".into(), pretty(&schema::document()?));
    files.insert("asyncapi.json".into(), pretty(&asyncapi::document()?));
    for (name, frame) in golden::frames() {
        files.insert(Path::new("golden").join(format!("{name}.json")), pretty(&frame));
    }
    Ok(files)
}

/// JSON for people and for `diff`.
fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a JSON value can be written");
    text.push('\n');
    text
}

/// Files that differ, are missing, or are there and no longer made.
fn stale(folder: &Path, files: &Files) -> anyhow::Result<Vec<PathBuf>> {
    let mut stale: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let same = std::fs::read_to_string(folder.join(path)).is_ok_and(|there| there == *text);
        if !same {
            stale.push(path.clone());
        }
    }
    let mut there = Vec::new();
    if folder.is_dir() {
        list(folder, &mut there)?;
    }
    for path in there {
        let path = path
            .strip_prefix(folder)
            .expect("it was found in the folder")
            .to_owned();
        if !files.contains_key(&path) && !BY_HAND.iter().any(|name| path == Path::new(name)) {
            stale.push(path);
        }
    }
    Ok(stale)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?
        } else {
            files.push(path)
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_missing_and_an_orphaned_file_are_stale() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("same.json", "1");
        write("golden/changed.json", "1");
        write("golden/orphan.json", "1");
        BY_HAND.iter().for_each(|name| write(name, "by hand"));
        let wanted = [
            ("same.json", "1"),
            ("golden/changed.json", "2"),
            ("missing.json", "3"),
        ];
        let files: Files = wanted.map(|(path, text)| (path.into(), text.to_owned())).into();
        let stale = stale(folder.path(), &files).unwrap();
        let expected = ["golden/changed.json", "missing.json", "golden/orphan.json"];
        assert_eq!(stale, expected.map(PathBuf::from));
    }
}
