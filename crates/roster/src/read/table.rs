//! A CSV file as rows by column name, with the line of each.

use crate::fault::{Fault, Faults, RosterError};
use csv::{ReaderBuilder, StringRecord};

/// A file whose first line names its columns.
pub(super) struct Table<'a> {
    file: &'a str,
    columns: Vec<String>,
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
}

impl<'a> Table<'a> {
    /// Reads the first line. A byte order mark is passed over, letter case is ignored, further columns are.
    ///
    /// # Errors
    /// A required column is not there, or the first line is no CSV.
    pub(super) fn open(file: &'a str, bytes: &'a [u8], required: &[&str]) -> Result<Self, RosterError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = ReaderBuilder::new()
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(bytes);
        let head = reader
            .headers()
            .map_err(|error| RosterError::one(unreadable(file, &error)))?;
        let columns: Vec<String> = head.iter().map(str::to_ascii_lowercase).collect();
        let missing: Vec<&str> = required
            .iter()
            .filter(|name| !columns.contains(&name.to_ascii_lowercase()))
            .copied()
            .collect();
        if !missing.is_empty() {
            let what = format!(
                "the first line must name the columns {}; not there: {}",
                required.join(", "),
                missing.join(", ")
            );
            return Err(RosterError::one(Fault::new(what).in_file(file).on_line(1)));
        }
        Ok(Self {
            file,
            columns,
            reader,
            record: StringRecord::new(),
        })
    }

    /// The next row that is well formed; faulty ones are told and passed over.
    pub(super) fn next(&mut self, faults: &mut Faults) -> Option<Row<'_>> {
        loop {
            if faults.are_enough() {
                return None;
            }
            match self.reader.read_record(&mut self.record) {
                Ok(false) => return None,
                Ok(true) => {}
                Err(error) => {
                    faults.add(unreadable(self.file, &error));
                    continue;
                }
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            let (has, wants) = (self.record.len(), self.columns.len());
            if has == wants {
                break;
            }
            let what = format!("this line has {has} fields, the first line has {wants}");
            faults.add(Fault::new(what).in_file(self.file).on_line(line));
        }
        Some(Row {
            file: self.file,
            line: self.record.position().map_or(0, csv::Position::line),
            columns: &self.columns,
            record: &self.record,
        })
    }
}

fn unreadable(file: &str, error: &csv::Error) -> Fault {
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "this line is not UTF-8: export the file in UTF-8".to_owned(),
        _ => format!("this is no CSV: {error}"),
    };
    let line = error.position().map_or(1, csv::Position::line);
    Fault::new(what).in_file(file).on_line(line)
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    file: &'t str,
    line: u64,
    columns: &'t [String],
    record: &'t StringRecord,
}

impl<'t> Row<'t> {
    /// The text of a column; empty if the file has no such column.
    pub(super) fn get(&self, column: &str) -> &'t str {
        let at = self
            .columns
            .iter()
            .position(|name| name.eq_ignore_ascii_case(column));
        at.and_then(|at| self.record.get(at)).unwrap_or("")
    }

    /// The text of a column unless it is empty.
    pub(super) fn some(&self, column: &str) -> Option<String> {
        Some(self.get(column))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// The text of a column, which must not be empty.
    pub(super) fn must(&self, column: &str, faults: &mut Faults) -> Option<&'t str> {
        let text = self.get(column);
        if text.is_empty() {
            faults.add(self.fault(column, "this must not be empty"));
            return None;
        }
        Some(text)
    }

    /// A fault in a column of this row.
    pub(super) fn fault(&self, column: &str, what: impl Into<String>) -> Fault {
        Fault::new(what)
            .in_file(self.file)
            .on_line(self.line)
            .in_column(column)
    }
}
