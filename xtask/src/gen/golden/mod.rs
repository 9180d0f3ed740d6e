//! Golden frames: one of each kind that crosses the wire, made from real values. Clients in other languages test
//! against these files; a change of the wire is a change of them.
//!
//! Each list is made by a `match` without a wildcard, so that a new command, event or frame does not compile until it
//! has its golden frame.

mod command;
mod event;
mod server;

use serde_json::Value;

/// Names (`command/send`, `event/message.posted`, `server/ready` …) and frames.
pub(super) fn frames() -> Vec<(String, Value)> {
    let mut frames = vec![("command/hello".to_owned(), command::hello())];
    frames.extend(
        command::all()
            .into_iter()
            .map(|(op, frame)| (format!("command/{op}"), frame)),
    );
    frames.extend(
        event::all()
            .into_iter()
            .map(|(kind, frame)| (format!("event/{kind}"), frame)),
    );
    frames.extend(
        server::all()
            .into_iter()
            .map(|(kind, frame)| (format!("server/{kind}"), frame)),
    );
    frames.extend(
        server::replies()
            .into_iter()
            .map(|(kind, frame)| (format!("reply/{kind}"), frame)),
    );
    frames
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_protocol::{Event, codec};
    use std::collections::HashSet;

    fn of(room: &str) -> Vec<(String, Value)> {
        let prefix = format!("{room}/");
        let here = |(name, frame): (String, Value)| Some((name.strip_prefix(&prefix)?.to_owned(), frame));
        frames().into_iter().filter_map(here).collect()
    }

    #[test]
    fn names_are_unique() {
        let frames = frames();
        let names: HashSet<&String> = frames.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), frames.len());
    }

    #[test]
    fn every_command_has_a_golden_frame_that_is_read_as_that_command() {
        let mut seen = HashSet::new();
        for (op, frame) in of("command").into_iter().filter(|(op, _)| op != "hello") {
            let read = codec::read_client_frame(&frame.to_string()).unwrap_or_else(|e| panic!("{op}: {e:?}"));
            assert_eq!(command::op(&read.command), op);
            assert_eq!(read.id, 7);
            seen.insert(op);
        }
        assert_eq!(seen.len(), command::OPS.len());
    }

    #[test]
    fn the_golden_hello_is_read() {
        let hello = codec::read_hello(&command::hello().to_string()).unwrap();
        assert_eq!(hello.cursors.len(), 1);
    }

    #[test]
    fn every_event_has_a_golden_frame_and_comes_back_the_same() {
        let mut seen = HashSet::new();
        for (kind, frame) in of("event") {
            let read: Event = codec::read(&frame.to_string()).unwrap_or_else(|e| panic!("{kind}: {e:?}"));
            assert_eq!(event::kind(&read.body), kind);
            assert_eq!(frame["type"], kind.as_str());
            assert_eq!(serde_json::to_value(&read).unwrap(), frame);
            seen.insert(kind);
        }
        assert_eq!(seen.len(), event::KINDS.len());
    }

    #[test]
    fn every_server_frame_and_reply_has_a_golden_frame() {
        assert_eq!(of("server").len(), server::FRAMES.len());
        assert_eq!(of("reply").len(), server::REPLIES.len());
        for (kind, frame) in of("server") {
            let known = frame.as_object().unwrap();
            assert!(
                known.contains_key(&kind) || known.contains_key("re"),
                "{kind}: {frame}"
            );
        }
    }
}
