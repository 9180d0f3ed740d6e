//! `[log]`: what is told to operators, and where (S0.9).

use super::section::section;
use super::{Problem, problem};
use std::path::PathBuf;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Failures only.
    Error,
    /// And what may become one.
    Warn,
    /// And what an operator wants to know; the usual.
    Info,
    /// And what a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// How lines on stderr look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object per line, for collectors.
    Json,
}

/// When a new file is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rotation {
    /// At midnight UTC.
    Daily,
    /// At every hour UTC.
    Hourly,
    /// Never: for external rotation that copies and truncates.
    Never,
}

section! {
    /// What is told to operators. Passwords and tokens never are.
    pub struct Log = "log" {
        /// Folder of requests.log, combined.log and error.log; "" writes no files.
        pub dir: PathBuf = PathBuf::from("./logs"),
        /// Least level told: "error", "warn", "info", "debug" or "trace".
        pub level: Level = Level::Info,
        /// How lines on stderr look: "human" or "json".
        pub format: Format = Format::Human,
        /// When a new file is begun: "daily", "hourly" or "never". The plain name always leads to the newest file.
        pub rotation: Rotation = Rotation::Daily,
        /// How many files of each kind are kept.
        pub keep_files: usize = 14,
    }
}

/// Most files of one kind worth keeping: hourly ones of a year.
const KEEP_FILES_MAX: usize = 24 * 366;

impl Log {
    /// Refuses values out of range.
    pub fn check(&self) -> Result<(), Problem> {
        if !(1..=KEEP_FILES_MAX).contains(&self.keep_files) {
            return problem("log.keep_files", format!("must be from 1 to {KEEP_FILES_MAX}"));
        }
        Ok(())
    }
}
