//! The tables in PostgreSQL, as the suite sees them.

use crate::commit_feed;
use crate::conformance::{Rows, Subject};
use crate::postgres::{PostgresLog, PostgresLogOptions};
use async_trait::async_trait;
use klatch_engine::postgres::{
    CHANNEL_COLUMNS, MEMBER_COLUMNS, Postgres, PostgresOptions, Spread, channel_row, id, member_row, millis,
    seq, small,
};
use klatch_engine::row::{BanRow, ChannelRow, InviteRow, MemberRow, WorkId, WorkRow};
use klatch_types::{ChannelId, InviteId, SeededEntropy, SpaceId, UserId};
use std::sync::Arc;

pub(super) struct PostgresRows(pub(super) Postgres);

/// Refuses a transaction that writes rows of two buckets.
const ONE_BUCKET_ONLY: &str = r"
    CREATE FUNCTION one_bucket_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      before text := coalesce(current_setting('klatch.bucket', true), '');
      now text := coalesce(to_jsonb(NEW), to_jsonb(OLD))->>'bucket';
    BEGIN
      IF before <> '' AND before <> now THEN
        RAISE EXCEPTION 'a transaction writes in the buckets % and %', before, now;
      END IF;
      PERFORM set_config('klatch.bucket', now, true);
      RETURN NULL;
    END $$;
    DO $$ DECLARE name text; BEGIN
      FOREACH name IN ARRAY ARRAY['channels', 'events', 'members', 'bans', 'mentions', 'broadcasts', 'invites', 'work'] LOOP
        EXECUTE format('CREATE TRIGGER one_bucket_only AFTER INSERT OR UPDATE OR DELETE ON %I
          FOR EACH ROW EXECUTE FUNCTION one_bucket_only()', name);
      END LOOP;
    END $$;";

/// An empty database.
pub(super) async fn database(spread: Spread) -> (Postgres, String) {
    let url = tokio::task::spawn_blocking(|| klatch_testkit::engines::Postgres::shared()?.database())
        .await
        .unwrap()
        .unwrap();
    let postgres = opened(&url, spread).await;
    if spread == Spread::ByBucket {
        let client = postgres.client().await.unwrap();
        client.batch_execute(ONE_BUCKET_ONLY).await.unwrap();
    }
    (postgres, url)
}

pub(super) async fn opened(url: &str, spread: Spread) -> Postgres {
    let options = PostgresOptions {
        spread,
        connections: 4,
        ..PostgresOptions::new(url)
    };
    Postgres::open(options, &SeededEntropy::new(1)).await.unwrap()
}

pub(super) async fn whole() -> Subject {
    let (postgres, _) = database(Spread::Whole).await;
    subject(postgres)
}

pub(super) async fn by_bucket() -> Subject {
    let (postgres, _) = database(Spread::ByBucket).await;
    subject(postgres)
}

/// One database for many stories, emptied before each.
pub(super) async fn emptied(spread: Spread) -> Subject {
    static URLS: [tokio::sync::OnceCell<String>; 2] = [const { tokio::sync::OnceCell::const_new() }; 2];
    let url = URLS[usize::from(spread == Spread::ByBucket)].get_or_init(async || database(spread).await.1);
    let postgres = opened(url.await, spread).await;
    let empty = "TRUNCATE channels, events, members, bans, mentions, broadcasts, invites, work, spaces";
    postgres.execute(empty, &[]).await.unwrap();
    subject(postgres)
}

pub(super) fn subject(postgres: Postgres) -> Subject {
    let (sender, feed) = commit_feed();
    Subject {
        log: Arc::new(PostgresLog::start(
            postgres.clone(),
            PostgresLogOptions::default(),
            sender,
        )),
        rows: Arc::new(PostgresRows(postgres)),
        feed,
        keep: Box::new(()),
    }
}

#[async_trait]
impl Rows for PostgresRows {
    async fn add_space(&self, space: SpaceId) {
        let sql = "INSERT INTO spaces VALUES ($1, $2, 'Space', '{}', '[]', 0) ON CONFLICT DO NOTHING";
        self.0
            .execute(sql, &[&space.0, &space.to_string()])
            .await
            .unwrap();
    }

    async fn add_invite(&self, invite: InviteRow) {
        let sql = "INSERT INTO invites (bucket, role, id, channel, code, by, created_at, expires_at, uses_max, uses)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
        let uses_max = invite.uses_max.map(|max| i32::try_from(max).unwrap());
        self.0
            .execute(
                sql,
                &[
                    &invite.channel.bucket(),
                    &small(invite.role.code()),
                    &invite.id.0,
                    &invite.channel.0,
                    &invite.code,
                    &invite.by.0,
                    &invite.created_at.0,
                    &invite.expires_at.0,
                    &uses_max,
                ],
            )
            .await
            .unwrap();
    }

    async fn invite_uses(&self, invite: InviteId) -> u32 {
        let sql = "SELECT uses FROM invites WHERE id = $1";
        let row = self.0.query_opt(sql, &[&invite.0]).await.unwrap().unwrap();
        u32::try_from(row.get::<_, i32>(0)).unwrap()
    }

    async fn channel(&self, channel: ChannelId) -> ChannelRow {
        let sql = format!("SELECT {CHANNEL_COLUMNS} FROM channels c WHERE c.id = $1");
        let row = self.0.query_opt(&sql, &[&channel.0]).await.unwrap().unwrap();
        channel_row(&row, 0).unwrap()
    }

    async fn member(&self, channel: ChannelId, user: UserId) -> Option<MemberRow> {
        let sql = format!("SELECT {MEMBER_COLUMNS} FROM members m WHERE m.channel = $1 AND m.user_id = $2");
        let row = self.0.query_opt(&sql, &[&channel.0, &user.0]).await.unwrap();
        row.map(|row| member_row(&row, 0).unwrap())
    }

    async fn bans(&self, channel: ChannelId) -> Vec<BanRow> {
        let sql = "SELECT user_id, by, at, until, reason FROM bans WHERE channel = $1 ORDER BY user_id";
        let ban = |row: &tokio_postgres::Row| BanRow {
            user: id(row, 0).unwrap(),
            by: id(row, 1).unwrap(),
            at: millis(row, 2).unwrap(),
            until: millis(row, 3).unwrap(),
            reason: row.get(4),
        };
        let rows = self.0.query(sql, &[&channel.0]).await.unwrap();
        rows.iter().map(ban).collect()
    }

    async fn work(&self, channel: ChannelId) -> Vec<WorkRow> {
        let sql = "SELECT seq, place, kind, attempts, due_at, payload FROM work WHERE channel = $1 ORDER BY seq, place";
        let work = |row: &tokio_postgres::Row| WorkRow {
            id: WorkId {
                channel,
                seq: seq(row, 0).unwrap(),
                place: u8::try_from(row.get::<_, i16>(1)).unwrap(),
            },
            kind: u8::try_from(row.get::<_, i16>(2)).unwrap(),
            attempts: u32::try_from(row.get::<_, i32>(3)).unwrap(),
            due_at: millis(row, 4).unwrap(),
            payload: row.get(5),
        };
        let rows = self.0.query(sql, &[&channel.0]).await.unwrap();
        rows.iter().map(work).collect()
    }
}
