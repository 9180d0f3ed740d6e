use klatch_testkit::engines::{Postgres, PostgresOptions};

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
