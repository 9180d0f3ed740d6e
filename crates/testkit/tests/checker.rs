//! The checker is proved: it passes what is right and finds each kind of bug that was planted.
#![allow(clippy::unwrap_used)] // a test may

use klatch_testkit::history::{
    BodyHash, Entry, Evidence, Fault, FinalRead, Floor, History, Kind, LogEntry, Membership, Operation,
    Outcome, UnreadClaim, Verdict, Violation, check,
};
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const CHANNEL: ChannelId = ChannelId(Uuid::from_u128(0xc));
const ANA: UserId = UserId(Uuid::from_u128(0xa));

fn key(number: u64) -> ClientKey {
    ClientKey(Uuid::from_u128(u128::from(number) + 1_000))
}

/// The hash of what was sent with a key.
fn body(number: u64) -> BodyHash {
    BodyHash(number * 31 + 7)
}

fn send(number: u64, (invoke_ns, complete_ns): (u64, u64), outcome: Outcome, seq: Option<u64>) -> Operation {
    Operation {
        client: "ana-1".to_owned(),
        user: ANA,
        node: "one".to_owned(),
        invoke_ns,
        complete_ns,
        kind: Kind::Send,
        channel: CHANNEL,
        key: Some(key(number)),
        body: Some(body(number)),
        outcome,
        seq: seq.map(Seq),
        prev: seq.map(|seq| Seq(seq - 1)),
        target: None,
        epoch: None,
    }
}

/// What stands in the log for a sent key.
fn logged(number: u64, seq: u64) -> LogEntry {
    LogEntry {
        seq: Seq(seq),
        prev: Seq(seq - 1),
        actor: ANA,
        key: Some(key(number)),
        text: Some(body(number)),
        tombstone: false,
        whole: BodyHash(seq * 1_000 + number),
    }
}

/// The server's own first event.
fn created() -> LogEntry {
    LogEntry {
        key: None,
        text: None,
        whole: BodyHash(1),
        ..logged(0, 1)
    }
}

fn delivered(entry: &LogEntry) -> Operation {
    let mut operation = send(0, (0, 0), Outcome::Ok, Some(entry.seq.0));
    (operation.kind, operation.client) = (Kind::Deliver, "rui-1".to_owned());
    (operation.key, operation.body) = (entry.key, Some(entry.whole));
    operation
}

/// A right run that tests then break: sends one after the other, all seen by another client, one fault.
struct Run {
    operations: Vec<Operation>,
    deliveries: Vec<Operation>,
    log: Vec<LogEntry>,
    second_read: Option<Vec<LogEntry>>,
    faults: Vec<u64>,
    evidence: Evidence,
}

const SENDS: u64 = 10;

impl Run {
    fn right() -> Self {
        let operations: Vec<_> = (1..=SENDS)
            .map(|n| send(n, (n * 100, n * 100 + 50), Outcome::Ok, Some(n + 1)))
            .collect();
        let mut log = vec![created()];
        log.extend((1..=SENDS).map(|n| logged(n, n + 1)));
        let floor = Floor {
            operations: 10,
            faults: 1,
            in_flight: 1,
        };
        Self {
            deliveries: log.iter().map(delivered).collect(),
            operations,
            log,
            second_read: None,
            faults: vec![525],
            evidence: Evidence {
                floor,
                ..Evidence::default()
            },
        }
    }

    fn verdict(&self) -> Verdict {
        let fault = |at_ns: &u64| Fault {
            what: "sigkill".to_owned(),
            node: "one".to_owned(),
            at_ns: *at_ns,
        };
        let operations = self
            .operations
            .iter()
            .chain(&self.deliveries)
            .cloned()
            .map(Entry::Operation);
        let entries = operations
            .chain(self.faults.iter().map(fault).map(Entry::Fault))
            .collect();
        let history = History { entries };
        assert_eq!(
            History::from_lines(&history.to_lines()).unwrap(),
            history,
            "lines keep everything"
        );
        let read = |reader: &str, entries: &Vec<LogEntry>| FinalRead {
            reader: reader.to_owned(),
            channel: CHANNEL,
            epoch: "e".to_owned(),
            entries: entries.clone(),
        };
        let second = self.second_read.as_ref().unwrap_or(&self.log);
        check(
            &history,
            &[read("one", &self.log), read("two", second)],
            &self.evidence,
        )
    }

