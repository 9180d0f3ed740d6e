//! What is wrong with a roster, said so that whoever keeps it can mend it.

use std::fmt;

/// One fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, if there are several.
    pub file: Option<String>,
    /// The line, counted from one, if it is a text.
    pub line: Option<u64>,
    /// The column or field.
    pub column: Option<String>,
    /// What is wrong and what it must be.
    pub what: String,
}

impl Fault {
    /// A fault of no place in particular.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            column: None,
            what: what.into(),
        }
    }

    /// The same in a file.
    pub fn in_file(self, file: &str) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..self
        }
    }

    /// The same on a line.
    pub fn on_line(self, line: u64) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    /// The same in a column.
    pub fn in_column(self, column: &str) -> Self {
        Self {
            column: Some(column.to_owned()),
            ..self
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}")?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            write!(f, ": ")?;
        } else if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(column) = &self.column {
            write!(f, "`{column}`: ")?;
        }
        write!(f, "{}", self.what)
    }
}

/// Why a roster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// What is in it is wrong; the first faults, and how many there are.
    #[error("{}", told(.first, *.count))]
    Faulty {
        /// The first of them.
        first: Vec<Fault>,
        /// How many were found; looking ends after a while.
        count: usize,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {cause}")]
    Io {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A kept roster cannot be unpacked.
    #[error("a kept roster is damaged: {0}")]
    Damaged(String),
}

impl RosterError {
    /// One fault.
    pub(crate) fn one(fault: Fault) -> Self {
        Self::Faulty {
            first: vec![fault],
            count: 1,
        }
    }
}

fn told(first: &[Fault], count: usize) -> String {
    let mut text: Vec<String> = first.iter().map(ToString::to_string).collect();
    if count > first.len() {
        text.push(format!("and {} more", count - first.len()));
    }
    text.join("; ")
}

/// Faults as they are found.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    first: Vec<Fault>,
    count: usize,
}

/// Faults after which nobody looks for more.
const ENOUGH: usize = 1_000;

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.count += 1;
        if self.first.len() < klatch_types::limits::ROSTER_FAULTS_TOLD_MAX {
            self.first.push(fault);
        }
    }

    pub(crate) fn are_enough(&self) -> bool {
        self.count >= ENOUGH
    }

    /// `value`, if nothing was found.
    pub(crate) fn or<T>(self, value: T) -> Result<T, RosterError> {
        if self.count == 0 {
            return Ok(value);
        }
        Err(RosterError::Faulty {
            first: self.first,
            count: self.count,
        })
    }
}
