//! In PostgreSQL, too: queries use an index for every large table, and what is asked often names its bucket.

use super::subjects;
use crate::postgres::{in_all_buckets, in_one_bucket};
use klatch_engine::postgres::{Postgres, Spread};

/// Large tables by the names that the queries read them under.
const LARGE: [&str; 12] = [
    "channels",
    "events",
    "members",
    "users",
    "devices",
    "invites",
    "bans",
    "mentions",
    "broadcasts",
    "refresh_tokens",
    "work",
    "lobby",
];

/// Tables that are distributed by bucket.
const OF_CHANNELS: [&str; 9] = [
    "channels",
    "events",
    "members",
    "bans",
    "mentions",
    "broadcasts",
    "invites",
    "work",
    "lobby",
];

/// A database with enough rows that reading a whole table costs more than an index, where there is one.
async fn filled() -> (crate::conformance::Subject, Postgres) {
    let (subject, db) = subjects::with_postgres(Spread::Whole).await;
    let client = db.client().await.unwrap();
    client.batch_execute(ROWS).await.unwrap();
    drop(client);
    (subject, db)
}

const ROWS: &str = "
    CREATE FUNCTION u(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(n::text)::uuid $$;
    INSERT INTO spaces VALUES (u(0), 'home', 'Home', '{}', '[]', 0);
    INSERT INTO users (id, space, username, name, kind, issuer, subject, created_at)
      SELECT u(n), u(0), 'user' || n, 'Name ' || n, 0, u(0), 's' || n, 0 FROM generate_series(1, 20000) n;
    INSERT INTO devices SELECT u(n), u(n), 'd', 0, 0, NULL FROM generate_series(1, 20000) n;
    INSERT INTO channels (bucket, kind, visibility, members, id, space, created_at, head, ordinal, broadcasts,
        access_seq, active_at, last_message, pair_low, pair_high, name)
      SELECT n % 256, 0, CASE n % 50 WHEN 0 THEN 2 ELSE 0 END, 10, u(n), u(0), 0, 20, 10, 0, 1, n, 20,
        CASE n % 2 WHEN 0 THEN u(n) END, CASE n % 2 WHEN 0 THEN u(n + 1) END, 'c' || n
        FROM generate_series(1, 5000) n;
    INSERT INTO members (bucket, role, channel, user_id, joined_at, visible_after, read, read_ordinal,
        read_broadcasts, received, mentions, read_mentions)
      SELECT n % 256, 1, u(n), u(1 + (n * 7 + k * 1999) % 20000), 0, 0, 1, 0, 0, 1, 0, 0
        FROM generate_series(1, 5000) n, generate_series(1, 10) k;
    INSERT INTO bans SELECT n % 256, u(n), u(1 + (n * 3 + k) % 20000), u(1), 0, 0, NULL
        FROM generate_series(1, 5000) n, generate_series(1, 3) k;
    INSERT INTO events (bucket, kind, message, tombstone, channel, seq, ordinal, at, digest, actor, target, payload)
      SELECT n % 256, 1 + s % 2, s % 2 = 0, false, u(n), s, s / 2, 0, 0, u(1), CASE s % 2 WHEN 1 THEN s - 1 END, 'x'
        FROM generate_series(1, 5000) n, generate_series(1, 20) s;
    INSERT INTO mentions SELECT n % 256, u(n), u(1 + (n * 7 + k * 1999) % 20000), k, 1
        FROM generate_series(1, 5000) n, generate_series(1, 3) k;
    INSERT INTO broadcasts SELECT n % 256, u(n), k, k FROM generate_series(1, 5000) n, generate_series(1, 3) k;
    INSERT INTO invites SELECT n % 256, 1, u(n), u(n % 5000 + 1), 'code' || n, u(1), 0, 9, NULL, 0, NULL
        FROM generate_series(1, 10000) n;
    INSERT INTO work SELECT n % 256, 0, 1, 0, u(n), k, n * 1000, 'x'
        FROM generate_series(1, 5000) n, generate_series(1, 2) k;
    INSERT INTO lobby SELECT n % 256, 1, u(n), u(1 + (n * 7 + k * 1999) % 20000), NULL, k
        FROM generate_series(1, 5000) n, generate_series(1, 3) k;
    INSERT INTO roster_members SELECT u(1), u(n), u(k), 'name' || k, 1, 2 + (n % 50 = 0)::int,
          CASE n % 50 WHEN 0 THEN n END
        FROM generate_series(1, 20000) n, generate_series(1, 2) k;
    ANALYZE;";

/// The plan that serves every value, as a statement that stays prepared gets it.
async fn plan(db: &Postgres, sql: &str) -> Vec<String> {
    let client = db.connect().await.unwrap();
    let parameters = client.prepare(sql).await.unwrap().params().len();
    let given = match parameters {
        0 => String::new(),
        count => format!("({})", vec!["NULL"; count].join(", ")),
    };
    let explain = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE asked AS {sql}; EXPLAIN EXECUTE asked{given}"
    );
    let said = client.simple_query(&explain).await.unwrap();
    let lines = said.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    lines.collect()
}