    #[track_caller]
    fn must_find(&self, expected: impl Fn(&Violation) -> bool) {
        let Verdict::Broken(found) = self.verdict() else {
            panic!("not found: {:?}", self.verdict())
        };
        assert!(found.iter().any(expected), "found only {found:?}");
    }

    /// Sees the log as it is now, so that only the planted bug is left.
    fn seen_as_logged(mut self) -> Self {
        self.deliveries = self.log.iter().map(delivered).collect();
        self
    }
}

#[test]
fn a_right_run_is_kept() {
    assert_eq!(Run::right().verdict(), Verdict::Kept);
}

#[test]
fn a_lost_ack_is_found() {
    let mut run = Run::right();
    run.log.pop();
    run.deliveries.pop();
    run.must_find(|v| {
        *v == Violation::Lost {
            channel: CHANNEL,
            key: key(SENDS),
            acked: Seq(SENDS + 1),
        }
    });
}

#[test]
fn an_ack_that_names_another_position_is_found() {
    let mut run = Run::right();
    (run.operations[2].seq, run.operations[2].prev) = (Some(Seq(9)), Some(Seq(8)));
    run.must_find(|v| {
        matches!(
            v,
            Violation::Moved {
                acked: Seq(9),
                found: Seq(4),
                ..
            }
        )
    });
}

#[test]
fn a_key_twice_is_found() {
    let mut run = Run::right();
    run.log.push(logged(3, SENDS + 2));
    run.seen_as_logged().must_find(|v| {
        matches!(
            v,
            Violation::Duplicate {
                first: Seq(4),
                second: Seq(12),
                ..
            }
        )
    });
}

#[test]
fn a_hole_is_found() {
    let mut run = Run::right();
    run.operations.remove(4);
    run.log.remove(5);
    run.evidence.floor.operations = 9;
    let run = run.seen_as_logged();
    run.must_find(|v| {
        *v == Violation::Hole {
            channel: CHANNEL,
            after: Seq(5),
            found: Seq(7),
        }
    });
}

#[test]
fn a_wrong_prev_is_found() {
    let mut run = Run::right();
    run.log[4].prev = Seq(2);
    run.must_find(|v| {
        matches!(
            v,
            Violation::WrongPrev {
                seq: Seq(5),
                prev: Seq(2),
                ..
            }
        )
    });
}

#[test]
fn real_time_order_is_held() {
    let mut run = Run::right();
    // The fifth stands before the fourth, which had been acknowledged before the fifth was sent.
    run.log.swap(4, 5);
    for (place, seq) in [(4, 5), (5, 6)] {
        (run.log[place].seq, run.log[place].prev) = (Seq(seq), Seq(seq - 1));
    }
    for (operation, seq) in [(3, 6), (4, 5)] {
        (run.operations[operation].seq, run.operations[operation].prev) =
            (Some(Seq(seq)), Some(Seq(seq - 1)));
    }
    let mut run = run.seen_as_logged();
    run.must_find(|v| {
        *v == Violation::Reordered {
            channel: CHANNEL,
            earlier: Seq(5),
            later: Seq(6),
        }
    });
    // Sent at the same time, either order is right.
    run.operations[4].invoke_ns = run.operations[3].invoke_ns;
    assert_eq!(run.verdict(), Verdict::Kept);
}

#[test]
fn a_phantom_is_found() {
    let mut run = Run::right();
    run.log.push(logged(77, SENDS + 2));
    run.seen_as_logged().must_find(|v| {
        *v == Violation::Phantom {
            channel: CHANNEL,
            seq: Seq(SENDS + 2),
        }
    });
    let mut run = Run::right();
    run.log.push(LogEntry {
        key: None,
        ..logged(77, SENDS + 2)
    });
    run.seen_as_logged()
        .must_find(|v| matches!(v, Violation::Phantom { .. }));
}

