//! What only a log on a disk can show: restarts, damage, backups, a full disk, too much work.

use super::sqlite_rows::SqliteRows;
use crate::conformance::{Subject, World};
use crate::sqlite::{OpenOptions, Sqlite, SqliteLog, open};
use crate::{Append, ChannelLog as _, LogError, NewWork, commit_feed};
use klatch_engine::EngineError;
use klatch_engine::sqlite::{backup, check, restore};
use klatch_types::{Millis, SeededEntropy, Seq, limits};
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

async fn world_at(path: &Path) -> (World, SqliteLog, Sqlite) {
    let (sender, feed) = commit_feed();
    let (log, sqlite) = open(path, &OpenOptions::default(), sender).unwrap();
    let rows = Arc::new(SqliteRows(sqlite.clone()));
    let subject = Subject {
        log: Arc::new(log.clone()),
        rows,
        feed,
        keep: Box::new(()),
    };
    (World::new(subject).await, log, sqlite)
}

fn open_error(path: &Path) -> EngineError {
    match open(path, &OpenOptions::default(), commit_feed().0) {
        Err(LogError::Engine(error)) => error,
        other => panic!("opened, or refused otherwise: {other:?}"),
    }
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (world, log, sqlite) = world_at(&path).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let send = world.message(channel, ana, "kept");
    let first = world.append(send.clone()).await;
    let (before, epoch) = (world.all(channel).await, log.epoch().to_owned());
    sqlite.close().await;
    assert!(matches!(
        world.try_append(send.clone()).await,
        Err(LogError::Engine(EngineError::Closed))
    ));
    assert!(
        world.log.get(channel, Seq(1)).await.is_err(),
        "a closed database is not read"
    );
    assert!(
        !folder.path().join("log.db-wal").exists(),
        "the write-ahead log was folded in"
    );

    let (sender, mut feed) = commit_feed();
    let (log, sqlite) = open(&path, &OpenOptions::default(), sender).unwrap();
    assert_eq!(log.epoch(), epoch);
    let again = log.append_wait(send).await.unwrap();
    assert!(again.duplicate && again.seq == first.seq);
    let next = world.message(channel, ana, "next");
    let (done, answer) = tokio::sync::oneshot::channel();
    log.append(next, done);
    let committed = feed.recv().await.unwrap().pop().unwrap();
    assert_eq!((committed.receipt.prev, committed.event.seq), (first.seq, Seq(3)));
    drop((committed, answer));
    assert_eq!(log.get(channel, Seq(2)).await.unwrap().as_ref(), before.last());
    sqlite.close().await;
}

#[tokio::test]
async fn one_server_at_a_time_but_checks_meanwhile() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (world, _, sqlite) = world_at(&path).await;
    world.channel(&[world.user()]).await;
    assert!(matches!(open_error(&path), EngineError::Locked));
    let report = check(&path).unwrap();
    assert_eq!(
        (report.channels, report.events, report.epoch.as_str()),
        (1, 1, sqlite.epoch())
    );
}

