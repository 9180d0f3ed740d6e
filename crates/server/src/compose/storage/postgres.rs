//! PostgreSQL as the storage: opening it, and what operators do with it.

use super::StorageError;
use crate::config::{Config, Problem, StorageKind};
use klatch_engine::EngineError;
use klatch_engine::postgres::{self, Distribution, Postgres, PostgresOptions, Report};
use klatch_engine::transfer::{self, Outcome, Progress, Source};
use klatch_types::SystemEntropy;
use std::path::Path;

/// How the database is opened, as the configuration says.
pub(super) fn options(config: &Config) -> Result<PostgresOptions, StorageError> {
    let url = config.storage.connection_string()?;
    let options = PostgresOptions {
        ca_file: config.storage.ca_file.clone(),
        connections: config.storage.connections,
        ..PostgresOptions::new(url.expose())
    };
    readable(options, "storage.url")
}

fn readable(options: PostgresOptions, key: &str) -> Result<PostgresOptions, StorageError> {
    if options.is_readable() {
        return Ok(options);
    }
    Err(StorageError::Configuration(Problem {
        key: key.to_owned(),
        why: "is no connection string such as postgres://klatch:PASSWORD@127.0.0.1/klatch".to_owned(),
    }))
}

/// Opens the database for use, which must not be half a copy.
pub(super) async fn open(config: &Config) -> Result<Postgres, StorageError> {
    let options = options(config)?;
    let place = options.place();
    let opened = async {
        let database = Postgres::open(options, &SystemEntropy).await?;
        let unfinished = transfer::unfinished(&database).await?;
        Ok((database, unfinished))
    };
    match opened.await {
        Ok((database, None)) => Ok(database),
        Ok((_, Some(_))) => Err(StorageError::HalfCopied { place }),
        Err(error) => Err(StorageError::of_postgres(error, place)),
    }
}

/// Makes the schema, for one machine or spread over many; answers where.
pub async fn init(config: &Config, distribution: Option<Distribution>) -> Result<String, StorageError> {
    let options = of_kind(config, "klatch db init")?;
    let place = options.place();
    let made = match distribution {
        Some(distribution) => postgres::distribute(options, distribution, &SystemEntropy).await,
        None => Postgres::open(options, &SystemEntropy).await,
    };
    match made {
        Ok(_) => Ok(place),
        Err(error) => Err(StorageError::of_postgres(error, place)),
    }
}

/// Checks that everything adds up, also while servers use the database; answers where it is, too.
pub async fn check_postgres(config: &Config) -> Result<(String, Report), StorageError> {
    let options = of_kind(config, "klatch db check")?;
    let place = options.place();
    let checked = async { postgres::check(&Postgres::open(options, &SystemEntropy).await?).await };
    match checked.await {
        Ok(report) => Ok((place, report)),
        Err(error) => Err(StorageError::of_postgres(error, place)),
    }
}

/// Gives the database a new epoch, after a restore.
pub async fn new_epoch(config: &Config) -> Result<String, StorageError> {
    of_kind(config, "klatch db new-epoch")?;
    let database = open(config).await?;
    let given = postgres::new_epoch(&database, &SystemEntropy).await;
    given.map_err(|error| StorageError::of_postgres(error, database.options().place()))
}

fn of_kind(config: &Config, command: &'static str) -> Result<PostgresOptions, StorageError> {
    match config.storage.kind {
        StorageKind::Postgres => options(config),
        _ => Err(StorageError::NotPostgres { command }),
    }
}

/// Copies the embedded database into the PostgreSQL at `url`; answers where that is, too.
pub async fn migrate_store(
    config: &Config,
    url: &str,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<(String, Outcome), StorageError> {
    if config.storage.kind == StorageKind::Memory {
        return Err(StorageError::InMemory);
    }
    let path = config.storage.database();
    if !path.is_file() {
        return Err(StorageError::Missing { path });
    }
    let options = PostgresOptions {
        ca_file: config.storage.ca_file.clone(),
        ..PostgresOptions::new(url)
    };
    let options = readable(options, "--to")?;
    let place = options.place();
    let source = open_source(&path)?;
    let target = Postgres::open(options, &SystemEntropy).await;
    let outcome = match target {
        Ok(target) => transfer::to_postgres(&source, &target, told)
            .await
            .map_err(|source| StorageError::Transfer {
                place: place.clone(),
                source,
            }),
        Err(error) => Err(StorageError::of_postgres(error, place.clone())),
    };
    source.close().await;
    Ok((place, outcome?))
}

fn open_source(path: &Path) -> Result<Source, StorageError> {
    Source::open(path).map_err(|error: EngineError| match error {
        EngineError::Locked => StorageError::InUse {
            path: path.to_owned(),
        },
        other => StorageError::of(other, path),
    })
}
