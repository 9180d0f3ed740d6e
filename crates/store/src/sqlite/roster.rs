//! Rosters.

use super::SqliteDirectory;
use super::query::{all, execute, exists, one};
use super::user;
use crate::{Rosters, StoreError};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::row::{CircleRow, RosterGroupRow, RosterImportRow, RosterMemberRow, RosterPlace, UserRow};
use klatch_engine::sqlite::{code, coded, id, int, millis, opt_millis, uint};
use klatch_types::{ChannelId, IssuerId, Millis, SpaceId, UserId};
use rusqlite::{Connection, Row, params};

/// Members who are to be removed, longest due first.
pub(super) const DUE: &str = "SELECT m.space, m.channel, m.user, m.username, m.role, m.place, m.due_at
    FROM roster_members m WHERE m.due_at <= ?1 ORDER BY m.due_at LIMIT ?2";

/// Everyone in the nearest channels of rosters that a user is in.
pub(super) const CIRCLE: &str = "WITH near AS MATERIALIZED (
      SELECT m.channel AS no, c.id AS id, g.kind AS kind, c.members AS members
        FROM members m CROSS JOIN channels c ON c.no = m.channel CROSS JOIN roster_groups g ON g.channel = c.id
       WHERE m.user = ?1 AND c.archived_at IS NULL AND c.members <= ?2
       ORDER BY g.kind DESC, c.members, c.id LIMIT ?3)
    SELECT n.id, n.kind, o.user FROM near n CROSS JOIN members o ON o.channel = n.no
     WHERE o.user <> ?1 ORDER BY n.kind DESC, n.members, n.id, o.user";

const HOLD: &str = "INSERT INTO rosters (space, holder, held_until) VALUES (?1, ?2, ?4)
    ON CONFLICT (space) DO UPDATE SET holder = ?2, held_until = ?4
      WHERE holder IS NULL OR holder = ?2 OR held_until <= ?3";

const LINK: &str = "UPDATE users SET issuer = ?3, subject = ?4
    WHERE space = ?1 AND username = ?2 AND kind = 1 AND issuer IS NULL AND password_hash IS NULL
      AND id IN (SELECT user FROM roster_users) RETURNING id";
const _: () = assert!(klatch_types::UserKind::Person as u8 == 1);

fn member(row: &Row<'_>, at: usize) -> rusqlite::Result<RosterMemberRow> {
    Ok(RosterMemberRow {
        channel: id(row, at)?,
        user: id(row, at + 1)?,
        username: row.get(at + 2)?,
        role: coded(row, at + 3)?,
        place: coded(row, at + 4)?,
        due_at: opt_millis(row, at + 5)?,
    })
}

fn add_user(db: &Connection, new: &UserRow) -> Result<(), EngineError> {
    let taken = "SELECT 1 FROM users WHERE space = ?1 AND username = ?2";
    if exists(db, taken, params![new.space.as_bytes(), new.username])? {
        return Ok(());
    }
    user::add(db, new)?;
    let note = "INSERT INTO roster_users (user, space) VALUES (?1, ?2)";
    execute(db, note, params![new.id.as_bytes(), new.space.as_bytes()])?;
    Ok(())
}

fn put_group(db: &Connection, space: SpaceId, row: &RosterGroupRow) -> Result<(), EngineError> {
    let sql =
        "INSERT INTO roster_groups (space, source, kind, channel, name, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (space, source) DO UPDATE SET kind = ?3, channel = ?4, name = ?5, gone = ?6";
    let values = params![
        space.as_bytes(),
        row.source,
        code(row.kind.code()),
        row.channel.as_bytes(),
        row.name,
        row.gone
    ];
    execute(db, sql, values)?;
    Ok(())
}

fn put_member(db: &Connection, space: SpaceId, row: &RosterMemberRow) -> Result<(), EngineError> {
    let sql = "INSERT INTO roster_members (space, channel, user, username, role, place, due_at)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (space, channel, user) DO UPDATE SET role = ?5, place = ?6, due_at = ?7";
    let values = params![
        space.as_bytes(),
        row.channel.as_bytes(),
        row.user.as_bytes(),
        row.username,
        code(row.role.code()),
        code(row.place.code()),
        row.due_at.map(|at| at.0)
    ];
    execute(db, sql, values)?;
    Ok(())
}

