//! One PostgreSQL database (15 or newer): connections, migrations, and how ids and rows stand in columns.
//!
//! Whoever writes must know what a lost connection means. A statement that was not answered may have been done: reads are
//! simply asked again, writes are not ([`EngineError::Unknown`]) unless the caller can find out, as the log does.

mod check;
mod codec;
mod connect;
mod migrate;
mod operate;
mod options;

pub use check::{FINDINGS_MAX, Report, check};
pub use codec::{
    CHANNEL_COLUMNS, EVENT_COLUMNS, MEMBER_COLUMNS, UuidId, channel_row, coded, event_row, id, int,
    member_row, millis, opt_id, opt_millis, opt_seq, ordinal, seq, small, uint,
};
pub use migrate::SCHEMA_VERSION;
pub(crate) use migrate::{meta as meta_of, put as put_meta};
pub use operate::{Distribution, distribute, new_epoch};
pub use options::{PostgresOptions, Spread};

use crate::EngineError;
use connect::Connector;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use klatch_types::Entropy;
use std::sync::Arc;
use std::time::Instant;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

/// What a statement is given.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// An open database. Clones share one pool.
#[derive(Clone)]
pub struct Postgres(Arc<Inner>);

struct Inner {
    pool: Pool,
    connector: Connector,
    options: PostgresOptions,
    epoch: String,
    spread: Spread,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("spread", &self.0.spread)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects, and brings the schema to [`SCHEMA_VERSION`] under a lock, so that of several nodes that start at once
    /// one does it and the others wait.
    ///
    /// # Errors
    /// `Unavailable` if there is no server, `TooNew` for a database of a newer Klatch, `Other` with a sentence for
    /// options that cannot work.
    pub async fn open(options: PostgresOptions, entropy: &dyn Entropy) -> Result<Self, EngineError> {
        let connector = Connector::new(&options)?;
        let mut client = connector.connect().await?;
        let (epoch, spread) = migrate::migrate(&mut client, options.spread, entropy).await?;
        let manager = Manager::from_config(
            connector.config().clone(),
            connector.tls().clone(),
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(options.connections)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(options.wait_timeout),
                create: Some(options.connect_timeout),
                recycle: Some(options.connect_timeout),
            })
            .build()
            .map_err(|error| EngineError::Other(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            pool,
            connector,
            options,
            epoch,
            spread,
        })))
    }

    /// A connection of the pool, for transactions. Statements prepared with `prepare_cached` stay prepared.
    ///
    /// # Errors
    /// `Unavailable` if there is none to be had, `Overloaded` if all are busy for too long.
    pub async fn client(&self) -> Result<Object, EngineError> {
        self.0.pool.get().await.map_err(connect::pool_error)
    }

    /// A connection of its own, outside the pool, for those who keep one (the lanes of the log).
    ///
    /// # Errors
    /// `Unavailable` if there is no server.
    pub async fn connect(&self) -> Result<Client, EngineError> {
        self.0.connector.connect().await
    }

    /// Reads rows. Asked once more on a new connection if the first was lost.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached or does not answer in time.
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, EngineError> {
        let began = Instant::now();
        match self.query_once(sql, params).await {
            // Whoever waited for long has no time left for another wait.
            Err(EngineError::Unavailable(_) | EngineError::Unknown(_))
                if began.elapsed() < self.0.options.statement_timeout / 2 =>
            {
                self.query_once(sql, params).await.map_err(EngineError::of_a_read)
            }
            Err(error) => Err(error.of_a_read()),
            other => other,
        }
    }

    /// Reads at most one row.
    ///
    /// # Errors
    /// As for [`Self::query`].
    pub async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, EngineError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Writes with one statement, once; how many rows it touched.
    ///
    /// # Errors
    /// `Exists` if a unique index refuses it, `Unknown` if the connection was lost before the answer came: it may
    /// have been done.
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, EngineError> {
        let client = self.client().await?;
        let work = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, params).await
        };
        match tokio::time::timeout(self.0.options.statement_timeout, work).await {
            Ok(rows) => Ok(rows?),
            Err(_) => Err(self.abandon(client)),
        }
    }

    /// Writes with one statement that answers rows (`RETURNING`), once.
    ///
    /// # Errors
    /// As for [`Self::execute`].
    pub async fn write_returning(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, EngineError> {
        self.query_once(sql, params).await
    }

    /// Names this history, as read at the start.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// How the tables are spread.
    pub fn spread(&self) -> Spread {
        self.0.spread
    }

    /// What it was opened with.
    pub fn options(&self) -> &PostgresOptions {
        &self.0.options
    }

    async fn query_once(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, EngineError> {
        let client = self.client().await?;
        let work = async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await
        };
        match tokio::time::timeout(self.0.options.statement_timeout, work).await {
            Ok(rows) => Ok(rows?),
            Err(_) => Err(self.abandon(client)),
        }
    }

    /// Gives up a connection whose statement is not answered. No `statement_timeout` is set on the server instead,
    /// because it would also end the wait for a synchronous standby, and call that success.
    fn abandon(&self, client: Object) -> EngineError {
        drop(Object::take(client));
        EngineError::Unknown(format!("no answer within {:?}", self.0.options.statement_timeout))
    }
}
