use crate::until;
use klatch_testkit::engines::{Direction, Postgres, PostgresOptions, Proxy};

#[test]
fn databases_are_fresh_and_made_from_many_threads() {
    let threads: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(|| Postgres::shared().unwrap().database().unwrap()))
        .collect();
    let mut urls: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 8);
    let count = Postgres::shared()
        .unwrap()
        .sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'test\\_%'")
        .unwrap();
    assert!(count.parse::<usize>().unwrap() >= 8);
}

#[test]
fn what_was_committed_is_there_after_a_kill_and_a_stop() {
    let server = Postgres::start(PostgresOptions {
        durable: true,
        settings: vec![("max_connections".to_owned(), "20".to_owned())],
    })
    .unwrap();
    assert_eq!(server.sql("SHOW max_connections").unwrap(), "20");
    assert_eq!(server.sql("SHOW fsync").unwrap(), "on");
    server.sql("CREATE TABLE t AS SELECT 7 AS n").unwrap();
    let port = server.port();
    server.kill().unwrap();
    assert!(server.sql("SELECT 1").is_err());
    assert!(server.kill().is_err());
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(server.sql("SELECT n FROM t").unwrap(), "7");
    server.stop().unwrap();
    server.restart().unwrap();
    assert_eq!(server.sql("SELECT n FROM t").unwrap(), "7");
}

fn durable() -> Postgres {
    Postgres::start(PostgresOptions {
        durable: true,
        settings: Vec::new(),
    })
    .unwrap()
}

#[test]
fn a_standby_has_every_commit_and_takes_over() {
    let primary = durable();
    primary.sql("CREATE TABLE t (n int)").unwrap();
    let standby = primary.standby().unwrap();
    assert_ne!(standby.port(), primary.port());
    for n in 0..20 {
        primary.sql(&format!("INSERT INTO t VALUES ({n})")).unwrap();
    }
    primary.kill().unwrap();
    standby.promote().unwrap();
    assert_eq!(standby.sql("SELECT count(*) FROM t").unwrap(), "20");
    standby.sql("INSERT INTO t VALUES (20)").unwrap();
}

#[test]
fn a_primary_waits_for_its_standby() {
    let primary = durable();
    let proxy = Proxy::start(primary.address()).unwrap();
    let standby = primary.standby_through(proxy.address()).unwrap();
    primary.sql("CREATE TABLE t (n int)").unwrap();
    proxy.stall(Direction::Both).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| primary.sql("INSERT INTO t VALUES (1)"));
        until("nobody waits", || {
            let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
            primary.sql(waits).unwrap() == "1"
        });
        assert!(!waiting.is_finished());
        proxy.pass().unwrap();
        waiting.join().unwrap().unwrap();
    });
    standby.kill().unwrap();
    primary.let_go_of_standbys().unwrap();
    primary.sql("INSERT INTO t VALUES (2)").unwrap();
    assert!(Postgres::shared().unwrap().standby().is_err());
}
