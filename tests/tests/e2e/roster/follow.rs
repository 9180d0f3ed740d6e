//! S0.3, S2.1: importing, importing again, undoing; grace; first entry.

use super::export::{self, CLASSES, Changes, STUDENTS, archive, username};
use super::{channels, follow, school, sign_in, small};
use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, Storage};
use klatch_tests::{Answer, Api, skipped, token};
use klatch_types::{Clock, SystemClock};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long an import of the sample may take here, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

async fn put(server: &Server, query: &str, archive: &[u8]) -> Result<Answer> {
    put_as(server, query, "application/zip", archive).await
}

async fn put_as(server: &Server, query: &str, form: &str, body: &[u8]) -> Result<Answer> {
    let tenant = server.tenant()?;
    let response = tenant
        .rest()
        .request(reqwest::Method::PUT, &format!("/v1/roster{query}"))
        .header("content-type", form)
        .body(body.to_vec())
        .send()
        .await?;
    let status = response.status().as_u16();
    Ok(Answer {
        status,
        body: response.json().await?,
    })
}

/// Waits until the newest import is done.
async fn done(back_end: &Api) -> Result<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let status = back_end.must("GET", "/v1/roster", None).await?.body;
        if status["last"]["state"] == "done" {
            return Ok(status);
        }
        ensure!(
            status["last"]["state"] == "running" && Instant::now() < until,
            "{status}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// S2.1: a plain CSV file is a roster, too; what is wrong in it is told with its line, and what is none is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_file_is_imported() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    let plain = "user,course,class,role\nzita,Algebra,1A,student\nyara,Algebra,1A,teacher\n";
    let made = put_as(&server, "", "text/csv; charset=utf-8", plain.as_bytes()).await?;
    ensure!(made.status == 200, "{made:?}");
    assert_eq!(made.body["counts"]["accounts"], 2);
    done(&back_end).await?;
    let zita = sign_in(&back_end, "zita").await?;
    ensure!(channels(&zita).await?.contains("Algebra · 1A"));

    let broken = put_as(
        &server,
        "",
        "text/csv",
        b"user,course,class,role\n,Algebra,1A,student\n",
    )
    .await?;
    assert_eq!(broken.status, 422);
    ensure!(
        broken.body["detail"]
            .as_str()
            .unwrap_or_default()
            .contains("roster.csv:2"),
        "{broken:?}"
    );
    let other = put_as(&server, "", "text/plain", plain.as_bytes()).await?;
    assert_eq!(other.status, 415);
    Ok(())
}

