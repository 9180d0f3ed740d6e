//! The questions that readers ask, each one statement.

use super::statements;
use crate::{EventRow, Head, LogError, Order, ReadPage};
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, event_row, id, int, ordinal, seq};
use klatch_types::{ChannelId, ClientKey, Seq, UserId, limits};
use std::collections::HashMap;
use uuid::Uuid;

/// Most channels in one statement of [`heads`].
const HEADS_MAX: usize = 5_000;

/// A page of events.
pub(super) async fn page(
    postgres: &Postgres,
    channel: ChannelId,
    page: ReadPage,
) -> Result<Vec<EventRow>, LogError> {
    let sql = match page.order {
        Order::Ascending => statements::PAGE_ASCENDING,
        Order::Descending => statements::PAGE_DESCENDING,
    };
    let before = page.before.map_or(i64::MAX, |before| int(before.0));
    let limit = i64::from(page.limit.min(limits::PAGE_MAX + 1));
    let after = int(page.after.0);
    events(
        postgres,
        sql,
        channel,
        &[&after, &before, &page.messages_only, &limit],
    )
    .await
}

/// One event.
pub(super) async fn one(
    postgres: &Postgres,
    channel: ChannelId,
    at: Seq,
) -> Result<Option<EventRow>, LogError> {
    Ok(events(postgres, statements::ONE, channel, &[&int(at.0)])
        .await?
        .pop())
}

/// Events that change any of a range.
pub(super) async fn amendments(
    postgres: &Postgres,
    channel: ChannelId,
    first: Seq,
    last: Seq,
    limit: u32,
) -> Result<Vec<EventRow>, LogError> {
    let values: Params<'_> = &[&int(first.0), &int(last.0), &i64::from(limit)];
    events(postgres, statements::AMENDMENTS, channel, values).await
}

/// The event of a sender's key.
pub(super) async fn by_key(
    postgres: &Postgres,
    channel: ChannelId,
    actor: UserId,
    key: ClientKey,
) -> Result<Option<EventRow>, LogError> {
    Ok(events(postgres, statements::BY_KEY, channel, &[&actor.0, &key.0])
        .await?
        .pop())
}

/// Where channels stand, in the order asked.
pub(super) async fn heads(
    postgres: &Postgres,
    channels: &[ChannelId],
) -> Result<Vec<Option<Head>>, EngineError> {
    let mut found: HashMap<ChannelId, Head> = HashMap::with_capacity(channels.len());
    for some in channels.chunks(HEADS_MAX) {
        let buckets: Vec<i16> = some.iter().map(ChannelId::bucket).collect();
        let ids: Vec<Uuid> = some.iter().map(|channel| channel.0).collect();
        for row in postgres.query(statements::HEADS, &[&buckets, &ids]).await? {
            let head = Head {
                seq: seq(&row, 1)?,
                ordinal: ordinal(&row, 2)?,
                access_seq: seq(&row, 3)?,
            };
            found.insert(id(&row, 0)?, head);
        }
    }
    Ok(channels
        .iter()
        .map(|channel| found.get(channel).copied())
        .collect())
}

/// The events that a statement answers about a channel, of which it is given bucket and id before `values`.
async fn events(
    postgres: &Postgres,
    sql: &str,
    channel: ChannelId,
    values: Params<'_>,
) -> Result<Vec<EventRow>, LogError> {
    let bucket = channel.bucket();
    let mut all: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = vec![&bucket, &channel.0];
    all.extend(values);
    let rows = postgres.query(sql, &all).await?;
    if rows.is_empty() {
        return Err(LogError::NotFound);
    }
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        // The channel is there, and none of its events.
        if row
            .try_get::<_, Option<i64>>(0)
            .map_err(EngineError::from)?
            .is_some()
        {
            events.push(event_row(row, 0, channel)?);
        }
    }
    Ok(events)
}
