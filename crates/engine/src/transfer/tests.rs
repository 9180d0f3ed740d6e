//! Copies between real databases.

use super::source::NoAppends;
use super::*;
use crate::postgres::{Distribution, PostgresOptions, Spread, check, distribute, new_epoch};
use crate::sqlite::{OpenOptions, Sqlite};
use klatch_testkit::engines::Postgres as Server;
use klatch_types::{ChannelId, SystemEntropy};
use std::path::{Path, PathBuf};

/// More than one piece of events.
const EVENTS: i64 = 9_000;

fn fresh() -> PostgresOptions {
    PostgresOptions::new(Server::shared().unwrap().database().unwrap())
}

async fn opened(options: &PostgresOptions) -> Postgres {
    Postgres::open(options.clone(), &SystemEntropy).await.unwrap()
}

/// A database with a row in every table, and three channels, of which one has many events.
async fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("klatch.db");
    let (sqlite, _) = Sqlite::open(&path, NoAppends, &OpenOptions::default()).unwrap();
    sqlite
        .write(|c| {
            c.execute_batch(
                "INSERT INTO spaces VALUES (x'00000000000000000000000000000001', 'uni', 'Uni 🎓', '{}', '[]', 5);
                 INSERT INTO users VALUES (x'00000000000000000000000000000002', x'00000000000000000000000000000001',
                   'ana', 'Ana', 1, NULL, NULL, 'hash', 6, NULL);
                 INSERT INTO devices VALUES (x'00000000000000000000000000000003', x'00000000000000000000000000000002',
                   'phone', 7, 8, NULL);
                 INSERT INTO refresh_tokens VALUES (x'aabb', x'00000000000000000000000000000003', 9, NULL);
                 INSERT INTO api_keys VALUES (x'00000000000000000000000000000004', x'00000000000000000000000000000001',
                   x'00000000000000000000000000000002', 'key', x'cc', 10, 11);
                 INSERT INTO issuers VALUES (x'00000000000000000000000000000005', x'00000000000000000000000000000001',
                   'https://i', NULL, x'00ff', NULL, 'HS256', '{}', 12);
                 INSERT INTO signing_keys VALUES ('k-1', x'0102', 13);
                 INSERT INTO receipts_hidden SELECT id FROM users;
                 INSERT INTO presence_hidden SELECT id FROM users;
                 INSERT INTO admins SELECT id, 2 FROM users;
                 INSERT INTO audit VALUES (x'0000000000000000000000000000000a', x'00000000000000000000000000000001', 19,
                   NULL, 7, x'00000000000000000000000000000002', 'server');
                 INSERT INTO chores VALUES ('sweep', 14);
                 INSERT INTO rosters VALUES (x'00000000000000000000000000000001', '{}', NULL, 0);
                 INSERT INTO roster_groups VALUES (x'00000000000000000000000000000001', 'class:1', 3,
                   x'00000000000000000000000000000007', 'Class · 1', 0);
                 INSERT INTO roster_members VALUES (x'00000000000000000000000000000001',
                   x'00000000000000000000000000000007', x'00000000000000000000000000000002', 'ana', 1, 3, 17);
                 INSERT INTO roster_users VALUES (x'00000000000000000000000000000002',
                   x'00000000000000000000000000000001');
                 INSERT INTO roster_imports VALUES (x'00000000000000000000000000000001', 1, 18,
                   x'00000000000000000000000000000002', 1, 2, '{}', x'0908');",
            )?;
            for no in 1..=3_u128 {
                let id = *ChannelId(uuid::Uuid::from_u128(no * 77)).as_bytes();
                let n = if no == 2 { EVENTS } else { 3 };
                c.execute(
                    "INSERT INTO channels VALUES (?1, ?2, x'00000000000000000000000000000001', 2, 1, 'c', NULL, NULL,
                       NULL, 1, NULL, ?3, ?3, 1, 1, 1, 5, ?3, '{}')",
                    rusqlite::params![no as i64, id, n],
                )?;
                c.execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                     INSERT INTO events SELECT ?1, i, i, 100 + i, x'00000000000000000000000000000002',
                       CASE WHEN i % 3 > 0 THEN randomblob(16) END, 1, 1, CASE WHEN i % 5 = 0 THEN 1 END,
                       -i * 1234567890123, i % 7 = 0, CASE WHEN i % 7 = 0 THEN x'' ELSE randomblob(40) END FROM n",
                    rusqlite::params![no as i64, n],
                )?;
                c.execute(
                    "INSERT INTO members VALUES (?1, x'00000000000000000000000000000002', 1, 1, 0, NULL, 3, 3, 1, 3, 1, 1)",
                    [no as i64],
                )?;
                c.execute("INSERT INTO mentions VALUES (?1, x'00000000000000000000000000000002', 2, 1)", [no as i64])?;
                c.execute("INSERT INTO broadcasts VALUES (?1, 3, 1)", [no as i64])?;
            }
            c.execute_batch(
                "INSERT INTO bans VALUES (3, x'00000000000000000000000000000009', x'00000000000000000000000000000002', 1,
                   9223372036854775807, NULL);
                 INSERT INTO lobby VALUES (3, x'00000000000000000000000000000009', 2, NULL, 7);
                 INSERT INTO invites VALUES (x'00000000000000000000000000000006', 1, 'CODE', 1,
                   x'00000000000000000000000000000002', 1, 2, NULL, 0, NULL);
                 INSERT INTO work VALUES (1, 2, 0, 1, 3, 15, x'0708'), (2, 9, 1, 1, 0, 16, x'');",
            )?;
            Ok(())
        })
        .await
        .unwrap();
    sqlite.close().await;
    path
}

