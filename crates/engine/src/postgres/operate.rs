//! What operators do once: making a database, spreading it, giving it a new history.

use super::connect::Connector;
use super::{Postgres, PostgresOptions, Spread};
use crate::EngineError;
use klatch_types::Entropy;

/// The extension that spreads tables over workers.
const CITUS: &str = "citus";

/// How a database is made to be spread over many machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Citus is told to distribute the tables.
    Citus,
    /// The engine distributes by itself; only the schema and the commits are those of a spread database.
    ByItself,
}

/// Makes the schema of a database that is spread by bucket; running it again does what is missing.
///
/// # Errors
/// `Other` with a sentence if Citus is not installed, or if the database was made for one machine; it is unchanged then.
pub async fn distribute(
    options: PostgresOptions,
    distribution: Distribution,
    entropy: &dyn Entropy,
) -> Result<Postgres, EngineError> {
    let client = Connector::new(&options)?.connect().await?;
    refuse_whole(&client).await?;
    if distribution == Distribution::Citus {
        need_citus(&client).await?;
    }
    let options = PostgresOptions {
        spread: Spread::ByBucket,
        ..options
    };
    let database = Postgres::open(options, entropy).await?;
    if distribution == Distribution::Citus {
        let told = client
            .query_one("SELECT count(*) FROM pg_dist_partition", &[])
            .await?;
        if super::uint(&told, 0)? == 0 {
            // Several statements in one string are one transaction.
            client
                .batch_execute(include_str!("../migrations/postgres/citus.sql"))
                .await?;
        }
    }
    Ok(database)
}

/// Gives the database a new epoch: clients forget what they have and start afresh. For after a restore.
///
/// # Errors
/// What the database says.
pub async fn new_epoch(database: &Postgres, entropy: &dyn Entropy) -> Result<String, EngineError> {
    let epoch = super::migrate::new_epoch(entropy);
    database
        .execute("UPDATE meta SET value = $1 WHERE key = 'epoch'", &[&epoch])
        .await?;
    Ok(epoch)
}

/// A database that was made for one machine has indexes that a spread one cannot have.
async fn refuse_whole(client: &tokio_postgres::Client) -> Result<(), EngineError> {
    let there = client
        .query_one("SELECT to_regclass('meta') IS NOT NULL", &[])
        .await?;
    if !there.get::<_, bool>(0) {
        return Ok(());
    }
    match super::meta_of(client, "spread").await?.as_deref() {
        Some("whole") => Err(EngineError::Other(
            "the database was made for one machine: make a new one with `klatch db init --distributed`, and move \
             what is in this one there"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Makes sure that Citus is there before anything is changed.
async fn need_citus(client: &tokio_postgres::Client) -> Result<(), EngineError> {
    let available = client
        .query_opt("SELECT 1 FROM pg_available_extensions WHERE name = $1", &[&CITUS])
        .await?;
    if available.is_none() {
        return Err(EngineError::Other(
            "the extension `citus` is not installed on the server, and nothing was changed: install the package \
             postgresql-NN-citus of the server's version on all its machines and set shared_preload_libraries = \
             'citus', or use --without-citus for an engine that distributes by itself"
                .to_owned(),
        ));
    }
    let made = client.batch_execute("CREATE EXTENSION IF NOT EXISTS citus").await;
    made.map_err(|error| {
        EngineError::Other(format!(
            "the extension `citus` cannot be used, and nothing was changed: {}",
            EngineError::from(error)
        ))
    })
}
