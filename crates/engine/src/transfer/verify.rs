//! Comparing a table: rows are counted and their checksums added up, channel by channel, on both sides.

use super::cell::Cell;
use super::source::Source;
use super::tables::Table;
use super::{TableReport, TransferError};
use futures_util::TryStreamExt as _;
use std::collections::HashMap;
use tokio_postgres::Client;
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

/// Rows and the sum of their checksums: of the source, less those of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Balance {
    rows: i64,
    sum: u128,
}

/// Reads a table on both sides.
///
/// # Errors
/// `Differs` with the first channel that is not the same.
pub(super) async fn table(
    source: &Source,
    client: &Client,
    table: &'static Table,
) -> Result<TableReport, TransferError> {
    let mut report = TableReport {
        table: table.name,
        rows: 0,
        channels: 0,
        checksum: 0,
    };
    let mut balances: HashMap<Uuid, Balance> = HashMap::new();
    let mut after = None;
    loop {
        let piece = source.piece(table, after).await?;
        for row in &piece.rows {
            let sum = checksum(row);
            report.rows += 1;
            report.checksum = report.checksum.wrapping_add(sum);
            let balance = balances.entry(group(table, row)).or_default();
            balance.rows += 1;
            balance.sum = balance.sum.wrapping_add(sum);
        }
        after = piece.last;
        if after.is_none() {
            break;
        }
    }
    if table.channel_at().is_some() {
        report.channels = balances.len() as u64;
    }
    subtract(client, table, &mut balances).await?;
    match balances
        .iter()
        .find(|(_, balance)| **balance != Balance::default())
    {
        None => Ok(report),
        Some((channel, balance)) => Err(TransferError::Differs(differs(table, *channel, *balance))),
    }
}

/// Takes off what the target has.
async fn subtract(
    client: &Client,
    table: &Table,
    balances: &mut HashMap<Uuid, Balance>,
) -> Result<(), TransferError> {
    let sql = format!("SELECT {} FROM {}", table.columns(), table.name);
    let none: [&str; 0] = [];
    let rows = client.query_raw(&sql, none).await?;
    tokio::pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let cells: Vec<Cell> = (0..)
            .zip(table.columns)
            .map(|(at, column)| Cell::of_postgres(column.kind, &row, at))
            .collect::<Result<_, _>>()?;
        let balance = balances.entry(group(table, &cells)).or_default();
        balance.rows -= 1;
        balance.sum = balance.sum.wrapping_sub(checksum(&cells));
    }
    Ok(())
}

/// The channel of a row; one group for all rows of a table that belongs to none.
fn group(table: &Table, row: &[Cell]) -> Uuid {
    match table.channel_at().and_then(|at| row.get(at)) {
        Some(Cell::Uuid(channel)) => *channel,
        _ => Uuid::nil(),
    }
}

fn checksum(row: &[Cell]) -> u128 {
    let mut sum = Xxh3::new();
    for cell in row {
        cell.sum_into(&mut sum);
    }
    sum.digest128()
}

fn differs(table: &Table, channel: Uuid, balance: Balance) -> String {
    let place = match table.channel_at() {
        Some(_) => format!("`{}` of channel {channel}", table.name),
        None => format!("`{}`", table.name),
    };
    match balance.rows {
        0 => format!("rows of {place} have other values"),
        missing if missing > 0 => format!("{missing} rows of {place} are missing"),
        more => format!("{} rows of {place} were not copied from the source", -more),
    }
}
