//! Administration.

use super::SqliteDirectory;
use super::query::{all, execute, exists, one};
use super::user;
use crate::{Administration, StoreError};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::row::{AdminRow, AuditRow, ChannelRow, UserOverviewRow};
use klatch_engine::sqlite::{CHANNEL_COLUMNS, channel_row, code, coded, id, millis, opt_id, uint};
use klatch_types::{AdminScope, AuditId, ChannelId, SpaceId, UserId, limits};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

/// `lower` and `instr` know the letter case of ASCII alone, and no pattern.
const USERS: &str = "u.space = ?1 AND u.username > ?2
    AND (instr(lower(u.username), lower(?3)) > 0 OR instr(lower(u.name), lower(?3)) > 0)
    ORDER BY u.username LIMIT ?4";

const CHANNELS: &str = "c.space = ?1 AND c.id > ?2 AND instr(lower(coalesce(c.name, '')), lower(?3)) > 0
    ORDER BY c.id LIMIT ?4";

const AUDIT: &str = "SELECT a.id, a.space, a.at, a.actor, a.act, a.target, a.detail FROM audit a
    WHERE a.space = ?1 AND (?2 IS NULL OR a.id < ?2) ORDER BY a.id DESC LIMIT ?3";

fn line(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        id: id(row, 0)?,
        space: id(row, 1)?,
        at: millis(row, 2)?,
        actor: opt_id(row, 3)?,
        act: coded(row, 4)?,
        target: row.get::<_, Option<[u8; 16]>>(5)?.map(Uuid::from_bytes),
        detail: row.get(6)?,
    })
}

fn add(db: &Connection, line: &AuditRow) -> Result<(), EngineError> {
    let values = params![
        line.id.as_bytes(),
        line.space.as_bytes(),
        line.at.0,
        line.actor.as_ref().map(|actor| actor.as_bytes()),
        code(line.act.code()),
        line.target.as_ref().map(|target| target.as_bytes()),
        line.detail,
    ];
    let sql =
        "INSERT INTO audit (id, space, at, actor, act, target, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    execute(db, sql, values)?;
    Ok(())
}

fn set(db: &Connection, user: UserId, scope: Option<AdminScope>) -> Result<bool, EngineError> {
    if !exists(db, "SELECT 1 FROM users WHERE id = ?1", [user.as_bytes()])? {
        return Ok(false);
    }
    match scope {
        Some(scope) => {
            let sql = "INSERT INTO admins (user, scope) VALUES (?1, ?2)
                ON CONFLICT (user) DO UPDATE SET scope = ?2";
            execute(db, sql, params![user.as_bytes(), code(scope.code())])?;
        }
        None => {
            execute(db, "DELETE FROM admins WHERE user = ?1", [user.as_bytes()])?;
        }
    }
    Ok(true)
}

fn of_user(db: &Connection, user: UserId) -> Result<Option<AdminScope>, EngineError> {
    let sql = "SELECT scope FROM admins WHERE user = ?1";
    one(db, sql, [user.as_bytes()], |row| coded(row, 0))
}

fn users(
    db: &Connection,
    space: SpaceId,
    part: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<UserOverviewRow>, EngineError> {
    let sql = format!("SELECT {} FROM users u WHERE {USERS}", user::COLUMNS);
    let found = all(db, &sql, params![space.as_bytes(), after, part, limit], |row| {
        user::row(row, 0)
    })?;
    let devices = "SELECT count(*) FROM devices WHERE user = ?1 AND revoked_at IS NULL";
    let overview = found.into_iter().map(|user| {
        let count = one(db, devices, [user.id.as_bytes()], |row| uint(row, 0))?;
        Ok(UserOverviewRow {
            admin: of_user(db, user.id)?,
            devices: count.unwrap_or_default(),
            user,
        })
    });
    overview.collect()
}

#[async_trait]
impl Administration for SqliteDirectory {
    async fn admin_set(&self, user: UserId, scope: Option<AdminScope>) -> Result<(), StoreError> {
        self.change(move |db| set(db, user, scope)).await
    }

    async fn admin(&self, user: UserId) -> Result<Option<AdminScope>, StoreError> {
        Ok(self.db.read(move |db| of_user(db, user)).await?)
    }

    async fn admins(&self, space: Option<SpaceId>) -> Result<Vec<AdminRow>, StoreError> {
        let sql = "SELECT a.user, a.scope FROM admins a CROSS JOIN users u ON u.id = a.user
            WHERE ?1 IS NULL OR u.space = ?1 ORDER BY a.user LIMIT ?2";
        let read = self.db.read(move |db| {
            let space = space.as_ref().map(|space| space.as_bytes());
            all(db, sql, params![space, limits::ADMINS_MAX], |row| {
                Ok(AdminRow {
                    user: id(row, 0)?,
                    scope: coded(row, 1)?,
                })
            })
        });
        Ok(read.await?)
    }

    async fn audit_add(&self, line: AuditRow) -> Result<(), StoreError> {
        self.add(move |db| add(db, &line)).await
    }

    async fn audit_of(
        &self,
        space: SpaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let read = self.db.read(move |db| {
            let before = before.as_ref().map(|before| before.as_bytes());
            all(db, AUDIT, params![space.as_bytes(), before, limit], line)
        });
        Ok(read.await?)
    }

    async fn users_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserOverviewRow>, StoreError> {
        let (part, after) = (part.to_owned(), after.to_owned());
        let read = self.db.read(move |db| users(db, space, &part, &after, limit));
        Ok(read.await?)
    }

    async fn channels_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: Option<ChannelId>,
        limit: u32,
    ) -> Result<Vec<ChannelRow>, StoreError> {
        let part = part.to_owned();
        let read = self.db.read(move |db| {
            let sql = format!("SELECT {CHANNEL_COLUMNS} FROM channels c WHERE {CHANNELS}");
            // The empty blob comes before every id.
            let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
            all(db, &sql, params![space.as_bytes(), after, part, limit], |row| {
                channel_row(row, 0)
            })
        });
        Ok(read.await?)
    }
}
