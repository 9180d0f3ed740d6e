//! Copying a table piece by piece.

use super::cell::{Cell, key_of_text, key_to_text};
use super::source::{Piece, Source};
use super::tables::Table;
use super::{Progress, TransferError};
use crate::postgres::{meta_of as meta, put_meta as put};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Transaction};

/// What stands in place of a table's place when all of it is there.
const ALL: &str = "all";

/// Copies what is not there yet of a table.
pub(super) async fn table(
    source: &Source,
    client: &mut Client,
    table: &'static Table,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), TransferError> {
    let name = format!("copy.{}", table.name);
    let mut after = match meta(client, &name).await? {
        Some(text) if text == ALL => return Ok(()),
        Some(text) => Some(key_of_text(&text)?),
        None => None,
    };
    let mut rows = 0;
    loop {
        let piece = source.piece(table, after.take()).await?;
        let place = piece.last.as_deref().map_or_else(|| ALL.to_owned(), key_to_text);
        let transaction = client.transaction().await?;
        write(&transaction, table, &piece).await?;
        put(&transaction, &name, &place).await?;
        transaction.commit().await?;
        rows += piece.rows.len() as u64;
        let complete = piece.last.is_none();
        told(Progress::Copied {
            table: table.name,
            rows,
            complete,
        });
        if complete {
            return Ok(());
        }
        after = piece.last;
    }
}

async fn write(transaction: &Transaction<'_>, table: &Table, piece: &Piece) -> Result<(), TransferError> {
    if piece.rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "COPY {} ({}) FROM STDIN (FORMAT binary)",
        table.name,
        table.columns()
    );
    let types: Vec<Type> = table.columns.iter().map(|c| c.kind.in_postgres()).collect();
    let writer = BinaryCopyInWriter::new(transaction.copy_in(&sql).await?, &types);
    tokio::pin!(writer);
    for row in &piece.rows {
        let values: Vec<&(dyn ToSql + Sync)> = row
            .iter()
            .map(|cell: &Cell| cell as &(dyn ToSql + Sync))
            .collect();
        writer.as_mut().write(&values).await?;
    }
    writer.finish().await?;
    Ok(())
}
