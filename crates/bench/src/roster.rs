//! How long rosters take: 100,000 enrolments (20,000 students in five of 1,000 classes each, of 250 courses of 10 degrees)
//! imported by a student system over REST into a server on one core, imported again unchanged, and with a tenth changed.

use crate::machine::Cores;
use crate::options::Options;
use crate::report::note;
use crate::server::Server;
use anyhow::{Context, ensure};
use klatch_client::Rest;
use klatch_protocol::command::roster::{RosterEnrolment, RosterGroup, RosterPut, RosterUser};
use klatch_protocol::view::{RosterReport, RosterSettings, RosterStatus};
use klatch_types::{RosterImportState, RosterKind, RosterRole};
use serde::Serialize;
use std::io::Write;
use std::time::{Duration, Instant};

const STUDENTS: usize = 20_000;
const CLASSES_EACH: usize = 5;
const CLASSES: usize = 1_000;
const COURSES: usize = 250;
const DEGREES: usize = 10;
/// Longest time for one import before it is given up.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often the server is asked whether an import is done.
const LOOK: Duration = Duration::from_millis(100);
/// Seconds that the first import may take.
const GOAL_S: f64 = 60.0;

/// One import.
#[derive(Serialize)]
struct Measured {
    what: &'static str,
    enrolments: usize,
    joins: u64,
    drops: u64,
    seconds: f64,
}

/// Measures, prints the table and writes the file.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let cores = Cores::claim()?;
    let server = Server::start(options, &cores).await?;
    let rest = server.rest()?;
    let mut settings: RosterSettings = rest.get("/v1/roster/settings").await?;
    settings.grace_s = 0;
    let _: RosterSettings = rest.put("/v1/roster/settings", &settings).await?;
    let (first, changed) = (roster(0), roster(STUDENTS / 10));
    let mut all = Vec::new();
    for (what, roster) in [
        ("first", &first),
        ("unchanged", &first),
        ("a tenth changed", &changed),
    ] {
        note(&format!("roster: {what}"))?;
        all.push(import(&rest, what, roster).await?);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "import            enrolments     joins     drops   seconds   goal"
    )?;
    for one in &all {
        let goal = if one.what == "first" {
            format!("{GOAL_S:.0}")
        } else {
            "-".to_owned()
        };
        writeln!(
            out,
            "{:<16} {:>11} {:>9} {:>9} {:>9.1} {:>6}",
            one.what, one.enrolments, one.joins, one.drops, one.seconds, goal
        )?;
    }
    let path = options.output_named("bench-roster.json")?;
    std::fs::write(&path, serde_json::to_vec_pretty(&all)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    ensure!(
        all[0].seconds <= GOAL_S,
        "the first import took longer than {GOAL_S:.0} s"
    );
    Ok(())
}

/// From the first byte of the request until the server says that it is done.
async fn import(rest: &Rest, what: &'static str, roster: &RosterPut) -> anyhow::Result<Measured> {
    let began = Instant::now();
    let report: RosterReport = rest.put("/v1/roster", roster).await?;
    let mut state = report.state;
    while state == RosterImportState::Running {
        ensure!(began.elapsed() < PATIENCE, "the import takes too long");
        tokio::time::sleep(LOOK).await;
        let status: RosterStatus = rest.get("/v1/roster").await?;
        state = status.last.context("the import is noted")?.state;
    }
    ensure!(
        state == RosterImportState::Done,
        "the import ended before it was done"
    );
    Ok(Measured {
        what,
        enrolments: roster.enrolments.len(),
        joins: report.counts.joins,
        drops: report.counts.drops,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// The roster in which so many students have moved to the classes after theirs.
fn roster(moved: usize) -> RosterPut {
    let group = |kind: RosterKind, at: usize, parent: Option<String>| RosterGroup {
        id: format!("{kind}-{at}"),
        kind,
        title: format!("{kind} {at}"),
        code: None,
        term: None,
        parent,
    };
    let degrees = (0..DEGREES).map(|at| group(RosterKind::Degree, at, None));
    let courses = (0..COURSES).map(|at| {
        group(
            RosterKind::Course,
            at,
            Some(format!("{}-{}", RosterKind::Degree, at % DEGREES)),
        )
    });
    let classes = (0..CLASSES).map(|at| {
        group(
            RosterKind::Class,
            at,
            Some(format!("{}-{}", RosterKind::Course, at % COURSES)),
        )
    });
    let name = |at: usize| format!("up{at:08}").parse().expect("digits make a username");
    let enrolments = (0..STUDENTS).flat_map(|student| {
        let shift = usize::from(student < moved);
        (0..CLASSES_EACH).map(move |nth| {
            // Classes of one degree: their numbers are alike in the last digit.
            let class =
                (student % DEGREES + DEGREES * (student / DEGREES * CLASSES_EACH + nth + shift)) % CLASSES;
            RosterEnrolment {
                user: name(student),
                group: format!("{}-{class}", RosterKind::Class),
                role: RosterRole::Student,
            }
        })
    });
    RosterPut {
        users: (0..STUDENTS)
            .map(|at| RosterUser {
                username: name(at),
                name: None,
            })
            .collect(),
        groups: degrees.chain(courses).chain(classes).collect(),
        enrolments: enrolments.collect(),
    }
}
