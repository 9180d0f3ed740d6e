//! S0.3: who may what, and the command line. Each caller at each route.

use super::{channels, follow, school, sign_in, small};
use anyhow::{Context, Result, ensure};
use klatch_testkit::{ServerOptions, Storage};
use serde_json::{Value, json};

/// Everything that concerns rosters and circles, and what each caller is answered: nobody, a guest, a person, the back end.
fn table() -> Vec<(&'static str, &'static str, Option<Value>, [&'static str; 4])> {
    let no = "forbidden";
    let keys_only = ["unauthenticated", no, no, "ok"];
    let settings =
        json!({ "grace_s": 0, "removals_percent": 20, "degree": "", "course": "", "class": "{class.title}" });
    vec![
        ("GET", "/v1/roster", None, keys_only),
        (
            "PUT",
            "/v1/roster",
            Some(small(&["ana", "rui", "eva"])),
            keys_only,
        ),
        (
            "POST",
            "/v1/roster/enrolments",
            Some(json!({ "drop": [{ "user": "ana", "group": "k1" }] })),
            keys_only,
        ),
        ("POST", "/v1/roster/undo", None, keys_only),
        ("GET", "/v1/roster/imports", None, keys_only),
        ("GET", "/v1/roster/settings", None, keys_only),
        ("PUT", "/v1/roster/settings", Some(settings), keys_only),
        ("GET", "/v1/circle", None, ["unauthenticated", no, "ok", no]),
        (
            "POST",
            "/v1/circle/group",
            Some(json!({ "name": "x", "nearest": 1 })),
            ["unauthenticated", no, "ok", no],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_may_what_the_table_says() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    back_end
        .must("PUT", "/v1/roster", Some(small(&["ana", "rui"])))
        .await?;
    let nobody = klatch_tests::Api::new(server.public())?;
    let guest = back_end
        .must("POST", "/v1/guests", Some(json!({ "name": "Guest" })))
        .await?;
    let guest = back_end.with(guest.text("access_token")?);
    let person = sign_in(&back_end, "ana").await?;
    let mut complaints = Vec::new();
    // Refusals first: what is granted changes something.
    for (at, caller) in [&nobody, &guest, &person, &back_end].into_iter().enumerate() {
        for (method, path, body, expected) in table() {
            let answer = caller.call(method, path, body).await?;
            if answer.code() != expected[at] {
                complaints.push(format!("caller {at}: {method} {path}: {answer:?}"));
            }
        }
    }
    ensure!(complaints.is_empty(), "{}", complaints.join("\n"));
    let document = nobody.must("GET", "/openapi.json", None).await?.body;
    let paths = document["paths"].as_object().context("paths")?;
    let ours = |path: &&String| path.starts_with("/v1/roster") || path.starts_with("/v1/circle");
    let routes: usize = paths
        .iter()
        .filter(|(path, _)| ours(path))
        .map(|(_, item)| item.as_object().map_or(0, serde_json::Map::len))
        .sum();
    assert_eq!(routes, table().len(), "every route is in the table");
    Ok(())
}

/// The same by the command line, asking a running server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_imports_through_a_running_server() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    let (key, plain, faulty) = (
        server.folder().join("key"),
        server.folder().join("roster.csv"),
        server.folder().join("faulty.csv"),
    );
    std::fs::write(&key, server.api_key())?;
    std::fs::write(
        &plain,
        "user,course,class,role,degree\nup1,Algebra,A1,student,Mathematics\nprof,Algebra,A1,teacher,Mathematics\n",
    )?;
    std::fs::write(&faulty, "user,course,class,role\nup 1,Algebra,A1,student\n")?;
    let (key, plain, faulty) = (
        key.display().to_string(),
        plain.display().to_string(),
        faulty.display().to_string(),
    );
    let base = server.base();
    let ask = |line: &[&str]| {
        let door = ["--server", &base, "--key-file", &key];
        server.cli(&[&["roster"], line, &door].concat())
    };
    assert_eq!(
        server.cli(&["roster", "check", &plain])?,
        "2 people, 3 groups, 2 enrolments"
    );
    let refused = server.cli(&["roster", "check", &faulty]).unwrap_err().to_string();
    ensure!(
        refused.contains("faulty.csv:2: `user`: a username has"),
        "{refused}"
    );
    ask(&["settings", "class={course.title} {class.title}", "grace_s=0"])?;
    let told = ask(&["import", &plain, "--dry-run"])?;
    ensure!(told.contains("class:Algebra/A1  Algebra A1"), "{told}");
    ensure!(
        told.ends_with("would be done: 2 accounts, 3 channels, 6 joins"),
        "{told}"
    );
    let done = ask(&["import", &plain])?;
    assert_eq!(done, "import 1: 2 accounts, 3 channels, 6 joins");
    let student = sign_in(&back_end, "up1").await?;
    assert_eq!(channels(&student).await?.len(), 3);
    ensure!(ask(&["import", &plain])?.starts_with("nothing changed"));
    ensure!(ask(&["show"])?.starts_with("3 groups, 6 members, 0 leaving"));
    ensure!(ask(&["undo"])?.contains("6 drops"));
    assert!(channels(&student).await?.is_empty());
    ensure!(ask(&["imports"])?.lines().count() == 3);
    Ok(())
}

/// And on the database itself: of a stopped server with SQLite, beside running ones with PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_imports_into_the_database() -> Result<()> {
    let (mut server, _) = school(ServerOptions::default()).await?;
    match server.storage() {
        Storage::Memory => {
            klatch_tests::skipped("rosters by the command line: a server's memory is out of reach");
            return Ok(());
        }
        Storage::Sqlite => drop(server.stop().await?),
        Storage::Postgres | Storage::Cluster => {}
    }
    let file = server.folder().join("roster.json");
    std::fs::write(&file, small(&["ana", "rui"]).to_string())?;
    let file = file.display().to_string();
    let done = server.cli(&["roster", "import", &file])?;
    assert_eq!(done, "import 1: 2 accounts, 2 channels, 4 joins");
    if server.storage() == Storage::Sqlite {
        server.restart().await?;
    }
    let back_end = klatch_tests::Api::new(server.public())?.with(server.api_key());
    follow(&back_end, 0, 100).await?;
    let ana = sign_in(&back_end, "ana").await?;
    assert_eq!(channels(&ana).await?.len(), 2);
    Ok(())
}