#[tokio::test]
async fn everything_arrives_and_a_second_run_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::open(&filled(folder.path()).await).unwrap();
    let options = fresh();
    let target = opened(&options).await;
    let mut verified = 0;
    let outcome = to_postgres(&source, &target, &mut |progress| {
        verified += u32::from(matches!(progress, Progress::Verified(_)));
    })
    .await
    .unwrap();
    let Outcome::Moved(reports) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(verified as usize, tables::TABLES.len());
    let events = reports.iter().find(|report| report.table == "events").unwrap();
    assert_eq!((events.rows, events.channels), (EVENTS as u64 + 6, 3));
    assert!(reports.iter().all(|report| report.rows > 0), "{reports:?}");
    let again = to_postgres(&source, &target, &mut |_| {}).await.unwrap();
    assert_eq!(again, Outcome::DoneBefore);
    assert_eq!(unfinished(&target).await.unwrap(), None);
    let reopened = opened(&options).await;
    assert_eq!(reopened.epoch(), source.epoch());
    let report = check(&reopened).await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    assert_eq!((report.channels, report.events), (3, EVENTS as u64 + 6));
    source.close().await;
}

#[tokio::test]
async fn a_copy_that_is_ended_anywhere_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = filled(folder.path()).await;
    let options = fresh();
    let mut seen = 0;
    // Each small table is a piece with its rows and one that says that there are no more.
    let events = tables::TABLES.iter().position(|table| table.name == "events");
    let before = 2 * events.unwrap();
    for pieces in [1, before - 3, 2, 2, 1] {
        let source = Source::open(&path).unwrap();
        let target = opened(&options).await;
        let (end, mut ended) = tokio::sync::mpsc::unbounded_channel();
        let mut told = 0;
        let mut tell = |progress| {
            if let Progress::Copied { table: "events", .. } = progress {
                seen += 1;
            }
            told += 1;
            if told == pieces {
                end.send(()).ok();
            }
        };
        tokio::select! {
            biased;
            _ = ended.recv() => {}
            outcome = to_postgres(&source, &target, &mut tell) => panic!("it was not ended: {outcome:?}"),
        }
        source.close().await;
        assert!(unfinished(&opened(&options).await).await.unwrap().is_some());
    }
    let source = Source::open(&path).unwrap();
    let target = opened(&options).await;
    let outcome = to_postgres(&source, &target, &mut |_| {}).await.unwrap();
    assert!(matches!(outcome, Outcome::Moved(_)));
    assert!(seen > 1, "it was ended among the events too");
    source.close().await;
}

#[tokio::test]
async fn a_target_that_is_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::open(&filled(folder.path()).await).unwrap();
    let options = fresh();
    let target = opened(&options).await;
    target
        .execute("INSERT INTO signing_keys VALUES ('k', 'x', 1)", &[])
        .await
        .unwrap();
    let refused = to_postgres(&source, &target, &mut |_| {}).await.unwrap_err();
    assert!(
        matches!(&refused, TransferError::Occupied(what) if what.contains("signing_keys")),
        "{refused}"
    );
    assert_eq!(unfinished(&target).await.unwrap(), None);
    source.close().await;
}

