//! Invitations.

use super::query::{all, execute, one};
use klatch_engine::EngineError;
use klatch_engine::row::InviteRow;
use klatch_engine::sqlite::{channel_no, code as number, coded, id, millis, opt_millis};
use klatch_types::{ChannelId, InviteId, Millis};
use rusqlite::{Connection, Row, params};
use std::sync::LazyLock;

const COLUMNS: &str = "i.id, c.id, i.code, i.role, i.by, i.created_at, i.expires_at, i.uses_max, i.uses, \
    i.revoked_at";

/// The live invitations of a channel.
pub(super) static OF_CHANNEL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM channels c JOIN invites i ON i.channel = c.no
           WHERE c.id = ?1 AND i.revoked_at IS NULL AND i.expires_at > ?2 ORDER BY i.created_at, i.id"
    )
});

fn row(row: &Row<'_>) -> rusqlite::Result<InviteRow> {
    Ok(InviteRow {
        id: id(row, 0)?,
        channel: id(row, 1)?,
        code: row.get(2)?,
        role: coded(row, 3)?,
        by: id(row, 4)?,
        created_at: millis(row, 5)?,
        expires_at: millis(row, 6)?,
        uses_max: row.get(7)?,
        uses: row.get(8)?,
        revoked_at: opt_millis(row, 9)?,
    })
}

pub(super) fn add(db: &Connection, invite: &InviteRow) -> Result<bool, EngineError> {
    let Some(no) = channel_no(db, invite.channel)? else {
        return Ok(false);
    };
    let values = params![
        invite.id.as_bytes(),
        no,
        invite.code,
        number(invite.role.code()),
        invite.by.as_bytes(),
        invite.created_at.0,
        invite.expires_at.0,
        invite.uses_max,
        invite.uses,
        invite.revoked_at.map(|at| at.0),
    ];
    let sql = "INSERT INTO invites (id, channel, code, role, by, created_at, expires_at, uses_max, uses, revoked_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    execute(db, sql, values)?;
    Ok(true)
}

pub(super) fn by_code(db: &Connection, code: &str) -> Result<Option<InviteRow>, EngineError> {
    let sql =
        format!("SELECT {COLUMNS} FROM invites i JOIN channels c ON c.no = i.channel WHERE i.code = ?1");
    one(db, &sql, [code], row)
}

pub(super) fn of_channel(
    db: &Connection,
    channel: ChannelId,
    now: Millis,
) -> Result<Vec<InviteRow>, EngineError> {
    all(db, &OF_CHANNEL, params![channel.as_bytes(), now.0], row)
}

pub(super) fn revoke(
    db: &Connection,
    channel: ChannelId,
    invite: InviteId,
    at: Millis,
) -> Result<bool, EngineError> {
    let sql = "UPDATE invites SET revoked_at = ifnull(revoked_at, ?3)
               WHERE id = ?1 AND channel = (SELECT no FROM channels WHERE id = ?2)";
    Ok(execute(db, sql, params![invite.as_bytes(), channel.as_bytes(), at.0])? > 0)
}