#[test]
fn another_text_and_another_author_are_found() {
    let mut run = Run::right();
    run.log[3].text = Some(BodyHash(0));
    run.must_find(|v| {
        *v == Violation::Altered {
            channel: CHANNEL,
            seq: Seq(4),
        }
    });
    let mut run = Run::right();
    run.log[3].actor = UserId(Uuid::from_u128(0xbad));
    run.must_find(|v| {
        *v == Violation::WrongAuthor {
            channel: CHANNEL,
            seq: Seq(4),
        }
    });
}

#[test]
fn what_failed_must_not_be_there_and_what_is_unknown_may() {
    let mut run = Run::right();
    (
        run.operations[5].outcome,
        run.operations[5].seq,
        run.operations[5].prev,
    ) = (Outcome::Fail, None, None);
    run.must_find(|v| matches!(v, Violation::FailedButPresent { seq: Seq(7), .. }));
    run.operations[5].outcome = Outcome::Unknown;
    assert_eq!(run.verdict(), Verdict::Kept);
    run.operations.push(send(50, (1, 2), Outcome::Unknown, None));
    run.operations.push(send(51, (1, 2), Outcome::Fail, None));
    assert_eq!(
        run.verdict(),
        Verdict::Kept,
        "neither is there, and neither must be"
    );
}

#[test]
fn attempts_with_one_key_are_one_message() {
    let mut run = Run::right();
    // The first try of the last message was early and had no answer; the second said where it stands.
    run.operations.push(send(SENDS, (1, 30), Outcome::Unknown, None));
    assert_eq!(run.verdict(), Verdict::Kept);
    run.operations
        .push(send(SENDS, (2_000, 2_001), Outcome::Ok, Some(4)));
    run.must_find(|v| matches!(v, Violation::TwoAcks { .. }));
}

#[test]
fn a_tombstone_needs_a_delete() {
    let mut run = Run::right();
    (run.log[3].tombstone, run.log[3].text, run.log[3].whole) = (true, Some(BodyHash(0)), BodyHash(0));
    run.must_find(|v| {
        *v == Violation::Erased {
            channel: CHANNEL,
            seq: Seq(4),
        }
    });
    let mut delete = send(60, (3_000, 3_001), Outcome::Ok, Some(SENDS + 2));
    (delete.kind, delete.target, delete.body) = (Kind::Delete, Some(Seq(4)), None);
    run.operations.push(delete);
    run.log.push(LogEntry {
        text: None,
        ..logged(60, SENDS + 2)
    });
    assert_eq!(
        run.verdict(),
        Verdict::Kept,
        "and what was delivered before differs rightly"
    );
}

#[test]
fn a_client_that_saw_other_bytes_is_found() {
    let mut run = Run::right();
    run.deliveries[4].body = Some(BodyHash(0));
    run.must_find(|v| matches!(v, Violation::SawOtherBytes { seq: Seq(5), .. }));
    let mut run = Run::right();
    run.deliveries.push(delivered(&logged(90, 90)));
    run.must_find(|v| matches!(v, Violation::SawOtherBytes { seq: Seq(90), .. }));
}

#[test]
fn a_client_that_saw_disorder_is_found() {
    let plants: [fn(&mut Vec<Operation>); 3] = [
        |seen| seen.swap(3, 4),
        |seen| drop(seen.remove(5)),
        |seen| seen.insert(6, seen[5].clone()),
    ];
    for plant in plants {
        let mut run = Run::right();
        plant(&mut run.deliveries);
        run.must_find(|v| matches!(v, Violation::SawDisorder { .. }));
    }
}

#[test]
fn readers_that_differ_are_found() {
    let mut run = Run::right();
    let mut other = run.log.clone();
    other[6].whole = BodyHash(0);
    run.second_read = Some(other);
    run.must_find(|v| matches!(v, Violation::ReadersDiffer { seq: Seq(7), .. }));
    let mut shorter = run.log.clone();
    shorter.pop();
    run.second_read = Some(shorter);
    run.must_find(|v| matches!(v, Violation::ReadersDiffer { .. }));
}

