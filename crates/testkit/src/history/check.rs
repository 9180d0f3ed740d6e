//! The checker: log against operations, then what was seen against the log, then whether enough happened.

use super::History;
use super::entry::{BodyHash, FinalRead, Kind, LogEntry, Membership, Operation, Outcome, UnreadClaim};
use super::order::{self, Span};
use super::verdict::{Verdict, Violation};
use super::views::{self, Logs};
use klatch_types::{ChannelId, ClientKey, Seq, UserId};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How much must have happened for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Sends with any outcome.
    pub operations: usize,
    /// Faults.
    pub faults: usize,
    /// Sends under way at the moments of the faults, over all faults.
    pub in_flight: usize,
}

impl Default for Floor {
    /// The contract's: at least one fault over at least 100 sends in flight.
    fn default() -> Self {
        Self {
            operations: 100,
            faults: 1,
            in_flight: 100,
        }
    }
}

/// What is known beside the history and the final reads.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// All times of membership, if deliveries are to be held against them.
    pub memberships: Option<Vec<Membership>>,
    /// What the server said about unread messages.
    pub unread: Vec<UnreadClaim>,
    /// How much must have happened.
    pub floor: Floor,
}

/// All attempts with one key.
#[derive(Debug)]
struct Attempts {
    user: UserId,
    body: Option<BodyHash>,
    kind: Kind,
    outcome: Outcome,
    acked: Option<Seq>,
    prev: Option<Seq>,
    invoke_ns: u64,
    ack_ns: Option<u64>,
}

/// Judges a history by the channels as they were read at the end: every channel with operations, by every reader.
pub fn check(history: &History, reads: &[FinalRead], evidence: &Evidence) -> Verdict {
    let mut found = Vec::new();
    let logs = one_log_per_channel(reads, &mut found);
    let attempts = attempts(history, &mut found);
    let deleted = deleted(history);
    let channels: BTreeSet<_> = logs.keys().chain(attempts.keys()).copied().collect();
    let none = HashMap::new();
    for channel in channels {
        let Some(log) = logs.get(&channel) else {
            found.push(Violation::NotRead { channel });
            continue;
        };
        check_log(log, attempts.get(&channel).unwrap_or(&none), &deleted, &mut found);
    }
    views::check_deliveries(history, &logs, evidence, &mut found);
    views::check_unread(&logs, evidence, &mut found);
    if !found.is_empty() {
        return Verdict::Broken(found);
    }
    vacuous(history, evidence.floor).map_or(Verdict::Kept, Verdict::Unknown)
}

/// Every reader must have read the same; the first one's copy stands for all.
fn one_log_per_channel<'a>(reads: &'a [FinalRead], found: &mut Vec<Violation>) -> Logs<'a> {
    let mut logs: Logs<'a> = HashMap::new();
    for read in reads {
        let first = *logs.entry(read.channel).or_insert(read);
        let length = first.entries.len().max(read.entries.len());
        let epochs_differ = first.epoch != read.epoch;
        let differs = |place: &usize| epochs_differ || first.entries.get(*place) != read.entries.get(*place);
        if let Some(place) = (0..length.max(usize::from(epochs_differ))).find(differs) {
            found.push(Violation::ReadersDiffer {
                channel: read.channel,
                one: first.reader.clone(),
                other: read.reader.clone(),
                seq: Seq(place as u64 + 1),
            });
        }
    }
    logs
}

/// Attempts by channel and key: any `ok` makes the whole ok; an unknown one may have taken effect whatever came later.
fn attempts(
    history: &History,
    found: &mut Vec<Violation>,
) -> HashMap<ChannelId, HashMap<ClientKey, Attempts>> {
    let mut all: HashMap<ChannelId, HashMap<ClientKey, Attempts>> = HashMap::new();
    let kinds = [Kind::Send, Kind::Delete, Kind::Other];
    for operation in kinds.into_iter().flat_map(|kind| history.operations(kind)) {
        let Some(key) = operation.key else { continue };
        let known = all
            .entry(operation.channel)
            .or_default()
            .entry(key)
            .or_insert_with(|| Attempts {
                user: operation.user,
                body: operation.body,
                kind: operation.kind,
                outcome: Outcome::Fail,
                acked: None,
                prev: None,
                invoke_ns: u64::MAX,
                ack_ns: None,
            });
        known.invoke_ns = known.invoke_ns.min(operation.invoke_ns);
        known.merge(operation, key, found);
    }
    all
}

impl Attempts {
    fn merge(&mut self, operation: &Operation, key: ClientKey, found: &mut Vec<Violation>) {
        match operation.outcome {
            Outcome::Fail => {}
            Outcome::Unknown if self.outcome == Outcome::Fail => self.outcome = Outcome::Unknown,
            Outcome::Unknown => {}
            Outcome::Ok => {
                self.outcome = Outcome::Ok;
                self.ack_ns = Some(
                    self.ack_ns
                        .map_or(operation.complete_ns, |ns| ns.min(operation.complete_ns)),
                );
                match (self.acked, operation.seq) {
                    (Some(one), Some(other)) if one != other => {
                        found.push(Violation::TwoAcks {
                            channel: operation.channel,
                            key,
                            one,
                            other,
                        });
                    }
                    (None, seq) => (self.acked, self.prev) = (seq, operation.prev),
                    _ => {}
                }
            }
        }
    }
}

