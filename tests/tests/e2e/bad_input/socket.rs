//! Bad frames on the socket.

use super::table;
use super::town::Town;
use anyhow::{Result, bail};
use klatch_tests::raw::{FIN, bare_frame, frame, opcode, promise, text};

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// An error with this code, matched to the command by this `re`; the socket stays good.
    Answer(&'static str, Option<u64>),
    /// `ok` for the command with this id; the socket stays good.
    Granted(u64),
    /// The first frame is refused with this code, and this close follows.
    Refused(&'static str, u16),
    /// This close.
    Close(u16),
}

/// Name, bytes, what must come.
pub(super) type Case = (&'static str, Vec<u8>, Expected);

use Expected::{Answer, Close, Granted, Refused};

/// Bytes that break the protocol, before or after `hello`.
fn broken() -> Vec<Case> {
    let long = vec![b'a'; 64 * 1024 + 1];
    let half = vec![b'a'; 40 * 1024];
    let halves = [
        frame(opcode::TEXT, &half),
        frame(FIN | opcode::CONTINUATION, &half),
    ]
    .concat();
    vec![
        ("a binary frame", frame(FIN | opcode::BINARY, b"{}"), Close(1003)),
        (
            "an empty binary frame",
            frame(FIN | opcode::BINARY, b""),
            Close(1003),
        ),
        ("bytes that are no UTF-8", text(b"{\"\xff\"}"), Close(1007)),
        ("half a character", text(b"\xe4\xb8"), Close(1007)),
        ("a surrogate in UTF-8", text(b"\xed\xa0\x80"), Close(1007)),
        ("no mask", bare_frame(FIN | opcode::TEXT, b"{}"), Close(1002)),
        (
            "a reserved bit",
            frame(FIN | 0x40 | opcode::TEXT, b"{}"),
            Close(1002),
        ),
        (
            "all reserved bits",
            frame(FIN | 0x70 | opcode::TEXT, b"{}"),
            Close(1002),
        ),
        ("a reserved kind", frame(FIN | 0x3, b"{}"), Close(1002)),
        ("a reserved kind of control", frame(FIN | 0xB, b"{}"), Close(1002)),
        (
            "a continuation of nothing",
            frame(FIN | opcode::CONTINUATION, b"{}"),
            Close(1002),
        ),
        (
            "a text within a text",
            [frame(opcode::TEXT, b"{"), text(b"}")].concat(),
            Close(1002),
        ),
        ("a ping in pieces", frame(opcode::PING, b""), Close(1002)),
        (
            "a ping of 126 bytes",
            frame(FIN | opcode::PING, &[0; 126]),
            Close(1002),
        ),
        (
            "a close of one byte",
            frame(FIN | opcode::CLOSE, &[3]),
            Close(1002),
        ),
        ("a frame of 64 KiB and one", text(&long), Close(1009)),
        ("two halves of 40 KiB", halves, Close(1009)),
        (
            "a promise of 1 GB",
            promise(FIN | opcode::TEXT, 1 << 30),
            Close(1009),
        ),
        (
            "a promise of 2^63-1",
            promise(FIN | opcode::TEXT, i64::MAX as u64),
            Close(1009),
        ),
    ]
}

/// How clients end, well or badly.
fn closing() -> Vec<Case> {
    let close =
        |code: u16, reason: &[u8]| frame(FIN | opcode::CLOSE, &[&code.to_be_bytes(), reason].concat());
    vec![
        ("a close", close(1000, b"bye"), Close(1000)),
        (
            "a close without a code",
            frame(FIN | opcode::CLOSE, b""),
            Close(1000),
        ),
        ("a close of our own", close(4001, b""), Close(1000)),
        ("a close that is never sent", close(1005, b""), Close(1002)),
        ("a close that is never sent either", close(1006, b""), Close(1002)),
        ("a close code of 999", close(999, b""), Close(1002)),
        ("a close code of 65535", close(65_535, b""), Close(1002)),
        (
            "a close whose reason is no UTF-8",
            close(1000, b"\xff"),
            Close(1007),
        ),
    ]
}

/// Texts of the table for one moment: `first`, `later` or `course`.
fn texts(town: &Town, when: &str) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for row in table::rows(include_str!("socket.table")) {
        let [moment, expected, name, json] = row?;
        if moment == when {
            cases.push((name, text(town.fill(json)), expectation(expected)?));
        }
    }
    Ok(cases)
}

fn expectation(words: &'static str) -> Result<Expected> {
    let words: Vec<&'static str> = words.split(' ').collect();
    Ok(match words[..] {
        ["refused", code, close] => Refused(code, close.parse()?),
        ["answer", code, "-"] => Answer(code, None),
        ["answer", code, re] => Answer(code, Some(re.parse()?)),
        ["ok", re] => Granted(re.parse()?),
        _ => bail!("{words:?} is no expectation"),
    })
}

/// Before `hello`.
pub(super) fn first(town: &Town) -> Result<Vec<Case>> {
    let mut cases = texts(town, "first")?;
    let cursors: Vec<String> = (0..1_001).map(|_| town.fill("\"<x>\":0")).collect();
    let many = format!(
        "{{\"op\":\"hello\",\"token\":\"{}\",\"cursors\":{{{}}}}}",
        town.word("t"),
        cursors.join(",")
    );
    cases.push(("1,001 cursors", text(many), Refused("invalid", 4001)));
    cases.extend(broken());
    cases.extend(closing());
    Ok(cases)
}

/// After `ready`.
pub(super) fn later(town: &Town) -> Result<Vec<Case>> {
    let mut cases = texts(town, "later")?;
    cases.extend(broken());
    cases.extend(closing());
    cases.push((
        "a byte order mark",
        text("\u{feff}{\"id\":1,\"op\":\"channel_list\"}"),
        Answer("malformed", None),
    ));
    // Well formed, however odd.
    let list = br#"{"id":5,"op":"channel_list"}"#;
    let (one, two) = list.split_at(9);
    let pieces = [
        frame(opcode::TEXT, one),
        frame(FIN | opcode::PING, b"between"),
        frame(opcode::CONTINUATION, b""),
        frame(FIN | opcode::CONTINUATION, two),
    ];
    cases.push(("a command in pieces around a ping", pieces.concat(), Granted(5)));
    let split = town
        .fill(r#"{"id":6,"op":"send","channel":"<c>","key":"<k>","text":"é"}"#)
        .into_bytes();
    let at = split.len() - 3; // between the two bytes of the letter
    let halves = [
        frame(opcode::TEXT, &split[..at]),
        frame(FIN | opcode::CONTINUATION, &split[at..]),
    ];
    cases.push(("a letter in two pieces", halves.concat(), Granted(6)));
    cases.push((
        "a pong that nobody asked for",
        [frame(FIN | opcode::PONG, b"x"), text(list)].concat(),
        Granted(5),
    ));
    let pings = frame(FIN | opcode::PING, b"").repeat(150);
    cases.push(("150 pings", [pings, text(list)].concat(), Granted(5)));
    cases.push((
        "more frames than allowed",
        frame(FIN | opcode::PING, b"").repeat(400),
        Close(4029),
    ));
    Ok(cases)
}

/// In the space of courses.
pub(super) fn course(town: &Town) -> Result<Vec<Case>> {
    texts(town, "course")
}
