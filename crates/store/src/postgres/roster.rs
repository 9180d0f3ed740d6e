//! Rosters. Their tables are of spaces and not distributed; many rows are written with one statement over arrays.

use super::PostgresDirectory;
use super::query::{all, one, page, storable};
use crate::{Rosters, StoreError};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, coded, id, int, millis, opt_millis, small, uint};
use klatch_engine::row::{CircleRow, RosterGroupRow, RosterImportRow, RosterMemberRow, UserRow};
use klatch_types::{ChannelId, IssuerId, Millis, RosterKind, SpaceId, UserId};
use std::cmp::Reverse;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Members who are to be removed, longest due first.
pub(super) const DUE: &str = "SELECT m.space, m.channel, m.user_id, m.username, m.role, m.place, m.due_at
    FROM roster_members m WHERE m.due_at <= $1 ORDER BY m.due_at LIMIT $2";

const HOLD: &str = "INSERT INTO rosters (space, holder, held_until) VALUES ($1, $2, $4)
    ON CONFLICT (space) DO UPDATE SET holder = $2, held_until = $4
      WHERE rosters.holder IS NULL OR rosters.holder = $2 OR rosters.held_until <= $3";

/// The username is unique: those who come twice are passed over, and not noted as made.
const ADD_USERS: &str = "WITH made AS (
      INSERT INTO users (id, space, username, name, kind, created_at)
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::bigint[])
      ON CONFLICT (space, username) DO NOTHING RETURNING id, space)
    INSERT INTO roster_users (user_id, space) SELECT id, space FROM made";

const LINK: &str = "UPDATE users SET issuer = $3, subject = $4
    WHERE space = $1 AND username = $2 AND kind = 1 AND issuer IS NULL AND password_hash IS NULL
      AND EXISTS (SELECT 1 FROM roster_users r WHERE r.user_id = users.id) RETURNING id";

const PUT_GROUPS: &str = "INSERT INTO roster_groups (space, source, kind, channel, name, gone)
    SELECT $1, * FROM unnest($2::text[], $3::smallint[], $4::uuid[], $5::text[], $6::boolean[])
    ON CONFLICT (space, source) DO UPDATE
      SET kind = excluded.kind, channel = excluded.channel, name = excluded.name, gone = excluded.gone";

const PUT_MEMBERS: &str =
    "INSERT INTO roster_members (space, channel, user_id, username, role, place, due_at)
    SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::smallint[], $7::bigint[])
    ON CONFLICT (space, channel, user_id) DO UPDATE
      SET role = excluded.role, place = excluded.place, due_at = excluded.due_at";

const FORGET_MEMBERS: &str = "DELETE FROM roster_members m
    USING unnest($2::uuid[], $3::uuid[]) AS gone (channel, user_id)
    WHERE m.space = $1 AND m.channel = gone.channel AND m.user_id = gone.user_id";

/// The channels that a user is in, in all buckets, without those that are closed or too large.
pub(super) const MINE: &str = "SELECT c.id, c.members FROM members m
    JOIN channels c ON c.bucket = m.bucket AND c.id = m.channel
    WHERE m.user_id = $1 AND c.kind = 4 AND c.archived_at IS NULL AND c.members <= $2";
const _: () = assert!(klatch_types::ChannelKind::Course as u8 == 4);

/// Who is in some channels.
pub(super) const WITH_ME: &str = "SELECT m.channel, m.user_id FROM members m
    WHERE m.bucket = ANY($1) AND m.channel = ANY($2) AND m.user_id <> $3 ORDER BY m.user_id";

fn member(row: &Row, at: usize) -> Result<RosterMemberRow, EngineError> {
    Ok(RosterMemberRow {
        channel: id(row, at)?,
        user: id(row, at + 1)?,
        username: row.try_get(at + 2)?,
        role: coded(row, at + 3)?,
        place: coded(row, at + 4)?,
        due_at: opt_millis(row, at + 5)?,
    })
}

fn group(row: &Row) -> Result<RosterGroupRow, EngineError> {
    Ok(RosterGroupRow {
        source: row.try_get(0)?,
        kind: coded(row, 1)?,
        channel: id(row, 2)?,
        name: row.try_get(3)?,
        gone: row.try_get(4)?,
    })
}

/// The nearest channels of rosters that a user is in: classes first, then the smaller ones first.
async fn near(
    db: &Postgres,
    user: UserId,
    members_max: u32,
    channels_max: u32,
) -> Result<Vec<(RosterKind, ChannelId)>, EngineError> {
    let members_max = i32::try_from(members_max).unwrap_or(i32::MAX);
    let mine = all(&db.query(MINE, &[&user.0, &members_max]).await?, |row| {
        Ok((id::<ChannelId>(row, 0)?, row.try_get::<_, i32>(1)?))
    })?;
    let ids: Vec<Uuid> = mine.iter().map(|(channel, _)| channel.0).collect();
    let sql = "SELECT channel, kind FROM roster_groups WHERE channel = ANY($1)";
    let kinds: HashMap<ChannelId, RosterKind> = all(&db.query(sql, &[&ids]).await?, |row| {
        Ok((id(row, 0)?, coded(row, 1)?))
    })?
    .into_iter()
    .collect();
    let mut near: Vec<_> = mine
        .into_iter()
        .filter_map(|(channel, members)| Some((Reverse(*kinds.get(&channel)?), members, channel)))
        .collect();
    near.sort_unstable();
    near.truncate(usize::try_from(channels_max).unwrap_or(usize::MAX));
    Ok(near
        .into_iter()
        .map(|(kind, _, channel)| (kind.0, channel))
        .collect())
}