/// The messages that somebody may have deleted.
fn deleted(history: &History) -> HashSet<(ChannelId, Seq)> {
    let effective = history
        .operations(Kind::Delete)
        .filter(|operation| operation.outcome != Outcome::Fail);
    effective
        .filter_map(|operation| Some((operation.channel, operation.target?)))
        .collect()
}

fn check_log(
    log: &FinalRead,
    attempts: &HashMap<ClientKey, Attempts>,
    deleted: &HashSet<(ChannelId, Seq)>,
    found: &mut Vec<Violation>,
) {
    let channel = log.channel;
    let mut places: HashMap<ClientKey, &LogEntry> = HashMap::new();
    let mut last = Seq::ZERO;
    for entry in &log.entries {
        if entry.seq != last.next() {
            found.push(Violation::Hole {
                channel,
                after: last,
                found: entry.seq,
            });
        }
        if entry.prev != entry.seq.prev() {
            found.push(Violation::WrongPrev {
                channel,
                seq: entry.seq,
                prev: entry.prev,
            });
        }
        last = entry.seq;
        if let Some(key) = entry.key
            && let Some(before) = places.insert(key, entry)
        {
            found.push(Violation::Duplicate {
                channel,
                key,
                first: before.seq,
                second: entry.seq,
            });
        }
        check_entry(channel, entry, attempts, deleted, found);
    }
    let mut spans = Vec::new();
    for (key, attempt) in attempts {
        let place = places.get(key).copied();
        check_attempt(channel, *key, attempt, place, found);
        if let Some(entry) = place {
            spans.push(Span {
                seq: entry.seq,
                invoke_ns: attempt.invoke_ns,
                ack_ns: attempt.ack_ns,
            });
        }
    }
    order::check(channel, &spans, found);
}

/// Somebody did this, and it says what they said. Events without a key are the server's own, but never messages.
fn check_entry(
    channel: ChannelId,
    entry: &LogEntry,
    attempts: &HashMap<ClientKey, Attempts>,
    deleted: &HashSet<(ChannelId, Seq)>,
    found: &mut Vec<Violation>,
) {
    let seq = entry.seq;
    let Some(attempt) = entry.key.and_then(|key| attempts.get(&key)) else {
        if entry.text.is_some() || entry.key.is_some() {
            found.push(Violation::Phantom { channel, seq });
        }
        return;
    };
    if attempt.user != entry.actor {
        found.push(Violation::WrongAuthor { channel, seq });
    }
    if entry.tombstone {
        if attempt.kind == Kind::Send && !deleted.contains(&(channel, seq)) {
            found.push(Violation::Erased { channel, seq });
        }
    } else if attempt.kind == Kind::Send && entry.text != attempt.body {
        found.push(Violation::Altered { channel, seq });
    }
}

fn check_attempt(
    channel: ChannelId,
    key: ClientKey,
    attempt: &Attempts,
    place: Option<&LogEntry>,
    found: &mut Vec<Violation>,
) {
    match (attempt.outcome, place) {
        (Outcome::Ok, None) => {
            found.push(Violation::Lost {
                channel,
                key,
                acked: attempt.acked.unwrap_or_default(),
            });
        }
        (Outcome::Ok, Some(entry)) => {
            let acked = attempt.acked.unwrap_or(entry.seq);
            if acked != entry.seq {
                found.push(Violation::Moved {
                    channel,
                    key,
                    acked,
                    found: entry.seq,
                });
            }
            if let Some(prev) = attempt.prev.filter(|prev| *prev != entry.prev) {
                found.push(Violation::WrongPrev {
                    channel,
                    seq: entry.seq,
                    prev,
                });
            }
        }
        (Outcome::Fail, Some(entry)) => {
            found.push(Violation::FailedButPresent {
                channel,
                key,
                seq: entry.seq,
            });
        }
        (Outcome::Fail | Outcome::Unknown, None) | (Outcome::Unknown, Some(_)) => {}
    }
}

/// Why too little happened, if so.
fn vacuous(history: &History, floor: Floor) -> Option<String> {
    let sends: Vec<_> = history.operations(Kind::Send).collect();
    let under_way = |at_ns: u64| {
        sends
            .iter()
            .filter(|send| send.invoke_ns <= at_ns && at_ns <= send.complete_ns)
            .count()
    };
    let faults: Vec<_> = history.faults().collect();
    let in_flight: usize = faults.iter().map(|fault| under_way(fault.at_ns)).sum();
    for (what, seen, least) in [
        ("sends", sends.len(), floor.operations),
        ("faults", faults.len(), floor.faults),
        ("sends in flight at faults", in_flight, floor.in_flight),
    ] {
        if seen < least {
            return Some(format!("{seen} {what}, at least {least} are needed"));
        }
    }
    None
}