/// Lines of a plan that read all of a large table.
fn full_scans(plan: &[String]) -> Vec<&String> {
    let scans = |line: &&String| {
        let table = line
            .split("Seq Scan on ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        table.is_some_and(|table| LARGE.contains(&table))
    };
    plan.iter().filter(scans).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_asked_often_is_found_by_index() {
    let (_subject, db) = filled().await;
    for (name, sql) in in_one_bucket().into_iter().chain(in_all_buckets()) {
        let plan = plan(&db, sql).await;
        assert!(
            plan.iter().any(|line| line.contains("Index")),
            "{name}: {plan:#?}"
        );
        assert!(
            full_scans(&plan).is_empty(),
            "{name} reads a whole table: {plan:#?}"
        );
    }
    let plan = plan(&db, "SELECT u.id FROM users u WHERE u.name LIKE '%a%'").await;
    assert_eq!(full_scans(&plan).len(), 1, "a full scan is noticed: {plan:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_index_is_the_one_meant() {
    let (_subject, db) = filled().await;
    let expected = [
        ("list", "members_user"),
        ("list", "events_target"),
        ("list", "events_pkey"),
        ("line", "events_target"),
        ("open", "channels_open"),
        ("memberships", "members_user"),
        ("members", "members_pkey"),
        ("invites", "invites_channel"),
        ("code", "invites_code"),
        ("pair", "channels_pair"),
        ("cursor", "events_pkey"),
        ("cursor", "mentions_pkey"),
        ("external identity", "users_external"),
        ("devices", "devices_user"),
        ("claim work", "work_due"),
        ("claim work", "work_pkey"),
        ("buckets with work", "work_due"),
        ("work is done", "work_pkey"),
    ];
    let known: Vec<_> = in_one_bucket().into_iter().chain(in_all_buckets()).collect();
    for (name, index) in expected {
        let (_, sql) = known.iter().find(|(known, _)| *known == name).unwrap();
        let plan = plan(&db, sql).await;
        assert!(
            plan.iter().any(|line| line.contains(index)),
            "{name} without {index}: {plan:#?}"
        );
    }
}

/// Names under which a statement reads or changes tables that are distributed by bucket.
fn aliases(sql: &str) -> Vec<String> {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let named = words.windows(3).filter_map(|three| {
        let table = matches!(three[0], "FROM" | "JOIN" | "UPDATE") && OF_CHANNELS.contains(&three[1]);
        table.then(|| three[2].trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
    });
    named.collect()
}

#[test]
fn what_is_asked_often_of_one_channel_names_its_bucket() {
    for (name, sql) in in_one_bucket() {
        let aliases = aliases(sql);
        assert!(!aliases.is_empty(), "{name} reads nothing of channels?");
        for alias in aliases {
            assert!(
                sql.contains(&format!("{alias}.bucket = $")),
                "{name} asks all buckets for `{alias}`: {sql}"
            );
        }
    }
    let all = "SELECT 1 FROM channels c JOIN members m ON m.channel = c.id WHERE c.bucket = $1";
    assert_eq!(aliases(all), ["c", "m"], "the check sees every table");
}
