//! What clients were given while the test ran, against the log as it was read at the end.

use super::History;
use super::check::Evidence;
use super::entry::{FinalRead, Kind, LogEntry, Membership, Operation};
use super::verdict::Violation;
use klatch_types::{ChannelId, Seq};
use std::collections::HashMap;

/// Logs by channel, entries by position (`entries[seq - 1]` of a log without holes).
pub(super) type Logs<'a> = HashMap<ChannelId, &'a FinalRead>;

/// The entry at a position; positions are sorted in a log that was checked for holes, and searched otherwise too.
fn at(log: &FinalRead, seq: Seq) -> Option<&LogEntry> {
    let direct = usize::try_from(seq.0)
        .ok()?
        .checked_sub(1)
        .and_then(|place| log.entries.get(place));
    direct
        .filter(|entry| entry.seq == seq)
        .or_else(|| log.entries.iter().find(|entry| entry.seq == seq))
}

/// Each client was given an ascending part of each log, without holes while it was a member, with the same bytes.
pub(super) fn check_deliveries(
    history: &History,
    logs: &Logs<'_>,
    evidence: &Evidence,
    found: &mut Vec<Violation>,
) {
    let mut last: HashMap<(&str, ChannelId), Seq> = HashMap::new();
    for operation in history.operations(Kind::Deliver) {
        let (Some(seq), Some(log)) = (operation.seq, logs.get(&operation.channel)) else {
            continue;
        };
        let (client, channel) = (operation.client.clone(), operation.channel);
        match at(log, seq) {
            // Content erased later was still there when it was delivered.
            Some(entry) if entry.tombstone || Some(entry.whole) == operation.body => {}
            _ => found.push(Violation::SawOtherBytes {
                client: client.clone(),
                channel,
                seq,
            }),
        }
        let windows = windows_of(operation, evidence);
        if windows.as_ref().is_some_and(|windows| !is_inside(windows, seq)) {
            found.push(Violation::SawOutside {
                client: client.clone(),
                channel,
                seq,
            });
        }
        if let Some(last) = last.insert((&operation.client, channel), seq) {
            let next = seq > last && is_followed(last, seq, windows.as_deref());
            if !next {
                found.push(Violation::SawDisorder {
                    client,
                    channel,
                    last,
                    seq,
                });
            }
        }
    }
}

/// The times as a member of who was given this; none if the test did not say.
fn windows_of(operation: &Operation, evidence: &Evidence) -> Option<Vec<Membership>> {
    let of = |window: &&Membership| window.user == operation.user && window.channel == operation.channel;
    evidence
        .memberships
        .as_ref()
        .map(|all| all.iter().filter(of).copied().collect())
}

fn is_inside(windows: &[Membership], seq: Seq) -> bool {
    windows
        .iter()
        .any(|window| window.from <= seq && window.to.is_none_or(|to| seq <= to))
}

/// Whether everything between two deliveries was outside membership.
fn is_followed(last: Seq, seq: Seq, windows: Option<&[Membership]>) -> bool {
    let mut between = last.0 + 1..seq.0;
    match windows {
        None => between.is_empty(),
        Some(windows) => !between.any(|missed| is_inside(windows, Seq(missed))),
    }
}

/// Unread is the number of messages after the cursor, up to the head it was told with.
pub(super) fn check_unread(logs: &Logs<'_>, evidence: &Evidence, found: &mut Vec<Violation>) {
    for claim in &evidence.unread {
        let Some(log) = logs.get(&claim.channel) else {
            continue;
        };
        let after = |entry: &&LogEntry| entry.seq > claim.read && entry.seq <= claim.head;
        let counted = log
            .entries
            .iter()
            .filter(after)
            .filter(|entry| entry.text.is_some())
            .count() as u64;
        if counted != claim.unread {
            let reader = claim.reader.clone();
            found.push(Violation::Unread {
                channel: claim.channel,
                reader,
                said: claim.unread,
                counted,
            });
        }
    }
}
