//! Nothing is left of an engine, however its owner ends.

use crate::until;
use klatch_testkit::engines::{Nats, Postgres};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes [`owner`] start engines and wait to be killed.
const OWNER: &str = "TEST_ENGINES_OWNER";

/// The other process of [`engines_end_with_a_process_that_is_killed`]; by itself it does nothing.
#[test]
fn owner() {
    if std::env::var_os(OWNER).is_none() {
        return;
    }
    let (postgres, nats) = (Postgres::shared().unwrap(), Nats::start().unwrap());
    let line = |process: Option<u32>, folder: &Path| format!("{} {}", process.unwrap(), folder.display());
    println!("\nengine {}", line(postgres.process_id(), postgres.folder()));
    println!("engine {}", line(nats.process_id(), nats.folder()));
    std::thread::park();
}

#[test]
fn engines_end_with_a_process_that_is_killed() {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ends::owner", "--nocapture"])
        .env(OWNER, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let engines: Vec<(String, String)> = lines
        .filter_map(|line| {
            let line = line.unwrap();
            let (process, folder) = line.strip_prefix("engine ")?.split_once(' ')?;
            Some((process.to_owned(), folder.to_owned()))
        })
        .take(2)
        .collect();
    assert_eq!(engines.len(), 2, "the owner did not start its engines");
    assert!(
        engines
            .iter()
            .all(|(process, folder)| runs(process) && Path::new(folder).exists())
    );
    owner.kill().unwrap();
    owner.wait().unwrap();
    for (process, folder) in engines {
        until("an engine is left", || !runs(&process));
        until("a folder is left", || !Path::new(&folder).exists());
    }
}

#[test]
fn engines_end_with_their_owner() {
    let nats = Nats::start().unwrap();
    let (process, folder) = (
        nats.process_id().unwrap().to_string(),
        nats.folder().to_path_buf(),
    );
    assert!(runs(&process));
    drop(nats);
    assert!(!runs(&process) && !folder.exists());
}

/// A process that nobody has collected yet has no memory any more.
fn runs(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.contains("VmSize:")
}
