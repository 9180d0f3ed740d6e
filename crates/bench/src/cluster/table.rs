//! The table of the cluster for people.

use super::cell::Cell;
use std::io::Write;

const HEAD: &str = "shape      nodes  messages/s  deliveries/s  klatch µs/msg  /delivery  PostgreSQL µs/msg  NATS µs/msg  \
                    bus out/msg  in/msg  bytes in/msg  commits/s  p50 ms  p99 ms  wrong  again";

/// Writes the table to stdout.
pub(super) fn print(cells: &[Cell]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{HEAD}")?;
    for cell in cells {
        writeln!(out, "{}", line(cell))?;
    }
    writeln!(
        out,
        "µs are processor time of all nodes together, what they use at rest included. Without messages: cores × 10⁶."
    )?;
    writeln!(
        out,
        "wrong: lost, reordered or refused; again: came twice, which clients drop by position"
    )?;
    Ok(())
}

/// One line of it.
pub(super) fn line(cell: &Cell) -> String {
    // Without messages, what a second costs stands there.
    let per = |cores: f64| {
        cores * 1e6
            / if cell.messages_per_s > 0.0 {
                cell.messages_per_s
            } else {
                1.0
            }
    };
    format!(
        "{:<10} {:>5} {:>11.0} {:>13.0} {:>14.1} {:>10.2} {:>18.1} {:>12.1} {:>12.2} {:>7.2} {:>13.0} {:>10.0} {:>7.2} \
         {:>7.2} {:>6} {:>6}",
        cell.shape.name(),
        cell.nodes,
        cell.messages_per_s,
        cell.deliveries_per_s,
        per(cell.klatch_cores),
        cell.klatch_us_per_delivery(),
        per(cell.postgres_cores),
        per(cell.nats_cores),
        cell.per_message(cell.bus_sent_per_s),
        cell.per_message(cell.bus_received_per_s),
        cell.per_message(cell.bus_received_bytes_per_s),
        cell.commits_per_s,
        cell.p50_ms,
        cell.p99_ms,
        cell.lost + cell.reordered + cell.refused,
        cell.duplicated,
    )
}
