//! How ids, numbers and rows stand in columns. The log and the directory both read these.

use crate::EngineError;
use crate::coded::Coded;
use crate::row::{ChannelRow, EventRow, MemberRow};
use klatch_types::{
    ApiKeyId, AuditId, ChannelId, ClientKey, DeviceId, InviteId, IssuerId, Millis, Ordinal, Rules, Seq,
    SpaceId, UserId,
};
use tokio_postgres::Row;
use uuid::Uuid;

type Result<T> = std::result::Result<T, EngineError>;

/// Columns that [`channel_row`] reads, from `channels c`.
pub const CHANNEL_COLUMNS: &str = "c.id, c.space, c.kind, c.visibility, c.name, c.topic, c.pair_low, c.pair_high, \
    c.created_at, c.archived_at, c.head, c.ordinal, c.broadcasts, c.access_seq, c.members, c.active_at, \
    c.last_message, c.rules";

/// Columns that [`member_row`] reads, from `members m`.
pub const MEMBER_COLUMNS: &str = "m.user_id, m.role, m.joined_at, m.visible_after, m.muted_until, m.read, \
    m.read_ordinal, m.read_broadcasts, m.received, m.mentions, m.read_mentions";

/// Columns that [`event_row`] reads, from `events e`.
pub const EVENT_COLUMNS: &str =
    "e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload";

/// An id that the database keeps as a UUID. Bound as `&id.0`.
pub trait UuidId: Sized {
    /// From a column.
    fn from_uuid(uuid: Uuid) -> Self;
}

macro_rules! uuid_ids {
    ($($name:ident),+) => {
        $(impl UuidId for $name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
        })+
    };
}
uuid_ids!(
    ApiKeyId, AuditId, ChannelId, ClientKey, DeviceId, InviteId, IssuerId, SpaceId, UserId
);

fn broken(what: &str) -> EngineError {
    EngineError::Damaged(what.to_owned())
}

/// An id.
pub fn id<T: UuidId>(row: &Row, at: usize) -> Result<T> {
    Ok(T::from_uuid(row.try_get(at)?))
}

/// An id that may be NULL.
pub fn opt_id<T: UuidId>(row: &Row, at: usize) -> Result<Option<T>> {
    Ok(row.try_get::<_, Option<Uuid>>(at)?.map(T::from_uuid))
}

/// A number that is never negative.
pub fn uint(row: &Row, at: usize) -> Result<u64> {
    u64::try_from(row.try_get::<_, i64>(at)?).map_err(|_| broken("a count below zero"))
}

/// How an unsigned number is bound. Positions and counts stay far below 2^63.
pub fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How the code of an enumeration or an event kind is bound.
pub fn small(code: u8) -> i16 {
    i16::from(code)
}

/// A small number.
fn small_at(row: &Row, at: usize) -> Result<u8> {
    u8::try_from(row.try_get::<_, i16>(at)?).map_err(|_| broken("a code out of range"))
}

/// A value of an enumeration.
pub fn coded<T: Coded>(row: &Row, at: usize) -> Result<T> {
    T::from_number(small_at(row, at)?)
        .ok_or_else(|| broken("unknown code: was the database written by a newer klatch?"))
}

/// A position.
pub fn seq(row: &Row, at: usize) -> Result<Seq> {
    uint(row, at).map(Seq)
}

/// A position that may be NULL.
pub fn opt_seq(row: &Row, at: usize) -> Result<Option<Seq>> {
    match row.try_get::<_, Option<i64>>(at)? {
        None => Ok(None),
        Some(_) => seq(row, at).map(Some),
    }
}

/// A count.
pub fn ordinal(row: &Row, at: usize) -> Result<Ordinal> {
    uint(row, at).map(Ordinal)
}

/// A time.
pub fn millis(row: &Row, at: usize) -> Result<Millis> {
    Ok(Millis(row.try_get(at)?))
}

/// A time that may be NULL.
pub fn opt_millis(row: &Row, at: usize) -> Result<Option<Millis>> {
    Ok(row.try_get::<_, Option<i64>>(at)?.map(Millis))
}

/// The rules of a channel; NULL for none.
fn rules(row: &Row, at: usize) -> Result<Rules> {
    let text: Option<&str> = row.try_get(at)?;
    let read = text.map(Rules::from_json).transpose();
    Ok(read
        .map_err(|_| broken("rules of a channel that cannot be read"))?
        .unwrap_or_default())
}

/// A channel from [`CHANNEL_COLUMNS`], of which the first stands at `at`.
pub fn channel_row(row: &Row, at: usize) -> Result<ChannelRow> {
    let low = opt_id(row, at + 6)?;
    let high = opt_id(row, at + 7)?;
    let members: i32 = row.try_get(at + 14)?;
    Ok(ChannelRow {
        id: id(row, at)?,
        space: id(row, at + 1)?,
        kind: coded(row, at + 2)?,
        visibility: coded(row, at + 3)?,
        name: row.try_get(at + 4)?,
        topic: row.try_get(at + 5)?,
        pair: low.zip(high),
        created_at: millis(row, at + 8)?,
        archived_at: opt_millis(row, at + 9)?,
        head: seq(row, at + 10)?,
        ordinal: ordinal(row, at + 11)?,
        broadcasts: ordinal(row, at + 12)?,
        access_seq: seq(row, at + 13)?,
        members: u32::try_from(members).map_err(|_| broken("a count of members below zero"))?,
        active_at: millis(row, at + 15)?,
        last_message: opt_seq(row, at + 16)?,
        rules: rules(row, at + 17)?,
    })
}

/// A member from [`MEMBER_COLUMNS`], of which the first stands at `at`.
pub fn member_row(row: &Row, at: usize) -> Result<MemberRow> {
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
pub fn event_row(row: &Row, at: usize, channel: ChannelId) -> Result<EventRow> {
    Ok(EventRow {
        channel,
        seq: seq(row, at)?,
        ordinal: ordinal(row, at + 1)?,
        at: millis(row, at + 2)?,
        actor: id(row, at + 3)?,
        key: opt_id(row, at + 4)?,
        kind: small_at(row, at + 5)?,
        message: row.try_get(at + 6)?,
        target: opt_seq(row, at + 7)?,
        // The sixty-four bits as they are: PostgreSQL has no unsigned integers.
        digest: row.try_get::<_, i64>(at + 8)?.cast_unsigned(),
        tombstone: row.try_get(at + 9)?,
        payload: row.try_get(at + 10)?,
    })
}
