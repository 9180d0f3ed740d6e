//! Administration. Its tables are of people and spaces and not distributed; what is told of accounts is asked table by
//! table, because devices stand on one node and accounts on all.

use super::PostgresDirectory;
use super::query::{all, one, page, storable};
use super::user;
use crate::{Administration, StoreError};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::postgres::{CHANNEL_COLUMNS, channel_row, coded, id, millis, opt_id, small, uint};
use klatch_engine::row::{AdminRow, AuditRow, ChannelRow, UserOverviewRow};
use klatch_types::{AdminScope, AuditId, ChannelId, SpaceId, UserId, limits};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// In the collation `C`, `lower` knows the letter case of ASCII alone; `position` knows no pattern.
const USERS: &str = "u.space = $1 AND u.username > $2
    AND (position(lower($3::text COLLATE \"C\") IN lower(u.username COLLATE \"C\")) > 0
      OR position(lower($3::text COLLATE \"C\") IN lower(u.name COLLATE \"C\")) > 0)
    ORDER BY u.username LIMIT $4";

/// Asks all buckets.
const CHANNELS: &str = "c.space = $1 AND c.id > $2
    AND position(lower($3::text COLLATE \"C\") IN lower(coalesce(c.name, '') COLLATE \"C\")) > 0
    ORDER BY c.id LIMIT $4";

const AUDIT: &str = "SELECT a.id, a.space, a.at, a.actor, a.act, a.target, a.detail FROM audit a
    WHERE a.space = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3";

const ADMINS: &str = "SELECT a.user_id, a.scope FROM admins a JOIN users u ON u.id = a.user_id
    WHERE $1::uuid IS NULL OR u.space = $1 ORDER BY a.user_id LIMIT $2";

fn line(row: &Row) -> Result<AuditRow, EngineError> {
    Ok(AuditRow {
        id: id(row, 0)?,
        space: id(row, 1)?,
        at: millis(row, 2)?,
        actor: opt_id(row, 3)?,
        act: coded(row, 4)?,
        target: row.try_get(5)?,
        detail: row.try_get(6)?,
    })
}

impl PostgresDirectory {
    /// What some users administer.
    async fn scopes(&self, users: &[Uuid]) -> Result<HashMap<UserId, AdminScope>, StoreError> {
        let sql = "SELECT a.user_id, a.scope FROM admins a WHERE a.user_id = ANY($1)";
        let rows = self.db.query(sql, &[&users]).await?;
        Ok(all(&rows, |row| Ok((id(row, 0)?, coded(row, 1)?)))?
            .into_iter()
            .collect())
    }

    /// On how many devices some users are signed in.
    async fn device_counts(&self, users: &[Uuid]) -> Result<HashMap<UserId, u64>, StoreError> {
        let sql = "SELECT d.user_id, count(*) FROM devices d
            WHERE d.user_id = ANY($1) AND d.revoked_at IS NULL GROUP BY d.user_id";
        let rows = self.db.query(sql, &[&users]).await?;
        Ok(all(&rows, |row| Ok((id(row, 0)?, uint(row, 1)?)))?
            .into_iter()
            .collect())
    }
}

#[async_trait]
impl Administration for PostgresDirectory {
    async fn admin_set(&self, user: UserId, scope: Option<AdminScope>) -> Result<(), StoreError> {
        if !user::is_there(&self.db, user).await? {
            return Err(StoreError::NotFound);
        }
        match scope {
            Some(scope) => {
                let sql = "INSERT INTO admins (user_id, scope) VALUES ($1, $2)
                    ON CONFLICT (user_id) DO UPDATE SET scope = excluded.scope";
                self.db.execute(sql, &[&user.0, &small(scope.code())]).await?;
            }
            None => {
                let sql = "DELETE FROM admins WHERE user_id = $1";
                self.db.execute(sql, &[&user.0]).await?;
            }
        }
        Ok(())
    }

    async fn admin(&self, user: UserId) -> Result<Option<AdminScope>, StoreError> {
        let sql = "SELECT scope FROM admins WHERE user_id = $1";
        let found = self.db.query_opt(sql, &[&user.0]).await?;
        Ok(one(found, |row| coded(row, 0))?)
    }

    async fn admins(&self, space: Option<SpaceId>) -> Result<Vec<AdminRow>, StoreError> {
        let space = space.map(|space| space.0);
        let rows = self
            .db
            .query(ADMINS, &[&space, &page(limits::ADMINS_MAX)])
            .await?;
        Ok(all(&rows, |row| {
            Ok(AdminRow {
                user: id(row, 0)?,
                scope: coded(row, 1)?,
            })
        })?)
    }

    async fn audit_add(&self, line: AuditRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO audit (id, space, at, actor, act, target, detail)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (actor, act) = (line.actor.map(|actor| actor.0), small(line.act.code()));
        let values: klatch_engine::postgres::Params<'_> = &[
            &line.id.0,
            &line.space.0,
            &line.at.0,
            &actor,
            &act,
            &line.target,
            &line.detail,
        ];
        self.db.execute(sql, values).await?;
        Ok(())
    }

    async fn audit_of(
        &self,
        space: SpaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let before = before.map_or(Uuid::max(), |before| before.0);
        let rows = self.db.query(AUDIT, &[&space.0, &before, &page(limit)]).await?;
        Ok(all(&rows, line)?)
    }

    async fn users_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserOverviewRow>, StoreError> {
        if !storable(part) || !storable(after) {
            return Ok(Vec::new());
        }
        let sql = format!("SELECT {} FROM users u WHERE {USERS}", user::COLUMNS);
        let rows = self
            .db
            .query(&sql, &[&space.0, &after, &part, &page(limit)])
            .await?;
        let users = all(&rows, |row| user::row(row, 0))?;
        let ids: Vec<Uuid> = users.iter().map(|user| user.id.0).collect();
        let (scopes, devices) = (self.scopes(&ids).await?, self.device_counts(&ids).await?);
        Ok(users
            .into_iter()
            .map(|user| UserOverviewRow {
                admin: scopes.get(&user.id).copied(),
                devices: devices.get(&user.id).copied().unwrap_or_default(),
                user,
            })
            .collect())
    }

    async fn channels_overview(
        &self,
        space: SpaceId,
        part: &str,
        after: Option<ChannelId>,
        limit: u32,
    ) -> Result<Vec<ChannelRow>, StoreError> {
        if !storable(part) {
            return Ok(Vec::new());
        }
        let sql = format!("SELECT {CHANNEL_COLUMNS} FROM channels c WHERE {CHANNELS}");
        let after = after.map_or(Uuid::nil(), |after| after.0);
        let rows = self
            .db
            .query(&sql, &[&space.0, &after, &part, &page(limit)])
            .await?;
        Ok(all(&rows, |row| channel_row(row, 0))?)
    }
}
