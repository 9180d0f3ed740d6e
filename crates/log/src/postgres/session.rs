//! A lane's connection: prepared statements, and several of them in one round trip.

use super::statements;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, Spread};
use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::task::Poll;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

/// A value of a statement.
pub(super) type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// One statement with its values.
pub(super) struct Ask<'a> {
    sql: &'static str,
    values: Vec<Value<'a>>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql, values }
    }

    /// A statement without values that is not prepared: `BEGIN` and the like.
    pub(super) fn plain(sql: &'static str) -> Self {
        Self {
            sql,
            values: Vec::new(),
        }
    }
}

/// How several statements failed.
pub(super) struct Failed {
    /// Which was the first.
    pub(super) at: usize,
    pub(super) error: Error,
    /// Whether the last of them was sent.
    pub(super) all_sent: bool,
}

/// A connection in the hands of one lane.
pub(super) struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;

/// The lane's statements go by indexes, whatever the statistics of a young table say, and are planned once.
const SETTINGS: &str =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off; SET jit = off";

impl Session {
    /// Connects and prepares. Errors are those of [`Postgres::connect`].
    pub(super) async fn open(postgres: &Postgres) -> Result<Self, EngineError> {
        let spread = postgres.spread();
        let client = postgres.connect().await?;
        client.batch_execute(SETTINGS).await?;
        let texts: Vec<(&'static str, Cow<'static, str>)> = statements::OF_LANES
            .iter()
            .map(|sql| (*sql, statements::text(sql, spread)))
            .collect();
        let preparing = texts.iter().map(|(_, text)| client.prepare(text));
        let statements = futures_util::future::try_join_all(preparing).await?;
        let prepared = texts.iter().map(|(sql, _)| *sql).zip(statements).collect();
        Ok(Self { client, prepared })
    }

    /// Asks all at once, in order; the rows of each. If one cannot even be sent, those after it are not.
    pub(super) async fn ask(&self, asks: &[Ask<'_>]) -> Result<Vec<Vec<Row>>, Failed> {
        let mut answers: Vec<Answer<'_>> = asks.iter().map(|ask| self.answer(ask)).collect();
        let mut results: Vec<Option<Result<Vec<Row>, Error>>> = asks.iter().map(|_| None).collect();
        let mut sent = 0;
        std::future::poll_fn(|context| {
            for (place, answer) in answers.iter_mut().enumerate() {
                if results[place].is_some() {
                    continue;
                }
                if let Poll::Ready(result) = answer.as_mut().poll(context) {
                    let refused = result.is_err() && place >= sent;
                    results[place] = Some(result);
                    if refused {
                        return Poll::Ready(());
                    }
                }
                sent = sent.max(place + 1);
            }
            if results.iter().all(Option::is_some) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        let all_sent = sent == asks.len();
        let mut rows = Vec::with_capacity(asks.len());
        for (at, result) in results.into_iter().flatten().enumerate() {
            rows.push(result.map_err(|error| Failed { at, error, all_sent })?);
        }
        Ok(rows)
    }

    /// Ends a transaction that failed, so that the connection can be used again.
    pub(super) async fn roll_back(&self) -> Result<(), Error> {
        self.client.batch_execute("ROLLBACK").await
    }

    fn answer<'a>(&'a self, ask: &'a Ask<'_>) -> Answer<'a> {
        match self.prepared.get(ask.sql) {
            Some(statement) => Box::pin(async move {
                let values: Vec<&(dyn ToSql + Sync)> = ask
                    .values
                    .iter()
                    .map(|value| &**value as &(dyn ToSql + Sync))
                    .collect();
                self.client.query(statement, &values).await
            }),
            None => Box::pin(async move { self.client.batch_execute(ask.sql).await.map(|()| Vec::new()) }),
        }
    }
}

/// The buckets of some rows, as the first value of a statement over many rows.
pub(super) fn buckets(spread: Spread, buckets: Vec<i16>) -> Value<'static> {
    match spread {
        Spread::Whole => Box::new(buckets),
        // They are all the same; no rows are in no bucket.
        Spread::ByBucket => Box::new(buckets.first().copied()),
    }
}