#[async_trait]
impl Rosters for PostgresDirectory {
    async fn roster_settings(&self, space: SpaceId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT settings FROM rosters WHERE space = $1";
        let found = one(self.db.query_opt(sql, &[&space.0]).await?, |row| {
            Ok(row.try_get(0)?)
        })?;
        Ok(found.flatten())
    }

    async fn roster_settings_put(&self, space: SpaceId, settings: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO rosters (space, settings, held_until) VALUES ($1, $2, 0)
            ON CONFLICT (space) DO UPDATE SET settings = $2";
        self.db.execute(sql, &[&space.0, &settings]).await?;
        Ok(())
    }

    async fn roster_hold(
        &self,
        space: SpaceId,
        holder: i64,
        now: Millis,
        until: Millis,
    ) -> Result<bool, StoreError> {
        let held = self
            .db
            .execute(HOLD, &[&space.0, &holder, &now.0, &until.0])
            .await?;
        Ok(held > 0)
    }

    async fn roster_release(&self, space: SpaceId, holder: i64) -> Result<(), StoreError> {
        let sql = "UPDATE rosters SET holder = NULL WHERE space = $1 AND holder = $2";
        self.db.execute(sql, &[&space.0, &holder]).await?;
        Ok(())
    }

    async fn roster_is_held(&self, space: SpaceId, now: Millis) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM rosters WHERE space = $1 AND holder IS NOT NULL AND held_until > $2";
        Ok(self.db.query_opt(sql, &[&space.0, &now.0]).await?.is_some())
    }

    async fn roster_users_add(&self, users: Vec<UserRow>) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = users.iter().map(|user| user.id.0).collect();
        let spaces: Vec<Uuid> = users.iter().map(|user| user.space.0).collect();
        let usernames: Vec<&str> = users.iter().map(|user| user.username.as_str()).collect();
        let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
        let kinds: Vec<i16> = users.iter().map(|user| small(user.kind.code())).collect();
        let made: Vec<i64> = users.iter().map(|user| user.created_at.0).collect();
        self.db
            .execute(ADD_USERS, &[&ids, &spaces, &usernames, &names, &kinds, &made])
            .await?;
        Ok(())
    }

    async fn roster_user_link(
        &self,
        space: SpaceId,
        username: &str,
        issuer: IssuerId,
        subject: &str,
    ) -> Result<Option<UserId>, StoreError> {
        if !storable(subject) || !storable(username) {
            return Ok(None);
        }
        let taken = "SELECT 1 FROM users WHERE issuer = $1 AND subject = $2";
        if self.db.query_opt(taken, &[&issuer.0, &subject]).await?.is_some() {
            return Err(StoreError::Exists);
        }
        let linked = self
            .db
            .write_returning(LINK, &[&space.0, &username, &issuer.0, &subject])
            .await?;
        Ok(one(linked.into_iter().next(), |row| id(row, 0))?)
    }

    async fn roster_groups(&self, space: SpaceId) -> Result<Vec<RosterGroupRow>, StoreError> {
        let sql =
            "SELECT source, kind, channel, name, gone FROM roster_groups WHERE space = $1 ORDER BY source";
        Ok(all(&self.db.query(sql, &[&space.0]).await?, group)?)
    }

    async fn roster_groups_put(&self, space: SpaceId, rows: Vec<RosterGroupRow>) -> Result<(), StoreError> {
        let sources: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
        let kinds: Vec<i16> = rows.iter().map(|row| small(row.kind.code())).collect();
        let channels: Vec<Uuid> = rows.iter().map(|row| row.channel.0).collect();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let gone: Vec<bool> = rows.iter().map(|row| row.gone).collect();
        self.db
            .execute(
                PUT_GROUPS,
                &[&space.0, &sources, &kinds, &channels, &names, &gone],
            )
            .await?;
        Ok(())
    }

    async fn roster_members(&self, space: SpaceId) -> Result<Vec<RosterMemberRow>, StoreError> {
        let sql = "SELECT channel, user_id, username, role, place, due_at FROM roster_members
            WHERE space = $1 ORDER BY channel, user_id";
        Ok(all(&self.db.query(sql, &[&space.0]).await?, |row| {
            member(row, 0)
        })?)
    }

    async fn roster_members_put(&self, space: SpaceId, rows: Vec<RosterMemberRow>) -> Result<(), StoreError> {
        let channels: Vec<Uuid> = rows.iter().map(|row| row.channel.0).collect();
        let users: Vec<Uuid> = rows.iter().map(|row| row.user.0).collect();
        let usernames: Vec<&str> = rows.iter().map(|row| row.username.as_str()).collect();
        let roles: Vec<i16> = rows.iter().map(|row| small(row.role.code())).collect();
        let places: Vec<i16> = rows.iter().map(|row| small(row.place.code())).collect();
        let due: Vec<Option<i64>> = rows.iter().map(|row| row.due_at.map(|at| at.0)).collect();
        let values: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
            &[&space.0, &channels, &users, &usernames, &roles, &places, &due];
        self.db.execute(PUT_MEMBERS, values).await?;
        Ok(())
    }

    async fn roster_members_forget(
        &self,
        space: SpaceId,
        members: Vec<(ChannelId, UserId)>,
    ) -> Result<(), StoreError> {
        let (channels, users): (Vec<Uuid>, Vec<Uuid>) =
            members.iter().map(|(channel, user)| (channel.0, user.0)).unzip();
        self.db
            .execute(FORGET_MEMBERS, &[&space.0, &channels, &users])
            .await?;
        Ok(())
    }

    async fn roster_members_due(
        &self,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<(SpaceId, RosterMemberRow)>, StoreError> {
        let rows = self.db.query(DUE, &[&now.0, &page(limit)]).await?;
        Ok(all(&rows, |row| Ok((id(row, 0)?, member(row, 1)?)))?)
    }

    async fn roster_import_add(&self, import: RosterImportRow, body: Vec<u8>) -> Result<(), StoreError> {
        let sql = "INSERT INTO roster_imports (space, no, at, by, kind, state, counts, body)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let (kind, state) = (small(import.kind.code()), small(import.state.code()));
        let (space, no, by) = (import.space.0, int(import.no), import.by.0);
        self.db
            .execute(
                sql,
                &[
                    &space,
                    &no,
                    &import.at.0,
                    &by,
                    &kind,
                    &state,
                    &import.counts,
                    &body,
                ],
            )
            .await?;
        Ok(())
    }

    async fn roster_import_update(&self, import: RosterImportRow) -> Result<(), StoreError> {
        let sql = "UPDATE roster_imports SET state = $3, counts = $4 WHERE space = $1 AND no = $2";
        let (no, state) = (int(import.no), small(import.state.code()));
        let written = self
            .db
            .execute(sql, &[&import.space.0, &no, &state, &import.counts])
            .await?;
        super::there(written > 0)
    }

    async fn roster_imports(&self, space: SpaceId, limit: u32) -> Result<Vec<RosterImportRow>, StoreError> {
        let sql = "SELECT no, at, by, kind, state, counts FROM roster_imports
            WHERE space = $1 ORDER BY no DESC LIMIT $2";
        let rows = self.db.query(sql, &[&space.0, &page(limit)]).await?;
        Ok(all(&rows, |row| {
            Ok(RosterImportRow {
                space,
                no: uint(row, 0)?,
                at: millis(row, 1)?,
                by: id(row, 2)?,
                kind: coded(row, 3)?,
                state: coded(row, 4)?,
                counts: row.try_get(5)?,
            })
        })?)
    }

    async fn roster_body(&self, space: SpaceId, no: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM roster_imports WHERE space = $1 AND no = $2";
        let found = self.db.query_opt(sql, &[&space.0, &int(no)]).await?;
        Ok(one(found, |row| Ok(row.try_get(0)?))?.flatten())
    }

    async fn roster_bodies_forget(&self, space: SpaceId, below: u64) -> Result<(), StoreError> {
        let sql = "UPDATE roster_imports SET body = NULL WHERE space = $1 AND no < $2 AND body IS NOT NULL";
        self.db.execute(sql, &[&space.0, &int(below)]).await?;
        Ok(())
    }

    async fn circle(
        &self,
        user: UserId,
        members_max: u32,
        channels_max: u32,
    ) -> Result<Vec<CircleRow>, StoreError> {
        let near = near(&self.db, user, members_max, channels_max).await?;
        let mut buckets: Vec<i16> = near.iter().map(|(_, channel)| channel.bucket()).collect();
        buckets.sort_unstable();
        buckets.dedup();
        let ids: Vec<Uuid> = near.iter().map(|(_, channel)| channel.0).collect();
        let rows = self.db.query(WITH_ME, &[&buckets, &ids, &user.0]).await?;
        let mut people: HashMap<ChannelId, Vec<UserId>> = HashMap::new();
        for row in &rows {
            people.entry(id(row, 0)?).or_default().push(id(row, 1)?);
        }
        let mut circle = Vec::with_capacity(rows.len());
        for (kind, channel) in near {
            let others = people.remove(&channel).unwrap_or_default();
            circle.extend(others.into_iter().map(|user| CircleRow { channel, kind, user }));
        }
        Ok(circle)
    }
}
