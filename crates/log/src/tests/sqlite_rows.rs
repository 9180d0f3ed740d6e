//! The tables in SQLite, as the suite sees them.

use crate::commit_feed;
use crate::conformance::{Rows, Subject};
use crate::sqlite::{OpenOptions, Sqlite, open};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::row::{BanRow, ChannelRow, InviteRow, MemberRow, WorkId, WorkRow};
use klatch_engine::sqlite::{
    CHANNEL_COLUMNS, MEMBER_COLUMNS, channel_no, channel_row, code, id, member_row, millis, seq,
};
use klatch_types::{ChannelId, InviteId, SpaceId, UserId};
use rusqlite::{OptionalExtension as _, params};
use std::sync::Arc;

pub(super) struct SqliteRows(pub(super) Sqlite);

pub(super) async fn subject() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let (sender, feed) = commit_feed();
    let (log, sqlite) = open(&folder.path().join("log.db"), &OpenOptions::default(), sender).unwrap();
    Subject {
        log: Arc::new(log),
        rows: Arc::new(SqliteRows(sqlite)),
        feed,
        keep: Box::new(folder),
    }
}

#[async_trait]
impl Rows for SqliteRows {
    async fn add_space(&self, space: SpaceId) {
        let insert = self.0.write(move |transaction| {
            let sql = "INSERT OR IGNORE INTO spaces VALUES (?1, hex(?1), 'Space', '{}', '[]', 0)";
            Ok(transaction.execute(sql, [space.as_bytes()])?)
        });
        insert.await.unwrap();
    }

    async fn add_invite(&self, invite: InviteRow) {
        let insert = self.0.write(move |transaction| {
            let no = channel_no(transaction, invite.channel)?;
            let sql = "INSERT INTO invites VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)";
            let (by, created_at, expires_at) =
                (invite.by.as_bytes(), invite.created_at.0, invite.expires_at.0);
            let role = code(invite.role.code());
            let values = params![
                invite.id.as_bytes(),
                no,
                invite.code,
                role,
                by,
                created_at,
                expires_at,
                invite.uses_max,
                invite.uses
            ];
            Ok(transaction.execute(sql, values)?)
        });
        insert.await.unwrap();
    }

    async fn invite_uses(&self, invite: InviteId) -> u32 {
        let sql = "SELECT uses FROM invites WHERE id = ?1";
        let uses = move |connection: &rusqlite::Connection| {
            Ok(connection.query_row(sql, [invite.as_bytes()], |row| row.get(0))?)
        };
        self.0.read(uses).await.unwrap()
    }

    async fn channel(&self, channel: ChannelId) -> ChannelRow {
        let row = self.0.read(move |connection| {
            let sql = format!("SELECT {CHANNEL_COLUMNS} FROM channels c WHERE c.id = ?1");
            Ok(connection.query_row(&sql, [channel.as_bytes()], |row| channel_row(row, 0))?)
        });
        row.await.unwrap()
    }

    async fn member(&self, channel: ChannelId, user: UserId) -> Option<MemberRow> {
        let row = self.0.read(move |connection| {
            let no = channel_no(connection, channel)?.ok_or(EngineError::Exists)?;
            let sql = format!("SELECT {MEMBER_COLUMNS} FROM members m WHERE m.channel = ?1 AND m.user = ?2");
            Ok(connection
                .query_row(&sql, params![no, user.as_bytes()], |row| member_row(row, 0))
                .optional()?)
        });
        row.await.unwrap()
    }

    async fn bans(&self, channel: ChannelId) -> Vec<BanRow> {
        let rows = self.0.read(move |connection| {
            let no = channel_no(connection, channel)?;
            let mut query = connection
                .prepare("SELECT user, by, at, until, reason FROM bans WHERE channel = ?1 ORDER BY user")?;
            let rows = query.query_map([no], |row| {
                Ok(BanRow {
                    user: id(row, 0)?,
                    by: id(row, 1)?,
                    at: millis(row, 2)?,
                    until: millis(row, 3)?,
                    reason: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        rows.await.unwrap()
    }

    async fn work(&self, channel: ChannelId) -> Vec<WorkRow> {
        let rows = self.0.read(move |connection| {
            let no = channel_no(connection, channel)?;
            let mut query = connection.prepare(
                "SELECT seq, place, kind, attempts, due_at, payload FROM work WHERE channel = ?1 ORDER BY seq, place",
            )?;
            let rows = query.query_map([no], |row| {
                Ok(WorkRow {
                    id: WorkId {
                        channel,
                        seq: seq(row, 0)?,
                        place: row.get(1)?,
                    },
                    kind: row.get(2)?,
                    attempts: row.get(3)?,
                    due_at: millis(row, 4)?,
                    payload: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        rows.await.unwrap()
    }
}
