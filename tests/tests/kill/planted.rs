//! The checker against a log that is broken on purpose: it acknowledges before the commit. The bug lives here only.
//!
//! The log runs in a process of its own, this test's executable started again, so that a SIGKILL loses what was not
//! committed. It takes `KEY TEXT` lines and answers `ack KEY SEQ DUPLICATE`. The honest log goes through the same
//! harness and must pass, so that what the checker finds is the planted bug and nothing else.

use crate::random::Random;
use klatch_log::sqlite::{SqliteLog, open};
use klatch_log::{Append, Change, ChannelLog, Expect, NewChannel, Order, ReadPage, commit_feed, digest};
use klatch_protocol::command::message::Send;
use klatch_protocol::view::Ack;
use klatch_protocol::{Event, EventBody};
use klatch_testkit::history::{
    Evidence, FinalRead, Floor, LogEntry, Pending, Recorder, Verdict, Violation, check,
};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock, Role, Seq, SpaceId, SystemClock, SystemEntropy, UserId,
    Visibility,
};
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use uuid::Uuid;

const KILLS: usize = 25;
const IN_FLIGHT: usize = 64;
/// Longest time from the first answer of a process to its end.
const KILL_WITHIN_MS: u64 = 40;
/// Tells the executable that it is the log, and which: `honest` or `hasty`.
const MODE: &str = "PLANTED_LOG_MODE";
const DATABASE: &str = "PLANTED_LOG_DATABASE";

const CHANNEL: ChannelId = ChannelId(Uuid::from_u128(1));
const ACTOR: UserId = UserId(Uuid::from_u128(2));
const SPACE: SpaceId = SpaceId(Uuid::from_u128(3));

// ---- the process that is killed ----

/// Not a test of its own: the process that the others kill. Does nothing unless it is told to be one.
#[tokio::test]
async fn the_log_in_a_process_of_its_own() {
    let Ok(mode) = std::env::var(MODE) else { return };
    let (log, database) = open_log(Path::new(&std::env::var(DATABASE).unwrap())).await;
    let head = log.heads(&[CHANNEL]).await.unwrap()[0].unwrap().seq;
    let (lines, mut taken) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            lines.send(line).ok();
        }
    });
    let mut guess = head;
    let mut answers = Vec::new();
    while let Some(line) = taken.recv().await {
        let (key, text) = line.split_once(' ').unwrap();
        let (done, answer) = oneshot::channel();
        if mode == "hasty" {
            guess = guess.next();
            acknowledge(key, guess, false); // the planted bug: before the commit
            log.append(message(key, text), done);
        } else {
            log.append(message(key, text), done);
            let key = key.to_owned();
            answers.push(tokio::spawn(async move {
                let receipt = answer.await.unwrap().unwrap();
                acknowledge(&key, receipt.seq, receipt.duplicate);
            }));
        }
    }
    for answer in answers {
        answer.await.unwrap();
    }
    database.close().await;
}

/// Past the test runner, which would keep what is printed to itself.
fn acknowledge(key: &str, seq: Seq, duplicate: bool) {
    writeln!(std::io::stdout().lock(), "\nack {key} {seq} {duplicate}").unwrap();
}

async fn open_log(path: &Path) -> (SqliteLog, klatch_engine::sqlite::Sqlite) {
    let (feed, mut commits) = commit_feed();
    let (log, database) = open(path, &klatch_engine::sqlite::OpenOptions::default(), feed).unwrap();
    tokio::spawn(async move {
        while let Some(batch) = commits.recv().await {
            for one in batch {
                one.done.send(Ok(one.receipt)).ok();
            }
        }
    });
    if log.heads(&[CHANNEL]).await.unwrap()[0].is_none() {
        make_channel(&log, &database).await;
    }
    (log, database)
}

async fn make_channel(log: &SqliteLog, database: &klatch_engine::sqlite::Sqlite) {
    let insert = "INSERT INTO spaces VALUES (?1, 'planted', 'Planted', '{}', '[]', 0)";
    database
        .write(move |connection| Ok(connection.execute(insert, [SPACE.as_bytes()])?))
        .await
        .unwrap();
    let create = Change::Create(NewChannel {
        space: SPACE,
        kind: ChannelKind::Group,
        visibility: Visibility::Private,
        name: Some("planted".into()),
        topic: None,
        pair: None,
    });
    let member = Change::MemberPut {
        user: ACTOR,
        role: Role::Owner,
        sees_history: true,
        invite: None,
    };
    let created = Append {
        kind: 10,
        message: false,
        expect: Expect::New,
        key: None,
        changes: vec![create, member],
        ..message(&Uuid::nil().to_string(), "")
    };
    log.append_wait(created).await.unwrap();
}

fn message(key: &str, text: &str) -> Append {
    Append {
        channel: CHANNEL,
        actor: ACTOR,
        key: Some(key.parse().unwrap()),
        at: SystemClock.now(),
        kind: 1,
        message: true,
        target: None,
        payload: text.as_bytes().to_vec(),
        digest: digest(1, None, text.as_bytes()),
        expect: Expect::Exists,
        changes: Vec::new(),
        work: Vec::new(),
    }
}

// ---- the harness ----

struct LogProcess {
    child: Child,
    acks: Receiver<(ClientKey, Ack)>,
}

impl LogProcess {
    fn start(mode: &str, database: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "planted::the_log_in_a_process_of_its_own",
                "--exact",
                "--nocapture",
            ])
            .env(MODE, mode)
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (said, acks) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(ack) = parse_ack(&line) {
                    said.send(ack).ok();
                }
            }
        });
        Self { child, acks }
    }
}

