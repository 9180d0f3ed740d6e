//! The queries that every page load asks use an index for every large table.

use super::subjects;
use crate::sqlite::plans;

/// Names under which the queries read large tables.
const LARGE: [&str; 12] = ["c", "l", "m", "u", "p", "pm", "h", "e", "x", "i", "d", "w"];

/// Lines of a query plan that read all of a large table.
fn full_scans(plan: &[String]) -> Vec<&String> {
    let scans = |line: &&String| {
        let table = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        table.is_some_and(|table| LARGE.contains(&table))
    };
    plan.iter().filter(scans).collect()
}

async fn plan(sql: String) -> Vec<String> {
    let (subject, db) = subjects::with_database();
    let lines = db.read(move |connection| {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        // The plan does not depend on the values; those left out are NULL.
        let mut rows = statement.raw_query();
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            lines.push(row.get::<_, String>(3)?);
        }
        Ok(lines)
    });
    let lines = lines.await.unwrap();
    drop(subject);
    lines
}

#[tokio::test]
async fn pages_are_found_by_index() {
    for (name, sql) in plans() {
        let plan = plan(sql.to_owned()).await;
        assert!(
            plan.iter().any(|line| line.starts_with("SEARCH")),
            "{name}: {plan:#?}"
        );
        assert!(
            full_scans(&plan).is_empty(),
            "{name} reads a whole table: {plan:#?}"
        );
    }
}

#[tokio::test]
async fn each_index_is_the_one_meant() {
    let expected = [
        ("list", "SEARCH m USING COVERING INDEX members_user (user=?)"),
        (
            "list",
            "SEARCH x USING INDEX events_target (channel=? AND target=?)",
        ),
        ("open", "SEARCH c USING INDEX channels_open (space=?)"),
        ("members", "SEARCH m USING PRIMARY KEY (channel=? AND user>?)"),
        ("invites", "SEARCH i USING INDEX invites_channel (channel=?)"),
        ("lobby", "SEARCH l USING PRIMARY KEY (channel=?)"),
        (
            "pair",
            "SEARCH c USING INDEX channels_pair (space=? AND pair_low=? AND pair_high=?)",
        ),
        (
            "external identity",
            "SEARCH u USING INDEX users_external (issuer=? AND subject=?)",
        ),
        ("devices", "SEARCH d USING INDEX devices_user (user=?)"),
        ("work", "SEARCH w USING INDEX work_due (due_at<?)"),
        (
            "search",
            "SEARCH u USING INDEX users_username (space=? AND username>? AND username<?)",
        ),
        (
            "search",
            "SEARCH u USING INDEX users_name (space=? AND name>? AND name<?)",
        ),
    ];
    for (name, line) in expected {
        let (_, sql) = plans().into_iter().find(|(known, _)| *known == name).unwrap();
        let plan = plan(sql.to_owned()).await;
        assert!(
            plan.iter().any(|found| found == line),
            "{name} without {line}: {plan:#?}"
        );
    }
}

#[tokio::test]
async fn a_full_scan_is_noticed() {
    let plan = plan("SELECT u.id FROM users u WHERE u.name LIKE '%a%'".into()).await;
    assert_eq!(full_scans(&plan).len(), 1, "{plan:?}");
}
