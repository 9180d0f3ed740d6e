//! One value of a row, as both engines keep it.

use crate::EngineError;
use bytes::BytesMut;
use klatch_types::ChannelId;
use rusqlite::types::{Value, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sixteen bytes in SQLite.
    Uuid,
    /// The bucket of the channel whose id the source gives.
    Bucket,
    Text,
    Bytes,
    /// 0 or 1 in SQLite.
    Bool,
    Int2,
    Int4,
    Int8,
}

impl Kind {
    /// Its type in PostgreSQL.
    pub(super) fn in_postgres(self) -> Type {
        match self {
            Self::Uuid => Type::UUID,
            Self::Text => Type::TEXT,
            Self::Bytes => Type::BYTEA,
            Self::Bool => Type::BOOL,
            Self::Bucket | Self::Int2 => Type::INT2,
            Self::Int4 => Type::INT4,
            Self::Int8 => Type::INT8,
        }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Uuid(Uuid),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Int(i64),
}

fn broken(why: impl std::fmt::Display) -> EngineError {
    EngineError::Damaged(format!("a value cannot be read: {why}"))
}

impl Cell {
    /// From a column of SQLite.
    pub(super) fn of_sqlite(kind: Kind, value: ValueRef<'_>) -> Result<Self, EngineError> {
        if value == ValueRef::Null {
            return Ok(Self::Null);
        }
        let uuid = || Uuid::from_slice(value.as_blob().map_err(broken)?).map_err(broken);
        Ok(match kind {
            Kind::Uuid => Self::Uuid(uuid()?),
            Kind::Bucket => Self::Int(i64::from(ChannelId(uuid()?).bucket())),
            Kind::Text => Self::Text(value.as_str().map_err(broken)?.to_owned()),
            Kind::Bytes => Self::Bytes(value.as_blob().map_err(broken)?.to_vec()),
            Kind::Bool => Self::Bool(value.as_i64().map_err(broken)? != 0),
            Kind::Int2 | Kind::Int4 | Kind::Int8 => Self::Int(value.as_i64().map_err(broken)?),
        })
    }

    /// From a column of PostgreSQL.
    pub(super) fn of_postgres(kind: Kind, row: &tokio_postgres::Row, at: usize) -> Result<Self, EngineError> {
        let cell = match kind {
            Kind::Uuid => row.try_get::<_, Option<Uuid>>(at)?.map(Self::Uuid),
            Kind::Text => row.try_get::<_, Option<String>>(at)?.map(Self::Text),
            Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Self::Bytes),
            Kind::Bool => row.try_get::<_, Option<bool>>(at)?.map(Self::Bool),
            Kind::Bucket | Kind::Int2 => row.try_get::<_, Option<i16>>(at)?.map(|n| Self::Int(n.into())),
            Kind::Int4 => row.try_get::<_, Option<i32>>(at)?.map(|n| Self::Int(n.into())),
            Kind::Int8 => row.try_get::<_, Option<i64>>(at)?.map(Self::Int),
        };
        Ok(cell.unwrap_or(Self::Null))
    }

    /// Bytes it takes, about.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 16,
        }
    }

    /// Adds it to a checksum, so that no two rows of different values are the same bytes.
    pub(super) fn sum_into(&self, sum: &mut Xxh3) {
        let mut add = |tag: u8, bytes: &[u8]| {
            sum.update(&[tag]);
            sum.update(&(bytes.len() as u64).to_le_bytes());
            sum.update(bytes);
        };
        match self {
            Self::Null => add(0, &[]),
            Self::Uuid(id) => add(1, id.as_bytes()),
            Self::Text(text) => add(2, text.as_bytes()),
            Self::Bytes(bytes) => add(3, bytes),
            Self::Bool(yes) => add(4, &[u8::from(*yes)]),
            Self::Int(number) => add(5, &number.to_le_bytes()),
        }
    }
}

impl ToSql for Cell {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Uuid(id) => id.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
            Self::Bool(yes) => yes.to_sql(ty, out),
            Self::Int(number) => match *ty {
                Type::INT2 => i16::try_from(*number)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
                _ => number.to_sql(ty, out),
            },
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A place in a table of the source, as text for `meta`: its parts as `i5`, `b00ff` or `t616e61`, with commas between.
pub(super) fn key_to_text(key: &[Value]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let part = |value: &Value| match value {
        Value::Integer(number) => format!("i{number}"),
        Value::Blob(bytes) => format!("b{}", hex(bytes)),
        Value::Text(text) => format!("t{}", hex(text.as_bytes())),
        Value::Null | Value::Real(_) => unreachable!("no key has NULL or a fraction in it"),
    };
    key.iter().map(part).collect::<Vec<_>>().join(",")
}

/// The place that [`key_to_text`] wrote down.
pub(super) fn key_of_text(text: &str) -> Result<Vec<Value>, EngineError> {
    let wrong = || EngineError::Damaged(format!("`{text}` is no place in a table"));
    let bytes = |hex: &str| -> Option<Vec<u8>> {
        let pair = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        (0..hex.len()).step_by(2).map(pair).collect()
    };
    let part = |part: &str| -> Option<Value> {
        let (tag, rest) = part.split_at_checked(1)?;
        match tag {
            "i" => rest.parse().ok().map(Value::Integer),
            "b" => bytes(rest).map(Value::Blob),
            "t" => String::from_utf8(bytes(rest)?).ok().map(Value::Text),
            _ => None,
        }
    };
    text.split(',').map(|text| part(text).ok_or_else(wrong)).collect()
}
