//! Texts that nothing prints: they come in, are handed to whom they are for, and show as stars everywhere else.

use super::{Problem, problem};
use std::path::Path;

/// Largest file that holds one secret.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// A secret. Formatting and serialising it give stars.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into keeping.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whom it is meant.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

const STARS: &str = "***";

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(STARS)
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

/// Reads a secret from a file, without the white space around it.
///
/// # Errors
/// If it cannot be read, is empty or is far too large for one; the file's content is not told.
pub fn from_file(key: &str, path: &Path) -> Result<Secret, Problem> {
    let shown = path.display();
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) => return problem(key, format!("names {shown}, which cannot be read: {error}")),
    };
    if size > FILE_BYTES_MAX {
        return problem(
            key,
            format!("names {shown}, which is too large to hold one secret"),
        );
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text.trim().to_owned(),
        Err(error) => return problem(key, format!("names {shown}, which cannot be read: {error}")),
    };
    if text.is_empty() {
        return problem(key, format!("names {shown}, which is empty"));
    }
    Ok(Secret(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_as_stars() {
        let secret = Secret::new("postgres://u:hunter2@h/d");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        assert_eq!(secret.expose(), "postgres://u:hunter2@h/d");
    }
}
