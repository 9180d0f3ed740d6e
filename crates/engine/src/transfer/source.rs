//! The embedded database, held alone for as long as it is copied.

use super::cell::Cell;
use super::tables::Table;
use crate::EngineError;
use crate::sqlite::{Appender, OpenOptions, Sqlite};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;

/// Rows of a piece at most.
const PIECE_ROWS_MAX: usize = 4_096;
/// Bytes of a piece, about; the row that passes it is the last.
const PIECE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An embedded database that nobody else has open.
pub struct Source(Sqlite);

/// Some rows of a table, in the order of its key.
pub(super) struct Piece {
    pub(super) rows: Vec<Vec<Cell>>,
    /// The place of the last one; none if there are no rows.
    pub(super) last: Option<Vec<Value>>,
}

impl Source {
    /// Opens the database at `path`, brings it to the newest schema and keeps servers away from it.
    ///
    /// # Errors
    /// `Locked` if a server uses it, `Damaged`, `TooNew`; `Other` if there is none.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        if !path.is_file() {
            return Err(EngineError::Other("there is no database".to_owned()));
        }
        Sqlite::open(path, NoAppends, &OpenOptions::default()).map(|(sqlite, _)| Self(sqlite))
    }

    /// The name of its history.
    pub fn epoch(&self) -> &str {
        self.0.epoch()
    }

    /// Gives it back.
    pub async fn close(self) {
        self.0.close().await;
    }

    /// The rows of a table after a place, as many as make a piece.
    pub(super) async fn piece(
        &self,
        table: &'static Table,
        after: Option<Vec<Value>>,
    ) -> Result<Piece, EngineError> {
        self.0
            .read(move |connection| read(connection, table, after))
            .await
    }
}

fn read(connection: &Connection, table: &Table, after: Option<Vec<Value>>) -> Result<Piece, EngineError> {
    let key = table.key.join(", ");
    let columns: Vec<_> = table.columns.iter().map(|column| column.source).collect();
    let beyond = if after.is_some() {
        let places = vec!["?"; table.key.len()].join(", ");
        format!("WHERE ({key}) > ({places})")
    } else {
        String::new()
    };
    let sql = format!(
        "SELECT {key}, {} FROM {} {beyond} ORDER BY {key} LIMIT {PIECE_ROWS_MAX}",
        columns.join(", "),
        table.from
    );
    let mut query = connection.prepare_cached(&sql)?;
    let mut found = query.query(rusqlite::params_from_iter(after.unwrap_or_default()))?;
    let mut piece = Piece {
        rows: Vec::new(),
        last: None,
    };
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        let cells = (table.key.len()..).zip(table.columns);
        let cells: Vec<Cell> = cells
            .map(|(at, column)| Cell::of_sqlite(column.kind, row.get_ref(at)?))
            .collect::<Result<_, _>>()?;
        bytes += cells.iter().map(Cell::size).sum::<usize>();
        piece.rows.push(cells);
        let place = (0..table.key.len()).map(|at| row.get::<_, Value>(at));
        piece.last = Some(place.collect::<Result<_, _>>()?);
        if bytes >= PIECE_BYTES_MAX {
            break;
        }
    }
    Ok(piece)
}

/// Appends nothing: a copy only reads.
pub(crate) struct NoAppends;

impl Appender for NoAppends {
    type Item = ();

    fn apply(&mut self, _: &Connection, (): ()) -> Result<(), EngineError> {
        Ok(())
    }

    fn before_commit(&mut self, _: &Connection) -> Result<(), EngineError> {
        Ok(())
    }

    fn committed(&mut self) {}

    fn rolled_back(&mut self, _: &EngineError) {}

    fn refuse(&mut self, (): (), _: &EngineError) {}
}