/// A line that was cut short by the kill is no answer.
fn parse_ack(line: &str) -> Option<(ClientKey, Ack)> {
    let mut words = line.strip_prefix("ack ")?.split(' ');
    let key = words.next()?.parse().ok()?;
    let seq = Seq(words.next()?.parse().ok()?);
    let duplicate = words.next()?.parse().ok()?;
    Some((
        key,
        Ack {
            seq,
            prev: seq.prev(),
            at: 0,
            duplicate,
        },
    ))
}

/// One sender that keeps [`IN_FLIGHT`] messages on their way and tries unanswered ones again with their keys.
#[derive(Default)]
struct Sender {
    recorder: Recorder,
    under_way: HashMap<ClientKey, (Send, Pending)>,
    again: VecDeque<Send>,
    made: u64,
}

impl Sender {
    /// Sends until killed after `kill_after` from the first answer, or, without it, until nothing is unanswered.
    fn run(&mut self, mut process: LogProcess, kill_after: Option<Duration>) {
        let mut input = process.child.stdin.take().unwrap();
        let mut deadline = None;
        loop {
            while self.under_way.len() < IN_FLIGHT {
                let Some(send) = self.again.pop_front().or_else(|| kill_after.map(|_| self.make())) else {
                    break;
                };
                let pending = self.recorder.send("sender", ACTOR, "one", &send);
                writeln!(input, "{} {}", send.key, send.text).unwrap();
                self.under_way.insert(send.key, (send, pending));
            }
            if self.under_way.is_empty() {
                break;
            }
            let wait = deadline.map_or(Duration::from_secs(20), |at: Instant| {
                at.saturating_duration_since(Instant::now())
            });
            match process.acks.recv_timeout(wait) {
                Ok(ack) => {
                    deadline = deadline.or_else(|| kill_after.map(|after| Instant::now() + after));
                    self.answered(&ack);
                }
                Err(_) if deadline.is_some() => break,
                Err(error) => panic!("the log does not answer: {error}"),
            }
        }
        if kill_after.is_some() {
            self.recorder.fault("sigkill", "one");
            process.child.kill().unwrap();
        }
        drop(input);
        process.child.wait().unwrap();
        for ack in process.acks.iter() {
            self.answered(&ack); // what it had said before it died
        }
        for (_, (send, pending)) in self.under_way.drain() {
            pending.unknown();
            self.again.push_back(send);
        }
    }

    fn make(&mut self) -> Send {
        self.made += 1;
        let key = ClientKey::new(SystemClock.now(), &SystemEntropy);
        Send {
            channel: CHANNEL,
            key,
            text: format!("message {}", self.made),
            reply_to: None,
        }
    }

    fn answered(&mut self, (key, ack): &(ClientKey, Ack)) {
        if let Some((_, pending)) = self.under_way.remove(key) {
            pending.ok(ack);
        }
    }
}

async fn final_read(database: &Path) -> FinalRead {
    let (log, sqlite) = open_log(database).await;
    let mut entries = Vec::new();
    let mut after = Seq::ZERO;
    loop {
        let page = ReadPage {
            after,
            before: None,
            order: Order::Ascending,
            messages_only: false,
            limit: 200,
        };
        let rows = log.read(CHANNEL, page).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = last.seq;
        entries.extend(rows.iter().map(|row| {
            let text = String::from_utf8(row.payload.clone()).unwrap();
            let body = match row.message {
                true => EventBody::MessagePosted {
                    ordinal: row.ordinal.0,
                    text,
                    reply_to: None,
                    mentions: Vec::new(),
                    mention_all: false,
                    tombstone: row.tombstone,
                },
                false => EventBody::ChannelArchived {},
            };
            let (at, prev) = (row.at.0, row.seq.prev());
            LogEntry::from(&Event {
                channel: row.channel,
                seq: row.seq,
                prev,
                at,
                actor: row.actor,
                key: row.key,
                body,
            })
        }));
    }
    let epoch = log.epoch().to_owned();
    sqlite.close().await;
    FinalRead {
        reader: "the log".into(),
        channel: CHANNEL,
        epoch,
        entries,
    }
}

async fn verdict_on(mode: &str) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let database: PathBuf = folder.path().join("planted.db");
    let seed =
        std::env::var("KLATCH_SEED").map_or_else(|_| Random::fresh_seed(), |text| text.parse().unwrap());
    println!("{KILLS} kills of the {mode} log, KLATCH_SEED={seed}");
    let mut random = Random::new(seed);
    let mut sender = Sender::default();
    for _ in 0..KILLS {
        let after = Duration::from_millis(random.below(KILL_WITHIN_MS + 1));
        sender.run(LogProcess::start(mode, &database), Some(after));
    }
    sender.run(LogProcess::start(mode, &database), None);
    let read = final_read(&database).await;
    let floor = Floor {
        operations: KILLS * 20,
        faults: KILLS,
        in_flight: 100,
    };
    check(
        &sender.recorder.history(),
        &[read],
        &Evidence {
            floor,
            ..Evidence::default()
        },
    )
}

#[tokio::test]
async fn a_log_that_acknowledges_before_the_commit_is_found_out() {
    match verdict_on("hasty").await {
        Verdict::Broken(violations) => {
            let lost = violations
                .iter()
                .filter(|violation| matches!(violation, Violation::Lost { .. }))
                .count();
            println!(
                "{} promises broken, {lost} of them lost messages",
                violations.len()
            );
            assert!(lost > 0, "the planted bug loses acknowledged messages");
        }
        other => panic!("the checker did not find the planted bug: {other:?}"),
    }
}

#[tokio::test]
async fn the_honest_log_passes_the_same_harness() {
    verdict_on("honest").await.assert_kept();
}
