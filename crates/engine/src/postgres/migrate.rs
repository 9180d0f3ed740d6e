//! The schema, version by version. The row `schema` of `meta` says where a database stands.

use super::Spread;
use crate::EngineError;
use klatch_types::Entropy;
use tokio_postgres::{Client, Transaction};

/// One step: the SQL for every database, then what is particular to each spread.
struct Migration {
    name: &'static str,
    sql: &'static str,
    whole: &'static str,
    by_bucket: &'static str,
}

/// Every migration, oldest first; the version is the place in this list, counted from one. What was released is
/// never changed: a correction is the next migration. A migration only adds, because nodes of the version before
/// go on working beside it during a rolling upgrade.
const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_initial",
        sql: include_str!("../migrations/postgres/0001_initial.sql"),
        whole: include_str!("../migrations/postgres/0001_whole.sql"),
        by_bucket: include_str!("../migrations/postgres/0001_distributed.sql"),
    },
    Migration {
        name: "0002_receipts",
        sql: include_str!("../migrations/postgres/0002_receipts.sql"),
        whole: "",
        by_bucket: "",
    },
    Migration {
        name: "0003_rosters",
        sql: include_str!("../migrations/postgres/0003_rosters.sql"),
        whole: "",
        by_bucket: "",
    },
    Migration {
        name: "0004_meetings",
        sql: include_str!("../migrations/postgres/0004_meetings.sql"),
        whole: "",
        by_bucket: "",
    },
    Migration {
        name: "0005_presence",
        sql: include_str!("../migrations/postgres/0005_presence.sql"),
        whole: "",
        by_bucket: "",
    },
    Migration {
        name: "0006_admin",
        sql: include_str!("../migrations/postgres/0006_admin.sql"),
        whole: "",
        by_bucket: "",
    },
];

/// The schema version that this build reads and writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Key of the advisory lock that migrating nodes take turns by: the letters `klatch`.
const LOCK: i64 = 0x6b6c_6174_6368;

/// Brings a database to [`SCHEMA_VERSION`], all in one transaction; answers its epoch and spread. Waits for another node
/// that migrates.
pub(super) async fn migrate(
    client: &mut Client,
    wanted: Spread,
    entropy: &dyn Entropy,
) -> Result<(String, Spread), EngineError> {
    let transaction = client.transaction().await?;
    // Waiting for another node's migration is no fault, however long it takes.
    transaction.batch_execute("SET LOCAL lock_timeout = 0").await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS meta (key text PRIMARY KEY, value text NOT NULL)")
        .await?;
    let found: i64 = meta(&transaction, "schema").await?.map_or(Ok(0), |text| {
        text.parse()
            .map_err(|_| EngineError::Damaged("meta.schema is no number".to_owned()))
    })?;
    if found > SCHEMA_VERSION {
        return Err(EngineError::TooNew {
            found,
            known: SCHEMA_VERSION,
        });
    }
    let spread = spread(&transaction, wanted).await?;
    for (version, migration) in (1i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        transaction.batch_execute(migration.sql).await?;
        transaction
            .batch_execute(match spread {
                Spread::Whole => migration.whole,
                Spread::ByBucket => migration.by_bucket,
            })
            .await?;
        tracing::info!(target: "database", version, name = migration.name, "migrated");
    }
    if found < SCHEMA_VERSION {
        put(&transaction, "schema", &SCHEMA_VERSION.to_string()).await?;
    }
    let epoch = match meta(&transaction, "epoch").await? {
        Some(epoch) => epoch,
        None => {
            let epoch = new_epoch(entropy);
            put(&transaction, "epoch", &epoch).await?;
            epoch
        }
    };
    transaction.commit().await?;
    Ok((epoch, spread))
}

/// How the database is spread: as it was made, or, if it is new, as wanted.
async fn spread(transaction: &Transaction<'_>, wanted: Spread) -> Result<Spread, EngineError> {
    const BY_BUCKET: &str = "bucket";
    match meta(transaction, "spread").await?.as_deref() {
        Some(BY_BUCKET) => Ok(Spread::ByBucket),
        Some(_) => Ok(Spread::Whole),
        None => {
            let text = match wanted {
                Spread::Whole => "whole",
                Spread::ByBucket => BY_BUCKET,
            };
            put(transaction, "spread", text).await?;
            Ok(wanted)
        }
    }
}

/// A line of `meta`.
pub(crate) async fn meta(
    client: &impl tokio_postgres::GenericClient,
    key: &str,
) -> Result<Option<String>, EngineError> {
    let row = client
        .query_opt("SELECT value FROM meta WHERE key = $1", &[&key])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Writes a line of `meta`.
pub(crate) async fn put(
    client: &impl tokio_postgres::GenericClient,
    key: &str,
    value: &str,
) -> Result<(), EngineError> {
    let sql = "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2";
    client.execute(sql, &[&key, &value]).await?;
    Ok(())
}

pub(super) fn new_epoch(entropy: &dyn Entropy) -> String {
    let mut random = [0u8; 8];
    entropy.fill(&mut random);
    format!("{:016x}", u64::from_be_bytes(random))
}