/// S0.3: a sample of 1,200 students in 60 classes imports, imports again with changes, and is undone; each time the dry run
/// told exactly what then happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_is_imported_changed_and_undone() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    follow(&back_end, 0, 20).await?;
    let first = archive(Changes::default())?;
    let told = put(&server, "?dry_run=true", &first).await?;
    ensure!(told.status == 200, "{told:?}");
    let memberships = 6 * STUDENTS - overlap();
    let counts = &told.body["counts"];
    assert_eq!(counts["accounts"], STUDENTS + CLASSES);
    assert_eq!(counts["channels"], CLASSES + 30 + 6);
    assert_eq!(counts["joins"], memberships + 3 * CLASSES);
    assert_eq!(back_end.must("GET", "/v1/roster", None).await?.body["members"], 0);

    let report = put(&server, "", &first).await?;
    ensure!([200, 202].contains(&report.status), "{report:?}");
    assert_eq!(report.body["counts"], told.body["counts"]);
    assert_eq!(report.body["changes"], told.body["changes"]);
    let status = done(&back_end).await?;
    assert_eq!(status["members"], memberships + 3 * CLASSES);
    let again = put(&server, "", &first).await?;
    ensure!(again.status == 200, "{again:?}");
    assert_eq!(again.body.get("import"), None, "nothing changed");
    assert_eq!(again.body["counts"]["joins"], 0);

    let (old, kept) = (
        sign_in(&back_end, &username(0)).await?,
        sign_in(&back_end, &username(7)).await?,
    );
    let before = channels(&old).await?;
    ensure!(before.contains("Degree 0"), "{before:?}");
    let class = export::classes(0)[0];
    let name = format!("Course {} · Class {}", class % 30, class / 30);
    ensure!(before.contains(&name), "{name} is none of {before:?}");
    let kept_before = channels(&kept).await?;

    let changes = Changes {
        gone: 5,
        new: 3,
        renamed: true,
    };
    let second = archive(changes)?;
    let told = put(&server, "?dry_run=true", &second).await?;
    let report = put(&server, "", &second).await?;
    assert_eq!(report.body["counts"], told.body["counts"]);
    assert_eq!(report.body["changes"], told.body["changes"]);
    done(&back_end).await?;
    // Where the name of the course stands: the course's own channel and those of its two classes.
    assert_eq!(report.body["counts"]["renames"], 3, "{}", report.body["counts"]);
    assert!(channels(&old).await?.is_empty(), "the enrolment ended");
    assert_eq!(channels(&kept).await?, kept_before);
    let new = sign_in(&back_end, &username(STUDENTS)).await?;
    ensure!(!channels(&new).await?.is_empty(), "nobody made these by hand");

    let undone = back_end.must("POST", "/v1/roster/undo", None).await?;
    done(&back_end).await?;
    assert_eq!(undone.body["counts"]["joins"], report.body["counts"]["drops"]);
    assert_eq!(undone.body["counts"]["drops"], report.body["counts"]["joins"]);
    assert_eq!(channels(&old).await?, before);
    assert!(channels(&new).await?.is_empty(), "an undo removes at once");
    let twice = back_end.call("POST", "/v1/roster/undo", None).await?;
    assert_eq!((twice.status, twice.code()), (422, "invalid"));
    let imports = back_end.must("GET", "/v1/roster/imports", None).await?.body;
    let kinds: Vec<&str> = imports["imports"]
        .as_array()
        .context("imports")?
        .iter()
        .filter_map(|import| import["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["undo", "whole", "whole"]);
    Ok(())
}

/// How many memberships fall together: two classes are of one course, or of one degree.
fn overlap() -> usize {
    // Two classes, two courses and one degree each, where three and three would be six.
    STUDENTS
}

/// S2.1: a dropped enrolment removes the member after the grace; one that comes back in time changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_go_when_their_grace_is_over() -> Result<()> {
    let (_server, back_end) = school(ServerOptions::default()).await?;
    follow(&back_end, 3_600, 100).await?;
    back_end
        .must("PUT", "/v1/roster", Some(small(&["ana", "rui"])))
        .await?;
    let (ana, rui) = (sign_in(&back_end, "ana").await?, sign_in(&back_end, "rui").await?);
    back_end.must("PUT", "/v1/roster", Some(small(&[]))).await?;
    assert_eq!(channels(&ana).await?.len(), 2, "for an hour");
    assert_eq!(back_end.must("GET", "/v1/roster", None).await?.body["leaving"], 4);
    let back = back_end.must("PUT", "/v1/roster", Some(small(&["ana"]))).await?;
    assert_eq!(back.body["counts"]["returns"], 2);
    follow(&back_end, 1, 100).await?;
    // Dropped anew, with the shorter grace; the earlier drop of the other keeps its hour.
    back_end.must("PUT", "/v1/roster", Some(small(&[]))).await?;
    let until = Instant::now() + Duration::from_secs(30);
    while !channels(&ana).await?.is_empty() {
        ensure!(Instant::now() < until, "the grace is over");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(channels(&rui).await?.len(), 2);
    let change = json!({ "enrol": [{ "user": "ana", "group": "k1", "role": "teacher" }] });
    let back = back_end
        .must("POST", "/v1/roster/enrolments", Some(change))
        .await?;
    assert_eq!(back.body["counts"]["joins"], 2);
    assert_eq!(channels(&ana).await?.len(), 2);
    Ok(())
}

/// S2.1: an import that would drop too many is refused with the counts, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_drops_too_many_is_refused() -> Result<()> {
    let (_server, back_end) = school(ServerOptions::default()).await?;
    let all = ["a", "b", "c", "d", "e"];
    back_end.must("PUT", "/v1/roster", Some(small(&all))).await?;
    let refused = back_end.call("PUT", "/v1/roster", Some(small(&all[..3]))).await?;
    assert_eq!(
        (refused.status, refused.code()),
        (409, "roster_unsafe"),
        "{refused:?}"
    );
    let detail = refused.text("detail")?;
    ensure!(
        detail.contains("4 of 10 members") && detail.contains("20 %"),
        "{detail}"
    );
    let told = back_end
        .call("PUT", "/v1/roster?dry_run=true", Some(small(&all[..3])))
        .await?;
    assert_eq!(told.code(), "roster_unsafe", "a dry run tells that, too");
    let status = back_end.must("GET", "/v1/roster", None).await?.body;
    assert_eq!((&status["members"], &status["leaving"]), (&json!(10), &json!(0)));
    let allowed = back_end
        .must("PUT", "/v1/roster?allow_removals=true", Some(small(&all[..3])))
        .await?;
    assert_eq!(allowed.body["counts"]["drops"], 4);
    Ok(())
}

