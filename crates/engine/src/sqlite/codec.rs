//! How ids, numbers and rows stand in columns. The log and the directory both read these.

use crate::coded::Coded;
use crate::row::{ChannelRow, EventRow, MemberRow};
use klatch_types::{
    ApiKeyId, AuditId, ChannelId, ClientKey, DeviceId, InviteId, IssuerId, Millis, Ordinal, Rules, Seq,
    SpaceId, UserId,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Result, Row};

/// Columns that [`channel_row`] reads, from `channels c`.
pub const CHANNEL_COLUMNS: &str = "c.id, c.space, c.kind, c.visibility, c.name, c.topic, c.pair_low, c.pair_high, \
    c.created_at, c.archived_at, c.head, c.ordinal, c.broadcasts, c.access_seq, c.members, c.active_at, \
    c.last_message, c.rules";

/// Columns that [`member_row`] reads, from `members m`.
pub const MEMBER_COLUMNS: &str = "m.user, m.role, m.joined_at, m.visible_after, m.muted_until, m.read, \
    m.read_ordinal, m.read_broadcasts, m.received, m.mentions, m.read_mentions";

/// Columns that [`event_row`] reads, from `events e`.
pub const EVENT_COLUMNS: &str =
    "e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload";

/// An id that databases keep as its sixteen bytes.
pub trait BlobId: Sized {
    /// From the bytes of a column.
    fn from_blob(bytes: [u8; 16]) -> Self;
}

macro_rules! blob_ids {
    ($($name:ident),+) => {
        $(impl BlobId for $name {
            fn from_blob(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }
        })+
    };
}
blob_ids!(
    ApiKeyId, AuditId, ChannelId, ClientKey, DeviceId, InviteId, IssuerId, SpaceId, UserId
);

fn broken(at: usize, kind: Type, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, kind, what.into())
}

/// Sixteen bytes of a BLOB column.
pub fn blob16(row: &Row<'_>, at: usize) -> Result<[u8; 16]> {
    let bytes = row.get_ref(at)?.as_blob()?;
    bytes
        .try_into()
        .map_err(|_| broken(at, Type::Blob, "not sixteen bytes"))
}

/// An id.
pub fn id<T: BlobId>(row: &Row<'_>, at: usize) -> Result<T> {
    blob16(row, at).map(T::from_blob)
}

/// An id that may be NULL.
pub fn opt_id<T: BlobId>(row: &Row<'_>, at: usize) -> Result<Option<T>> {
    let Some(bytes) = row.get_ref(at)?.as_blob_or_null()? else {
        return Ok(None);
    };
    let bytes = bytes
        .try_into()
        .map_err(|_| broken(at, Type::Blob, "not sixteen bytes"))?;
    Ok(Some(T::from_blob(bytes)))
}

/// A number that is never negative.
pub fn uint(row: &Row<'_>, at: usize) -> Result<u64> {
    let number = row.get_ref(at)?.as_i64()?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, number))
}

/// How an unsigned number is bound. Positions and counts stay far below 2^63.
pub fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How the code of an enumeration is bound.
pub fn code(code: u8) -> i64 {
    i64::from(code)
}

/// A value of an enumeration.
pub fn coded<T: Coded>(row: &Row<'_>, at: usize) -> Result<T> {
    u8::try_from(uint(row, at)?)
        .ok()
        .and_then(T::from_number)
        .ok_or_else(|| {
            broken(
                at,
                Type::Integer,
                "unknown code: was the database written by a newer klatch?",
            )
        })
}

/// A position.
pub fn seq(row: &Row<'_>, at: usize) -> Result<Seq> {
    uint(row, at).map(Seq)
}

/// A position that may be NULL.
pub fn opt_seq(row: &Row<'_>, at: usize) -> Result<Option<Seq>> {
    if row.get_ref(at)? == rusqlite::types::ValueRef::Null {
        Ok(None)
    } else {
        seq(row, at).map(Some)
    }
}

/// A count.
pub fn ordinal(row: &Row<'_>, at: usize) -> Result<Ordinal> {
    uint(row, at).map(Ordinal)
}

/// A time.
pub fn millis(row: &Row<'_>, at: usize) -> Result<Millis> {
    row.get(at).map(Millis)
}

/// A time that may be NULL.
pub fn opt_millis(row: &Row<'_>, at: usize) -> Result<Option<Millis>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(Millis))
}

/// The short number of a channel.
pub fn channel_no(connection: &Connection, channel: ChannelId) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT no FROM channels WHERE id = ?1")?
        .query_row([channel.as_bytes()], |row| row.get(0))
        .optional()
}

/// The rules of a channel; NULL for none.
fn rules(row: &Row<'_>, at: usize) -> Result<Rules> {
    let text: Option<String> = row.get(at)?;
    let read = text.map(|text| Rules::from_json(&text)).transpose();
    Ok(read
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))?
        .unwrap_or_default())
}

/// A channel from [`CHANNEL_COLUMNS`], of which the first stands at `at`.
pub fn channel_row(row: &Row<'_>, at: usize) -> Result<ChannelRow> {
    let low = opt_id(row, at + 6)?;
    let high = opt_id(row, at + 7)?;
    Ok(ChannelRow {
        id: id(row, at)?,
        space: id(row, at + 1)?,
        kind: coded(row, at + 2)?,
        visibility: coded(row, at + 3)?,
        name: row.get(at + 4)?,
        topic: row.get(at + 5)?,
        pair: low.zip(high),
        created_at: millis(row, at + 8)?,
        archived_at: opt_millis(row, at + 9)?,
        head: seq(row, at + 10)?,
        ordinal: ordinal(row, at + 11)?,
        broadcasts: ordinal(row, at + 12)?,
        access_seq: seq(row, at + 13)?,
        members: row.get(at + 14)?,
        active_at: millis(row, at + 15)?,
        last_message: opt_seq(row, at + 16)?,
        rules: rules(row, at + 17)?,
    })
}

/// A member from [`MEMBER_COLUMNS`], of which the first stands at `at`.
pub fn member_row(row: &Row<'_>, at: usize) -> Result<MemberRow> {
    Ok(MemberRow {
        user: id(row, at)?,
        role: coded(row, at + 1)?,
        joined_at: millis(row, at + 2)?,
        visible_after: seq(row, at + 3)?,
        muted_until: opt_millis(row, at + 4)?,
        read: seq(row, at + 5)?,
        read_ordinal: ordinal(row, at + 6)?,
        read_broadcasts: ordinal(row, at + 7)?,
        received: seq(row, at + 8)?,
        mentions: ordinal(row, at + 9)?,
        read_mentions: ordinal(row, at + 10)?,
    })
}

/// An event of `channel` from [`EVENT_COLUMNS`], of which the first stands at `at`.
pub fn event_row(row: &Row<'_>, at: usize, channel: ChannelId) -> Result<EventRow> {
    Ok(EventRow {
        channel,
        seq: seq(row, at)?,
        ordinal: ordinal(row, at + 1)?,
        at: millis(row, at + 2)?,
        actor: id(row, at + 3)?,
        key: opt_id(row, at + 4)?,
        kind: row.get(at + 5)?,
        message: row.get(at + 6)?,
        target: opt_seq(row, at + 7)?,
        // The sixty-four bits as they are: SQLite has no unsigned integers.
        digest: row.get::<_, i64>(at + 8)?.cast_unsigned(),
        tombstone: row.get(at + 9)?,
        payload: row.get(at + 10)?,
    })
}