#[test]
fn deliveries_outside_membership_are_found() {
    let window = |from, to| Membership {
        user: ANA,
        channel: CHANNEL,
        from: Seq(from),
        to,
    };
    let mut run = Run::right();
    run.evidence.memberships = Some(vec![window(1, Some(Seq(5))), window(8, None)]);
    run.must_find(|v| matches!(v, Violation::SawOutside { seq: Seq(6), .. }));
    run.deliveries
        .retain(|delivery| !matches!(delivery.seq, Some(Seq(6 | 7))));
    assert_eq!(run.verdict(), Verdict::Kept, "the gap is a time outside");
    run.deliveries.retain(|delivery| delivery.seq != Some(Seq(5)));
    run.must_find(|v| {
        matches!(
            v,
            Violation::SawDisorder {
                last: Seq(4),
                seq: Seq(8),
                ..
            }
        )
    });
}

#[test]
fn unread_is_counted_again() {
    let claim = |read, head, unread| UnreadClaim {
        reader: "rui".to_owned(),
        channel: CHANNEL,
        read: Seq(read),
        head: Seq(head),
        unread,
    };
    let mut run = Run::right();
    run.evidence.unread = vec![
        claim(0, 11, 10),
        claim(1, 11, 10),
        claim(5, 9, 4),
        claim(11, 11, 0),
    ];
    assert_eq!(run.verdict(), Verdict::Kept, "the first event is no message");
    run.evidence.unread.push(claim(5, 9, 5));
    run.must_find(|v| {
        matches!(
            v,
            Violation::Unread {
                said: 5,
                counted: 4,
                ..
            }
        )
    });
}

#[test]
fn a_channel_nobody_read_is_found() {
    let mut run = Run::right();
    run.operations[0].channel = ChannelId(Uuid::from_u128(0xdead));
    run.must_find(|v| matches!(v, Violation::NotRead { .. }));
}

#[test]
fn too_little_proves_nothing() {
    let unknown = |run: &Run| matches!(run.verdict(), Verdict::Unknown(_));
    let mut run = Run::right();
    run.evidence.floor.operations = 11;
    assert!(unknown(&run));
    let mut run = Run::right();
    run.faults.clear();
    assert!(unknown(&run), "no fault");
    let mut run = Run::right();
    run.faults = vec![575]; // between two sends
    assert!(unknown(&run), "a fault over nothing");
    let mut run = Run::right();
    run.evidence.floor = Floor::default();
    assert!(unknown(&run), "the contract's floor is higher");
    assert_eq!(
        Run {
            evidence: Evidence::default(),
            ..Run::right()
        }
        .verdict(),
        run.verdict()
    );
}

/// One message of a random run: how long before its commit it was sent, how long after it was acknowledged, whether
/// the answer came, and whether a first try had no answer.
type Message = (u64, u64, bool, bool);

proptest! {
    /// Whatever the delays, a server that gives positions at commit and acknowledges after it is right.
    #[test]
    fn a_correct_random_history_is_kept(messages in prop::collection::vec(any::<(u16, u16, bool, bool)>(), 1..120)) {
        let messages: Vec<Message> =
            messages.into_iter().map(|(a, b, c, d)| (u64::from(a), u64::from(b), c, d)).collect();
        let mut run = Run::right();
        (run.operations, run.log) = (Vec::new(), vec![created()]);
        for (number, (before, after, answered, retried)) in messages.iter().enumerate() {
            let (number, seq) = (number as u64, number as u64 + 2);
            let commit = 100_000 + number * 1_000;
            let invoke = commit - before;
            let outcome = if *answered { Outcome::Ok } else { Outcome::Unknown };
            if *retried {
                run.operations.push(send(number, (invoke, commit + 1), Outcome::Unknown, None));
            }
            let began = if *retried { commit + 1 } else { invoke };
            run.operations.push(send(number, (began, commit + 1 + after), outcome, answered.then_some(seq)));
            run.log.push(logged(number, seq));
            run.faults.push(commit);
        }
        run.evidence.floor = Floor { operations: messages.len(), faults: 1, in_flight: 1 };
        prop_assert_eq!(run.seen_as_logged().verdict(), Verdict::Kept);
    }
}
