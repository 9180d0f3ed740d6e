//! The history checker of the contract: what was asked, what was answered, what was seen, and whether it fits.
//!
//! While a test runs, a [`Recorder`] keeps every operation, delivery and fault. At the end the test heals, waits for
//! quiet, reads each channel from each reader ([`FinalRead`]), and [`check`] gives its [`Verdict`]. The checker is
//! proved on planted bugs: `tests/checker.rs`.

mod check;
mod entry;
mod order;
mod recorder;
mod verdict;
mod views;

pub use check::{Evidence, Floor, check};
pub use entry::{
    BodyHash, Entry, Fault, FinalRead, Kind, LogEntry, Membership, Operation, Outcome, UnreadClaim,
    hash_event, hash_text,
};
pub use recorder::{Pending, Recorder};
pub use verdict::{Verdict, Violation};

/// Everything recorded in one test, in the order it was recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Operations and faults.
    pub entries: Vec<Entry>,
}

impl History {
    /// Reads one JSON line per entry, as [`Recorder`] writes them.
    ///
    /// # Errors
    /// A line is no entry.
    pub fn from_lines(text: &str) -> Result<Self, serde_json::Error> {
        let entries = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// One JSON line per entry.
    pub fn to_lines(&self) -> String {
        let line = |entry| serde_json::to_string(entry).expect("entries have string keys") + "\n";
        self.entries.iter().map(line).collect()
    }

    /// The operations of a kind.
    pub fn operations(&self, kind: Kind) -> impl Iterator<Item = &Operation> {
        self.entries.iter().filter_map(move |entry| match entry {
            Entry::Operation(operation) if operation.kind == kind => Some(operation),
            _ => None,
        })
    }

    /// The faults.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Fault(fault) => Some(fault),
            Entry::Operation(_) => None,
        })
    }
}