#[tokio::test]
async fn a_copy_that_differs_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::open(&filled(folder.path()).await).unwrap();
    let damages = [
        "UPDATE events SET digest = digest + 1 WHERE seq = 2 AND channel IN (SELECT channel FROM events WHERE seq = 5)",
        "DELETE FROM events WHERE seq = 2 AND channel IN (SELECT channel FROM events WHERE seq = 5)",
        "INSERT INTO broadcasts SELECT bucket, channel, 99, 2 FROM broadcasts LIMIT 1",
        "UPDATE users SET name = 'Anna'",
    ];
    for damage in damages {
        let target = opened(&fresh()).await;
        let mut client = target.connect().await.unwrap();
        claim(&client, source.epoch()).await.unwrap();
        for table in tables::TABLES {
            copy::table(&source, &mut client, table, &mut |_| {})
                .await
                .unwrap();
        }
        client.batch_execute(damage).await.unwrap();
        let refused = to_postgres(&source, &target, &mut |_| {}).await.unwrap_err();
        assert!(
            matches!(refused, TransferError::Differs(_)),
            "{damage}: {refused}"
        );
    }
    source.close().await;
}

#[tokio::test]
async fn a_check_finds_what_does_not_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::open(&filled(folder.path()).await).unwrap();
    let target = opened(&fresh()).await;
    to_postgres(&source, &target, &mut |_| {}).await.unwrap();
    let one = "WHERE id = (SELECT min(id::text)::uuid FROM channels)";
    let damages = [
        (
            format!("UPDATE channels SET head = head + 1 {one}"),
            "its head is",
        ),
        (
            format!("UPDATE channels SET ordinal = ordinal - 1 {one}"),
            "its ordinal is",
        ),
        (
            format!("UPDATE channels SET broadcasts = 7 {one}"),
            "its count of broadcasts is",
        ),
        (
            format!("UPDATE channels SET members = 4 {one}"),
            "its count of members is",
        ),
        (
            format!("UPDATE channels SET access_seq = head + 1 {one}"),
            "its access position",
        ),
        ("UPDATE members SET read = 1000000".to_owned(), "a cursor of user"),
        ("UPDATE members SET mentions = 2".to_owned(), "mentions counted"),
        (format!("DELETE FROM channels {one}"), "belong to no channel"),
    ];
    for (damage, finding) in damages {
        let mut client = target.connect().await.unwrap();
        client.batch_execute("CREATE SCHEMA kept").await.unwrap();
        for table in ["channels", "members"] {
            client
                .batch_execute(&format!("CREATE TABLE kept.{table} AS TABLE {table}"))
                .await
                .unwrap();
        }
        client.batch_execute(&damage).await.unwrap();
        let findings = check(&target).await.unwrap().findings;
        assert!(
            findings.iter().any(|found| found.contains(finding)),
            "{damage}: {findings:?}"
        );
        let back = client.transaction().await.unwrap();
        for table in ["channels", "members"] {
            back.batch_execute(&format!(
                "TRUNCATE {table}; INSERT INTO {table} TABLE kept.{table}; DROP TABLE kept.{table}"
            ))
            .await
            .unwrap();
        }
        back.batch_execute("DROP SCHEMA kept").await.unwrap();
        back.commit().await.unwrap();
    }
    source.close().await;
}

#[tokio::test]
async fn a_spread_database_takes_the_copy_too_and_citus_is_asked_for_first() {
    let options = fresh();
    let refused = distribute(options.clone(), Distribution::Citus, &SystemEntropy).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("shared_preload_libraries"), "{refused}");
    let whole = opened(&options).await;
    assert_eq!(whole.spread(), Spread::Whole, "nothing was made before");
    let refused = distribute(options, Distribution::ByItself, &SystemEntropy).await;
    assert!(refused.unwrap_err().to_string().contains("made for one machine"));

    let options = fresh();
    let target = distribute(options.clone(), Distribution::ByItself, &SystemEntropy)
        .await
        .unwrap();
    assert_eq!(target.spread(), Spread::ByBucket);
    let folder = tempfile::tempdir().unwrap();
    let source = Source::open(&filled(folder.path()).await).unwrap();
    to_postgres(&source, &target, &mut |_| {}).await.unwrap();
    assert_eq!(check(&target).await.unwrap().findings, Vec::<String>::new());
    let epoch = new_epoch(&target, &SystemEntropy).await.unwrap();
    assert_ne!(epoch, source.epoch());
    assert_eq!(opened(&options).await.epoch(), epoch);
    source.close().await;
}
