//! What a row of the directory takes in PostgreSQL, with its indexes.

use klatch_testkit::engines::Postgres;
use serde::{Deserialize, Serialize};

/// Rows of each kind that are made: far more than a page holds.
const ROWS: u32 = 200_000;
/// Ascending ids that are unlike otherwise, as UUIDv7 are; `i` counts.
const ID: &str = "(lpad(to_hex(i), 12, '0') || substr(md5(i::text), 1, 20))::uuid";
/// Someone, or something, of no order.
const ANY: &str = "gen_random_uuid()";

/// Bytes for each row, indexes included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowBytes {
    pub(crate) user: f64,
    /// A device with its refresh token.
    pub(crate) device: f64,
    pub(crate) member: f64,
    pub(crate) channel: f64,
}

/// Fills tables of a database that has the schema, and measures them. What was in them before counts too, so there
/// should be little.
pub(crate) fn measure(postgres: &Postgres) -> anyhow::Result<RowBytes> {
    let of = |table: &str, values: &str| -> anyhow::Result<f64> {
        postgres.sql(&format!(
            "INSERT INTO {table} SELECT {values} FROM generate_series(1, {ROWS}) AS i"
        ))?;
        let bytes: f64 = postgres
            .sql(&format!("SELECT pg_total_relation_size('{table}')"))?
            .parse()?;
        Ok(bytes / f64::from(ROWS))
    };
    let name = "'user' || i, 'Some Body ' || i";
    let device = of("devices", &format!("{ID}, {ANY}, 'Firefox on Linux', 0, 0, NULL"))?;
    let token = of(
        "refresh_tokens",
        "sha256(i::text::bytea), gen_random_uuid(), 0, NULL",
    )?;
    let channel = "(i % 256)::smallint, 1, 1, 10";
    Ok(RowBytes {
        // A password hash of Argon2id has 97 characters.
        user: of(
            "users",
            &format!("{ID}, '{SPACE}'::uuid, {name}, 1, NULL, NULL, repeat('x', 97), 0, NULL"),
        )?,
        device: device + token,
        member: of(
            "members",
            &format!("(i % 256)::smallint, 1, {ANY}, {ANY}, 0, 0, 0, 0, 0, 0, 0, 0, NULL"),
        )?,
        channel: of(
            "channels",
            &format!(
                "{channel}, {ID}, '{SPACE}'::uuid, 0, 1, 1, 0, 1, 0, NULL, 1, NULL, NULL, 'Channel ' || i, NULL"
            ),
        )?,
    })
}

/// The space of all rows.
const SPACE: &str = "00000000-0000-7000-8000-000000000000";
