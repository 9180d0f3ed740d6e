//! The questions that readers ask.

use crate::{EventRow, Head, Order, ReadPage};
use klatch_engine::EngineError;
use klatch_engine::sqlite::{EVENT_COLUMNS, event_row, int, ordinal, seq};
use klatch_types::{ChannelId, ClientKey, Seq, UserId, limits};
use rusqlite::{Connection, OptionalExtension as _, Params, params};

/// A page of events.
pub(super) fn page(
    connection: &Connection,
    channel: ChannelId,
    no: i64,
    page: ReadPage,
) -> Result<Vec<EventRow>, EngineError> {
    let messages = if page.messages_only {
        "AND e.message = 1"
    } else {
        ""
    };
    let order = match page.order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let tail = format!("e.seq > ?2 AND e.seq < ?3 {messages} ORDER BY e.seq {order} LIMIT ?4");
    let before = page.before.map_or(i64::MAX, |before| int(before.0));
    let limit = page.limit.min(limits::PAGE_MAX + 1);
    select(
        connection,
        channel,
        &tail,
        params![no, int(page.after.0), before, limit],
    )
}

/// One event.
pub(super) fn one(
    connection: &Connection,
    channel: ChannelId,
    no: i64,
    at: Seq,
) -> Result<Option<EventRow>, EngineError> {
    Ok(select(connection, channel, "e.seq = ?2", params![no, int(at.0)])?.pop())
}

/// Events that change any of a range.
pub(super) fn amendments(
    connection: &Connection,
    channel: ChannelId,
    no: i64,
    first: Seq,
    last: Seq,
    limit: u32,
) -> Result<Vec<EventRow>, EngineError> {
    // Named, because without statistics the planner takes a partial index for no better than walking the channel.
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM events e INDEXED BY events_target
         WHERE e.channel = ?1 AND e.target BETWEEN ?2 AND ?3 ORDER BY e.seq LIMIT ?4"
    );
    query(
        connection,
        channel,
        &sql,
        params![no, int(first.0), int(last.0), limit],
    )
}

/// The event of a sender's key.
pub(super) fn by_key(
    connection: &Connection,
    channel: ChannelId,
    no: i64,
    actor: UserId,
    key: ClientKey,
) -> Result<Option<EventRow>, EngineError> {
    let tail = "e.key = ?2 AND e.actor = ?3";
    Ok(select(
        connection,
        channel,
        tail,
        params![no, key.as_bytes(), actor.as_bytes()],
    )?
    .pop())
}

/// Where channels stand.
pub(super) fn heads(
    connection: &Connection,
    channels: &[ChannelId],
) -> Result<Vec<Option<Head>>, EngineError> {
    let mut query =
        connection.prepare_cached("SELECT head, ordinal, access_seq FROM channels WHERE id = ?1")?;
    let mut head = |channel: &ChannelId| {
        query
            .query_row([channel.as_bytes()], |row| {
                Ok(Head {
                    seq: seq(row, 0)?,
                    ordinal: ordinal(row, 1)?,
                    access_seq: seq(row, 2)?,
                })
            })
            .optional()
    };
    Ok(channels.iter().map(&mut head).collect::<Result<_, _>>()?)
}

fn select(
    connection: &Connection,
    channel: ChannelId,
    tail: &str,
    params: impl Params,
) -> Result<Vec<EventRow>, EngineError> {
    let sql = format!("SELECT {EVENT_COLUMNS} FROM events e WHERE e.channel = ?1 AND {tail}");
    query(connection, channel, &sql, params)
}

fn query(
    connection: &Connection,
    channel: ChannelId,
    sql: &str,
    params: impl Params,
) -> Result<Vec<EventRow>, EngineError> {
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params, |row| event_row(row, 0, channel))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