const SECRET: &str = "a secret of thirty-two bytes, or more";
const ISSUER: &str = "https://school.example";

fn external(subject: &str, username: &str) -> Result<String> {
    let expires = SystemClock.now().seconds() + 600;
    let claims = json!({ "iss": ISSUER, "sub": subject, "up": username, "exp": expires });
    token::hs256(
        &json!({ "alg": "HS256", "typ": "JWT" }),
        &claims,
        SECRET.as_bytes(),
    )
}

/// S0.3: a student who comes for the first time finds the channels of their classes, without anyone's doing; and nobody
/// else gets the account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_student_finds_their_channels_at_first_entry() -> Result<()> {
    if Storage::chosen()? == Storage::Memory {
        skipped(
            "first entry: an issuer is trusted by the command line, which does not reach a server's memory",
        );
        return Ok(());
    }
    let (mut server, _) = school(ServerOptions::default()).await?;
    server.stop().await?;
    let file = server.folder().join("secret");
    std::fs::write(&file, SECRET)?;
    let file = file.display().to_string();
    let add = [
        "space",
        "issuer",
        "add",
        server.space(),
        ISSUER,
        "--secret-file",
        &file,
        "--claim",
        "username=up",
    ];
    server.cli(&add)?;
    server.restart().await?;
    let nobody = Api::new(server.public())?;
    let back_end = nobody.with(server.api_key());
    back_end
        .must("PUT", "/v1/roster", Some(small(&["up1", "up2"])))
        .await?;
    let expected = ["Software Systems", "Software Systems · 3MEIC01"];

    let taken = json!({ "username": "up1", "password": "correct horse battery" });
    let taken = nobody.call("POST", "/v1/auth/signup", Some(taken)).await?;
    assert_eq!(
        (taken.status, taken.code()),
        (409, "exists"),
        "nobody signs up as a student"
    );

    let student = nobody.with(external("subject-1", "up1")?);
    let me = student.must("GET", "/v1/me", None).await?.body;
    assert_eq!(me["user"]["username"], "up1");
    assert!(channels(&student).await?.iter().eq(expected));
    // Another subject that claims the same username is someone else.
    let other = nobody.with(external("subject-2", "up1")?);
    assert_ne!(
        other.must("GET", "/v1/me", None).await?.body["user"]["username"],
        "up1"
    );
    assert!(channels(&other).await?.is_empty());
    // A username that is only made out of a subject links nothing: the claim must say it.
    let expires = SystemClock.now().seconds() + 600;
    let claims = json!({ "iss": ISSUER, "sub": "up2 ", "exp": expires });
    let derived = token::hs256(
        &json!({ "alg": "HS256", "typ": "JWT" }),
        &claims,
        SECRET.as_bytes(),
    )?;
    let derived = nobody.with(derived);
    assert!(channels(&derived).await?.is_empty());
    Ok(())
}
