//! Directories beside their logs.

use crate::conformance::{Deed, EDIT, Subject, Writer};
use crate::memory::MemoryDirectory;
use crate::postgres::PostgresDirectory;
use crate::sqlite::SqliteDirectory;
use async_trait::async_trait;
use klatch_engine::memory::SharedTables;
use klatch_engine::postgres::{Postgres, PostgresOptions, Spread};
use klatch_log::memory::MemoryLog;
use klatch_log::postgres::{PostgresLog, PostgresLogOptions};
use klatch_log::sqlite::{OpenOptions, Sqlite, open};
use klatch_log::{Append, Change, ChannelLog, Expect, NewChannel, NewWork, commit_feed, digest};
use klatch_testkit::engines::Postgres as Server;
use klatch_types::{ChannelId, InviteId, Millis, Role, SeededEntropy, Seq, UserId};
use std::sync::Arc;

const MESSAGE: u8 = 1;
const DELETION: u8 = 3;
const OTHER: u8 = 9;

/// A log through the suite's narrow door. Nobody listens to its feed, so it answers by itself.
struct ThroughLog<L>(L);

pub(super) async fn memory() -> Subject {
    let tables = SharedTables::default();
    let (feed, _) = commit_feed();
    let log = MemoryLog::new(Arc::clone(&tables), feed, &SeededEntropy::new(1));
    let directory = Arc::new(MemoryDirectory::new(tables));
    Subject {
        directory: directory.clone(),
        work: directory,
        writer: Arc::new(ThroughLog(log)),
        keep: Box::new(()),
    }
}

pub(super) async fn sqlite() -> Subject {
    with_database().0
}

/// A directory in a new database, and the database.
pub(super) fn with_database() -> (Subject, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let (feed, _) = commit_feed();
    let (log, db) = open(&folder.path().join("klatch.db"), &OpenOptions::default(), feed).unwrap();
    let directory = Arc::new(SqliteDirectory::new(db.clone()));
    let subject = Subject {
        directory: directory.clone(),
        work: directory,
        writer: Arc::new(ThroughLog(log)),
        keep: Box::new(folder),
    };
    (subject, db)
}

pub(super) async fn postgres_whole() -> Subject {
    with_postgres(Spread::Whole).await.0
}

pub(super) async fn postgres_by_bucket() -> Subject {
    with_postgres(Spread::ByBucket).await.0
}

/// The URL of a new database of the server that the tests of this process share.
pub(super) async fn new_database() -> String {
    let made = || Server::shared()?.database();
    tokio::task::spawn_blocking(made).await.unwrap().unwrap()
}

/// A directory in a new database of the server that the tests of this process share, and the database.
pub(super) async fn with_postgres(spread: Spread) -> (Subject, Postgres) {
    let url = new_database().await;
    let options = PostgresOptions {
        spread,
        // Many databases share one server.
        connections: 6,
        ..PostgresOptions::new(url)
    };
    let db = Postgres::open(options, &SeededEntropy::new(1)).await.unwrap();
    let (feed, _) = commit_feed();
    let log = PostgresLog::start(db.clone(), PostgresLogOptions::default(), feed);
    let directory = Arc::new(PostgresDirectory::new(db.clone()));
    let subject = Subject {
        directory: directory.clone(),
        work: directory,
        writer: Arc::new(ThroughLog(log)),
        keep: Box::new(()),
    };
    (subject, db)
}

#[async_trait]
impl<L: ChannelLog> Writer for ThroughLog<L> {
    async fn write(&self, channel: ChannelId, actor: UserId, at: Millis, deed: Deed) -> Seq {
        let append = append(channel, actor, at, deed);
        self.0.append_wait(append).await.unwrap().seq
    }

    async fn tombstone(&self, channel: ChannelId, seq: Seq) {
        self.0.tombstone(channel, seq).await.unwrap();
    }
}

fn append(channel: ChannelId, actor: UserId, at: Millis, deed: Deed) -> Append {
    let mut append = Append {
        channel,
        actor,
        key: None,
        at,
        kind: OTHER,
        message: false,
        target: None,
        payload: Vec::new(),
        digest: 0,
        expect: Expect::Exists,
        changes: Vec::new(),
        work: Vec::new(),
    };
    match deed {
        make @ Deed::Make { .. } => {
            append.expect = Expect::New;
            append.changes = creation(make);
        }
        Deed::Post {
            text,
            mentions,
            everyone,
        } => {
            append.kind = MESSAGE;
            append.message = true;
            append.payload = text.into_bytes();
            if !mentions.is_empty() {
                append.changes.push(Change::Mention { users: mentions });
            }
            if everyone {
                append.changes.push(Change::MentionAll);
            }
        }
        Deed::Edit { target, text } => {
            append.kind = EDIT;
            append.target = Some(target);
            append.payload = text.into_bytes();
        }
        Deed::React { target } => append.target = Some(target),
        Deed::Delete { target } => {
            append.kind = DELETION;
            append.target = Some(target);
            append.changes = vec![Change::Erase {
                target,
                edit_kind: EDIT,
            }];
        }
        Deed::Join {
            user,
            sees_history,
            invite,
        } => append.changes = vec![join(user, sees_history, invite)],
        Deed::Leave { user } => append.changes = vec![Change::MemberRemove { user }],
        Deed::Ban(ban) => append.changes = vec![Change::BanPut(ban)],
        Deed::Archive => append.changes = vec![Change::Archive],
        Deed::Work(kind, due_at, payload) => {
            append.work = vec![NewWork {
                kind,
                due_at,
                payload,
            }]
        }
    }
    append.digest = digest(append.kind, append.target, &append.payload);
    append
}

/// The changes that make a channel.
fn creation(deed: Deed) -> Vec<Change> {
    let Deed::Make {
        space,
        kind,
        visibility,
        name,
        pair,
        members,
    } = deed
    else {
        unreachable!("asked of nothing else")
    };
    let new = NewChannel {
        space,
        kind,
        visibility,
        name,
        topic: None,
        pair,
    };
    let joins = members.into_iter().map(|user| join(user, true, None));
    std::iter::once(Change::Create(new)).chain(joins).collect()
}

fn join(user: UserId, sees_history: bool, invite: Option<InviteId>) -> Change {
    Change::MemberPut {
        user,
        role: Role::Member,
        sees_history,
        invite,
    }
}