#[tokio::test]
async fn a_newer_database_is_refused_untouched() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 9_999)
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(
        open_error(&path),
        EngineError::TooNew { found: 9_999, .. }
    ));
    assert!(matches!(check(&path), Err(EngineError::TooNew { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn an_older_database_is_brought_up_to_date_and_keeps_what_it_has() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (world, _, sqlite) = world_at(&path).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    sqlite.close().await;
    // As it was before there was late work.
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE work; DROP TABLE receipts_hidden; DROP TABLE rosters; DROP TABLE roster_groups;
             DROP TABLE roster_members; DROP TABLE roster_users; DROP TABLE roster_imports; DROP TABLE lobby;
             DROP TABLE presence_hidden; DROP TABLE admins; DROP TABLE audit; ALTER TABLE channels DROP COLUMN rules; PRAGMA user_version = 2",
        )
        .unwrap();
    drop(connection);
    let (world, _, sqlite) = world_at(&path).await;
    assert_eq!(world.all(channel).await.len(), 1);
    let with_work = Append {
        work: vec![NewWork {
            kind: 1,
            due_at: Millis(0),
            payload: Vec::new(),
        }],
        ..world.message(channel, ana, "after the upgrade")
    };
    world.append(with_work).await;
    assert_eq!(world.rows.work(channel).await.len(), 1);
    sqlite.close().await;
}

#[tokio::test]
async fn damage_is_noticed_at_start() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (world, _, sqlite) = world_at(&path).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    for _ in 0..200 {
        world
            .append(world.message(channel, ana, &"text ".repeat(40)))
            .await;
    }
    sqlite.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(open_error(&path), EngineError::Damaged(_)));
    assert!(matches!(check(&path), Err(EngineError::Damaged(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_one_state_and_restores_with_a_new_epoch() {
    let folder = tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (world, log, sqlite) = world_at(&file("log.db")).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let (started, begun) = tokio::sync::oneshot::channel();
    let paths = (file("log.db"), file("backup.db"));
    let copying = tokio::task::spawn_blocking(move || {
        begun.blocking_recv().unwrap();
        backup(&paths.0, &paths.1)
    });
    let mut started = Some(started);
    while !copying.is_finished() {
        world.append(world.message(channel, ana, "load")).await;
        if let Some(started) = started.take() {
            started.send(()).unwrap();
        }
    }
    copying.await.unwrap().unwrap();
    assert!(matches!(
        backup(&file("log.db"), &file("backup.db")),
        Err(EngineError::Exists)
    ));
    assert!(matches!(
        restore(&file("backup.db"), &file("log.db"), &SeededEntropy::new(5)),
        Err(EngineError::Locked)
    ));

    restore(&file("backup.db"), &file("restored.db"), &SeededEntropy::new(5)).unwrap();
    let again = restore(&file("backup.db"), &file("restored.db"), &SeededEntropy::new(6));
    assert!(matches!(again, Err(EngineError::Exists)));
    assert_eq!(check(&file("backup.db")).unwrap().epoch, log.epoch());
    let (restored, restored_log, _) = world_at(&file("restored.db")).await;
    assert_ne!(restored_log.epoch(), log.epoch());
    let (all, copied) = (world.all(channel).await, restored.all(channel).await);
    assert!(copied.len() >= 2, "it was not taken before the load");
    assert_eq!(copied, all[..copied.len()], "a prefix of the log");
    let head = restored_log.heads(&[channel]).await.unwrap()[0].unwrap();
    assert_eq!(head.seq.0, copied.len() as u64);
    sqlite.close().await;
    assert!(!file("backup.db.part").exists() && !file("restored.db.part").exists());
}

/// Lets the database grow by so many pages more, as if the disk had no more.
async fn pages_more(sqlite: &Sqlite, more: i64) {
    let limit = sqlite.write(move |transaction| {
        let pages: i64 = transaction.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        Ok(
            transaction.query_row(&format!("PRAGMA max_page_count = {}", pages + more), [], |_| {
                Ok(())
            })?,
        )
    });
    limit.await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    let folder = tempdir().unwrap();
    let (world, _, sqlite) = world_at(&folder.path().join("log.db")).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    pages_more(&sqlite, 3).await;
    let text = "x".repeat(2_000);
    let mut acked = 1;
    let message = || Append {
        work: vec![NewWork {
            kind: 1,
            due_at: Millis(0),
            payload: b"index it".to_vec(),
        }],
        ..world.message(channel, ana, &text)
    };
    let refused = loop {
        match world.try_append(message()).await {
            Ok(_) => acked += 1,
            Err(error) => break error,
        }
        assert!(acked < 100, "the limit holds");
    };
    assert!(
        matches!(refused, LogError::Engine(EngineError::StorageFull)),
        "{refused:?}"
    );
    assert_eq!(
        world.all(channel).await.len(),
        acked,
        "reads go on, and what was acked is there"
    );
    assert_eq!(
        world.rows.work(channel).await.len(),
        acked - 1,
        "work of what was rolled back is none"
    );
    pages_more(&sqlite, 1_000).await;
    assert_eq!(world.append(message()).await.seq, Seq(acked as u64 + 1));
    assert_eq!(world.rows.work(channel).await.len(), acked);
    sqlite.close().await;
    check(&folder.path().join("log.db")).unwrap();
}

#[tokio::test]
async fn too_much_waiting_is_shed_at_once_and_the_rest_is_kept() {
    let folder = tempdir().unwrap();
    let (world, log, sqlite) = world_at(&folder.path().join("log.db")).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    // The writer is held inside a transaction until everything was queued.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (held, is_held) = tokio::sync::oneshot::channel();
    let hold = tokio::spawn(async move {
        let hold = sqlite.write(move |_| {
            held.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        });
        hold.await
    });
    is_held.await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..limits::APPEND_QUEUE_MAX + 10 {
        let (done, answer) = tokio::sync::oneshot::channel();
        log.append(world.message(channel, ana, "m"), done);
        answers.push(answer);
    }
    let shed = answers.split_off(limits::APPEND_QUEUE_MAX - 1);
    for answer in shed {
        let refused = answer.await.unwrap();
        assert!(
            matches!(refused, Err(LogError::Engine(EngineError::Overloaded))),
            "answered before any commit"
        );
    }
    release.send(()).unwrap();
    hold.await.unwrap().unwrap();
    for (seq, answer) in (2..).zip(answers) {
        assert_eq!(answer.await.unwrap().unwrap().seq, Seq(seq));
    }
}

#[tokio::test]
async fn a_write_that_fails_or_panics_takes_only_itself_back() {
    let folder = tempdir().unwrap();
    let (world, _, sqlite) = world_at(&folder.path().join("log.db")).await;
    let channel = world.channel(&[world.user()]).await;
    let insert = "INSERT INTO meta VALUES (?1, '')";
    let fails = sqlite.write(move |transaction| {
        transaction.execute(insert, ["half"])?;
        Err::<(), _>(EngineError::Exists)
    });
    let panics = sqlite.write(move |transaction| -> Result<(), EngineError> {
        transaction.execute(insert, ["half"])?;
        panic!("planted")
    });
    let works = sqlite.write(move |transaction| Ok(transaction.execute(insert, ["whole"])?));
    let appends = world.try_append(world.message(channel, world.user(), "beside"));
    let (failed, panicked, worked, appended) = tokio::join!(fails, panics, works, appends);
    assert!(matches!(failed, Err(EngineError::Exists)));
    assert!(matches!(panicked, Err(EngineError::Other(_))));
    assert_eq!((worked.unwrap(), appended.unwrap().seq), (1, Seq(2)));
    let again = sqlite
        .write(move |transaction| Ok(transaction.execute(insert, ["whole"])?))
        .await;
    assert!(
        matches!(again, Err(EngineError::Exists)),
        "a unique key is told apart"
    );
    let kept = sqlite.read(|connection| {
        let sql = "SELECT count(*) FROM meta WHERE key IN ('half', 'whole')";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(kept.await.unwrap(), 1);
    let read: Result<(), _> = sqlite.read(|_| panic!("planted")).await;
    assert!(matches!(read, Err(EngineError::Other(_))));
    assert!(sqlite.read(|_| Ok(())).await.is_ok(), "the connection came back");
}

#[tokio::test]
async fn after_a_disk_failure_the_writer_stops_for_good_and_says_so() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (world, _, sqlite) = world_at(&path).await;
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    // What an I/O error looks like to the writer, whoever met it.
    let ioerr = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
    let fails = sqlite.write(move |transaction| {
        transaction.execute("INSERT INTO meta VALUES ('torn', '')", [])?;
        Err::<(), _>(rusqlite::Error::SqliteFailure(ioerr, None).into())
    });
    assert!(matches!(fails.await, Err(EngineError::Closed)));
    assert!(matches!(sqlite.failed().await, EngineError::Closed));
    let refused = world.try_append(world.message(channel, ana, "late")).await;
    assert!(matches!(refused, Err(LogError::Engine(EngineError::Closed))));
    assert!(matches!(sqlite.write(|_| Ok(())).await, Err(EngineError::Closed)));
    assert_eq!(
        world.all(channel).await.len(),
        1,
        "reads go on until the process ends"
    );
    sqlite.close().await;

    let (again, _, sqlite) = world_at(&path).await;
    assert_eq!(
        again.append(again.message(channel, ana, "after")).await.seq,
        Seq(2)
    );
    sqlite.close().await;
    check(&path).unwrap();
}