fn import(row: &Row<'_>, space: SpaceId) -> rusqlite::Result<RosterImportRow> {
    Ok(RosterImportRow {
        space,
        no: uint(row, 0)?,
        at: millis(row, 1)?,
        by: id(row, 2)?,
        kind: coded(row, 3)?,
        state: coded(row, 4)?,
        counts: row.get(5)?,
    })
}

#[async_trait]
impl Rosters for SqliteDirectory {
    async fn roster_settings(&self, space: SpaceId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT settings FROM rosters WHERE space = ?1";
        let read = self
            .db
            .read(move |db| one(db, sql, [space.as_bytes()], |row| row.get(0)));
        Ok(read.await?.flatten())
    }

    async fn roster_settings_put(&self, space: SpaceId, settings: &str) -> Result<(), StoreError> {
        let settings = settings.to_owned();
        let sql = "INSERT INTO rosters (space, settings, held_until) VALUES (?1, ?2, 0)
            ON CONFLICT (space) DO UPDATE SET settings = ?2";
        self.add(move |db| execute(db, sql, params![space.as_bytes(), settings]).map(drop))
            .await
    }

    async fn roster_hold(
        &self,
        space: SpaceId,
        holder: i64,
        now: Millis,
        until: Millis,
    ) -> Result<bool, StoreError> {
        let held = self.db.write(move |db| {
            let values = params![space.as_bytes(), holder, now.0, until.0];
            Ok(execute(db, HOLD, values)? > 0)
        });
        Ok(held.await?)
    }

    async fn roster_release(&self, space: SpaceId, holder: i64) -> Result<(), StoreError> {
        let sql = "UPDATE rosters SET holder = NULL WHERE space = ?1 AND holder = ?2";
        self.add(move |db| execute(db, sql, params![space.as_bytes(), holder]).map(drop))
            .await
    }

    async fn roster_is_held(&self, space: SpaceId, now: Millis) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM rosters WHERE space = ?1 AND holder IS NOT NULL AND held_until > ?2";
        let held = self
            .db
            .read(move |db| exists(db, sql, params![space.as_bytes(), now.0]));
        Ok(held.await?)
    }

    async fn roster_users_add(&self, users: Vec<UserRow>) -> Result<(), StoreError> {
        self.add(move |db| users.iter().try_for_each(|user| add_user(db, user)))
            .await
    }

    async fn roster_user_link(
        &self,
        space: SpaceId,
        username: &str,
        issuer: IssuerId,
        subject: &str,
    ) -> Result<Option<UserId>, StoreError> {
        let (username, subject) = (username.to_owned(), subject.to_owned());
        let linked = self.db.write(move |db| {
            let values = params![space.as_bytes(), username, issuer.as_bytes(), subject];
            let found = "SELECT 1 FROM users WHERE issuer = ?1 AND subject = ?2";
            if exists(db, found, params![issuer.as_bytes(), subject])? {
                return Err(EngineError::Exists);
            }
            one(db, LINK, values, |row| id(row, 0))
        });
        Ok(linked.await?)
    }

    async fn roster_groups(&self, space: SpaceId) -> Result<Vec<RosterGroupRow>, StoreError> {
        let sql =
            "SELECT source, kind, channel, name, gone FROM roster_groups WHERE space = ?1 ORDER BY source";
        let read = self.db.read(move |db| {
            all(db, sql, [space.as_bytes()], |row| {
                Ok(RosterGroupRow {
                    source: row.get(0)?,
                    kind: coded(row, 1)?,
                    channel: id(row, 2)?,
                    name: row.get(3)?,
                    gone: row.get(4)?,
                })
            })
        });
        Ok(read.await?)
    }

    async fn roster_groups_put(&self, space: SpaceId, rows: Vec<RosterGroupRow>) -> Result<(), StoreError> {
        self.add(move |db| rows.iter().try_for_each(|row| put_group(db, space, row)))
            .await
    }

    async fn roster_members(&self, space: SpaceId) -> Result<Vec<RosterMemberRow>, StoreError> {
        let sql = "SELECT channel, user, username, role, place, due_at FROM roster_members
            WHERE space = ?1 ORDER BY channel, user";
        let read = self
            .db
            .read(move |db| all(db, sql, [space.as_bytes()], |row| member(row, 0)));
        Ok(read.await?)
    }

    async fn roster_members_put(&self, space: SpaceId, rows: Vec<RosterMemberRow>) -> Result<(), StoreError> {
        self.add(move |db| rows.iter().try_for_each(|row| put_member(db, space, row)))
            .await
    }

    async fn roster_members_forget(
        &self,
        space: SpaceId,
        members: Vec<(ChannelId, UserId)>,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM roster_members WHERE space = ?1 AND channel = ?2 AND user = ?3";
        self.add(move |db| {
            members.iter().try_for_each(|(channel, user)| {
                let values = params![space.as_bytes(), channel.as_bytes(), user.as_bytes()];
                execute(db, sql, values).map(drop)
            })
        })
        .await
    }

    async fn roster_members_due(
        &self,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<(SpaceId, RosterMemberRow)>, StoreError> {
        let read = self.db.read(move |db| {
            all(db, DUE, params![now.0, limit], |row| {
                Ok((id(row, 0)?, member(row, 1)?))
            })
        });
        Ok(read.await?)
    }

    async fn roster_import_add(&self, import: RosterImportRow, body: Vec<u8>) -> Result<(), StoreError> {
        let sql = "INSERT INTO roster_imports (space, no, at, by, kind, state, counts, body)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.add(move |db| {
            let values = params![
                import.space.as_bytes(),
                int(import.no),
                import.at.0,
                import.by.as_bytes(),
                code(import.kind.code()),
                code(import.state.code()),
                import.counts,
                body
            ];
            execute(db, sql, values).map(drop)
        })
        .await
    }

    async fn roster_import_update(&self, import: RosterImportRow) -> Result<(), StoreError> {
        let sql = "UPDATE roster_imports SET state = ?3, counts = ?4 WHERE space = ?1 AND no = ?2";
        self.change(move |db| {
            let state = code(import.state.code());
            let values = params![import.space.as_bytes(), int(import.no), state, import.counts];
            Ok(execute(db, sql, values)? > 0)
        })
        .await
    }

    async fn roster_imports(&self, space: SpaceId, limit: u32) -> Result<Vec<RosterImportRow>, StoreError> {
        let sql = "SELECT no, at, by, kind, state, counts FROM roster_imports
            WHERE space = ?1 ORDER BY no DESC LIMIT ?2";
        let read = self.db.read(move |db| {
            all(db, sql, params![space.as_bytes(), limit], |row| {
                import(row, space)
            })
        });
        Ok(read.await?)
    }

    async fn roster_body(&self, space: SpaceId, no: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM roster_imports WHERE space = ?1 AND no = ?2";
        let read = self
            .db
            .read(move |db| one(db, sql, params![space.as_bytes(), int(no)], |row| row.get(0)));
        Ok(read.await?.flatten())
    }

    async fn roster_bodies_forget(&self, space: SpaceId, below: u64) -> Result<(), StoreError> {
        let sql = "UPDATE roster_imports SET body = NULL WHERE space = ?1 AND no < ?2 AND body IS NOT NULL";
        self.add(move |db| execute(db, sql, params![space.as_bytes(), int(below)]).map(drop))
            .await
    }

    async fn circle(
        &self,
        user: UserId,
        members_max: u32,
        channels_max: u32,
    ) -> Result<Vec<CircleRow>, StoreError> {
        let read = self.db.read(move |db| {
            let values = params![user.as_bytes(), members_max, channels_max];
            all(db, CIRCLE, values, |row| {
                Ok(CircleRow {
                    channel: id(row, 0)?,
                    kind: coded(row, 1)?,
                    user: id(row, 2)?,
                })
            })
        });
        Ok(read.await?)
    }
}

const _: () = assert!(RosterPlace::Out as u8 == 3); // only these have `due_at`
